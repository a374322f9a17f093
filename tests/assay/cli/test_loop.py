"""What a loop took, also when it was killed on the way."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from assay.cli.app import App
from assay.cli.loop import run_loop
from assay.verbs.costs import Cost, costs, measured
from assay.workspace import Workspace


def test_a_loop_took_at_least_as_long_as_its_recorded_work(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = dict.fromkeys(("overrides", "as_json", "dry_run", "yes", "verbose"), ())
    app = App({**flags, "workspace": workspace.root, "quiet": True})
    monkeypatch.setattr("assay.loop.loop", lambda *_: SimpleNamespace(rounds=[]))
    monkeypatch.setattr(
        "assay.outcome.spent", lambda _: {"train": Cost("train", 40.0), "eval": Cost("eval", 2.0)}
    )
    assert run_loop(app)[1] == 42.0
    monkeypatch.setattr("assay.outcome.spent", lambda _: {})
    assert run_loop(app)[1] == 42.0


def test_time_before_a_kill_counts(workspace: Workspace) -> None:
    with measured(workspace, "train", "ab" * 16) as cost:
        cost.seconds = 99.0
    assert costs(workspace, ["ab" * 16])["ab" * 16].seconds == 99.0
