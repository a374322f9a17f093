"""What a new user tripped over once: a report that would start a loop, no seeds, a quiet `why`."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from assay.cli.main import run
from assay.cli.train import parse_seeds
from assay.workspace import Workspace
from tests.assay.conftest import PAGE

LOOP = "loop: {generate: raw, curate: main, train: lora}\n"


def test_a_report_starts_no_loop_and_opens_no_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "assay.yaml").write_text(PAGE + LOOP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["report"]) == 2
    assert "fix: assay loop" in capsys.readouterr().err
    ws = Workspace.at(tmp_path)
    assert ws.test_openings() == 0
    assert not list(ws.all_versions())


@pytest.mark.parametrize("text", ["3-1", "a", "1,,2", "1-"])
def test_seeds_that_are_none(text: str) -> None:
    with pytest.raises(click.BadParameter, match="no list of seeds"):
        parse_seeds(text)


def test_seeds() -> None:
    assert parse_seeds("1-3,7,2") == [1, 2, 3, 7]
    assert parse_seeds(None) is None


def test_why_says_that_no_rule_spoke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "assay.yaml").write_text(PAGE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["generate", "raw", "-q"]) == 0
    ws = Workspace.at(tmp_path)
    example_id = ws.selection(ws.version("raw").id)[0][0]
    capsys.readouterr()
    assert run(["data", "why", example_id]) == 0
    assert "none spoke against it" in capsys.readouterr().out
