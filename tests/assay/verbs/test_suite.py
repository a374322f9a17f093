"""A suite of several tasks: each kept under its own act, unknown ones refused before anything happens."""

from __future__ import annotations

from typing import Any

import pytest

from assay.errors import UserError
from assay.records import Check, EvalItem, Message, Result
from assay.verbs import evaluate as verb
from assay.workspace import Workspace
from tests.assay.conftest import MakeWorkspace
from tests.assay.verbs.test_evaluate_verb import lineup

SUITE = """\
suites:
  main: {tasks: [heldout]}
  all:
    tasks:
      - heldout
      - sums
train:"""


def items() -> list[EvalItem]:
    return [
        EvalItem((Message("user", f"{i}+1?"),), str(i + 1), str(i + 1), Check("number"), "s", "")
        for i in range(3)
    ]


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let every evaluation answer all items wrongly; the list says what was computed."""
    from evals.run import result_of

    done: list[str] = []

    def answered(ws: Workspace, bench: object, subject: Any, task: Any, into: Any, *_: object) -> None:
        name, rows = task
        store, act = into
        done.append(name)
        found: list[Result] = [result_of(subject.name, name, item, "no", 0.0, "") for item in rows]
        store.append("results", act, (r.row() for r in found))

    monkeypatch.setattr(verb, "run_task", answered)
    monkeypatch.setattr(verb, "Bench", lambda *_: None)
    return done


@pytest.fixture
def suite(make_workspace: MakeWorkspace) -> Workspace:
    return make_workspace("train:", SUITE)


def test_every_task_has_rows_and_is_computed_once(suite: Workspace, computed: list[str]) -> None:
    suite.publish_eval_set("sums", "k" * 32, {"benchmark": items()})
    for _ in range(2):
        results = verb.evaluate_suite(suite, lineup(), "dev", "all")
    assert [r.task for r in results] == ["heldout_dev"] * 6 + ["sums"] * 3
    assert computed == ["heldout_dev", "sums"]
    assert verb.evaluate_suite(suite, lineup(), "dev", "main") == results[:6]
    assert verb.evaluate(suite, lineup(), "dev", suite="all") == results[:6]
    assert computed == ["heldout_dev", "sums"], "one act serves the suite, the verb and another suite"


def test_benchmarks_are_open_whatever_the_split(suite: Workspace, computed: list[str]) -> None:
    suite.publish_eval_set("sums", "k" * 32, {"benchmark": items()})
    verb.evaluate_suite(suite, lineup(), "test", tasks=["sums"])
    assert suite.test_openings() == 0 and computed == ["sums"]


def test_an_unknown_task_is_named_with_its_line_before_test_is_opened(
    suite: Workspace, computed: list[str]
) -> None:
    with pytest.raises(UserError, match="assay import FILE --as eval --name sums") as caught:
        verb.evaluate_suite(suite, lineup(), "test", "all", reason="why")
    line = int(caught.value.where.removeprefix("assay.yaml, line "))
    assert (suite.root / "assay.yaml").read_text().splitlines()[line - 1].strip() == "- sums"
    assert suite.test_openings() == 0 and not computed


def test_a_near_name_is_offered_and_the_heldout_set_has_one_name(suite: Workspace) -> None:
    suite.publish_eval_set("gsm8k", "k" * 32, {"benchmark": items()})
    with pytest.raises(UserError, match="nearest: gsm8k"):
        verb.tasks_of(suite, "main", ["gsm8"])
    suite.publish_eval_set("probed", "k" * 32, {"probe": items()})
    with pytest.raises(UserError, match="no task 'probed'"):
        verb.tasks_of(suite, "main", ["probed"])


def test_sizes_need_no_model(suite: Workspace) -> None:
    suite.publish_eval_set("sums", "k" * 32, {"benchmark": items()})
    tasks = verb.tasks_of(suite, "all")
    assert verb.sizes(suite, "dev", (*tasks, "lm_eval:x")) == {"heldout:dev": 6, "sums": 3, "lm_eval:x": None}


def test_standard_tasks_may_be_written_either_way(make_workspace: MakeWorkspace) -> None:
    text = (
        "suites: {main: {tasks: [heldout, {lm_eval: arc_easy}, 'lm_eval:sst2', {lm_eval: [a, b]}]}}\ntrain:"
    )
    tasks = make_workspace("train:", text).config.suites["main"].tasks
    assert tasks == ("heldout", "lm_eval:arc_easy", "lm_eval:sst2", "lm_eval:a", "lm_eval:b")


@pytest.mark.parametrize("tasks", ["[]", "['a b']", "[{lm: x}]", "['lm_eval:']"])
def test_what_is_no_task_is_a_mistake_of_the_page(make_workspace: MakeWorkspace, tasks: str) -> None:
    with pytest.raises(UserError, match="suites"):
        make_workspace("train:", f"suites: {{main: {{tasks: {tasks}}}}}\ntrain:")
