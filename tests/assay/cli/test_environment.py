"""The libraries we build on are told to be quiet before they are imported."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from assay.cli.environment import NEVER_SENT, UNLESS_SET, quiet


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from an environment without any of the variables, and restore it afterwards."""
    for name in NEVER_SENT | UNLESS_SET:
        monkeypatch.setenv(name, "to be restored")
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("bare")
def test_quiet_sets_every_variable() -> None:
    quiet()
    assert {n: os.environ[n] for n in NEVER_SENT | UNLESS_SET} == NEVER_SENT | UNLESS_SET


@pytest.mark.usefixtures("bare")
def test_telemetry_stays_off_whatever_was_set_and_the_user_decides_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "0")
    monkeypatch.setenv("TRANSFORMERS_VERBOSITY", "debug")
    quiet()
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] == "1"
    assert os.environ["TRANSFORMERS_VERBOSITY"] == "debug"


def test_the_hub_library_reads_it() -> None:
    pytest.importorskip("huggingface_hub")
    code = "from assay.cli.environment import quiet; quiet(); from huggingface_hub import constants as c; "
    run = subprocess.run(
        [sys.executable, "-c", code + "print(c.HF_HUB_DISABLE_TELEMETRY)"], capture_output=True, text=True
    )
    assert run.stdout.strip() == "True", run.stderr
