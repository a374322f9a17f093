"""Every look at the sealed test is in the ledger, and results are kept under all that decides them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from assay.verbs import evaluate as verb
from assay.verbs.subjects import Lineup
from assay.workspace import Workspace
from evals.bench import Subject


def lineup(system: str = "") -> Lineup:
    """Return a base under a contract that stands for `system`."""
    base, contract = SimpleNamespace(digest="b" * 32), SimpleNamespace(hash=f"contract {system}")
    return Lineup(cast(Any, base), cast(Any, contract), (Subject("base-bbbbbbbb"),))


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every evaluation answer nothing."""

    def answered(ws: Workspace, bench: object, subject: object, task: object, into: Any, *_: object) -> None:
        store, act = into
        store.append("results", act, [])

    monkeypatch.setattr(verb, "run_task", answered)
    monkeypatch.setattr(verb, "Bench", lambda *_: None)


def test_the_same_look_at_test_is_one_opening(workspace: Workspace) -> None:
    for _ in range(2):
        verb.evaluate(workspace, lineup(), "test", reason="why")
    assert workspace.test_openings() == 1


def test_another_system_prompt_is_another_look_at_test(workspace: Workspace) -> None:
    verb.evaluate(workspace, lineup(), "test", reason="first")
    verb.evaluate(workspace, lineup("be brief"), "test", reason="second")
    assert [e.reason for e in workspace.ledger.entries()] == ["first", "second"]


def test_another_version_of_the_checks_is_another_evaluation(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = verb.acts_of(workspace, lineup(), "dev")
    monkeypatch.setattr("assay.verbs.evaluate.CHECKS", 999)
    assert verb.acts_of(workspace, lineup(), "dev") != before
