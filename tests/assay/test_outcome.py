"""The numbers of the summary and the report, over several seeds."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from assay.config import Task
from assay.loop import Outcome
from assay.outcome import _gain, _score, _tested, _worst, headline, measure
from assay.records import Check, EvalItem, Message, Result
from assay.verbs.probe import Probed
from evals.compare import PREDICTED, compare
from evals.probes import ProbeResult
from evals.run import result_of

SAID = (("x", "x"), ("x", "y"), ("y", "y"), ("y", "y"))
"""Gold and said label of the four rows."""


def rows(run: str) -> list[Result]:
    """Return what a run answered to four items of two templates."""
    turns, check = (Message("user", "q"),), Check("exact")
    items = [EvalItem(turns, "a", str(i), check, "sums", f"t{i % 2}") for i in range(4)]
    return [result_of(run, "heldout_dev", i, "a", 1.0, "") for i in items]


BETTER = replace(compare(rows("a"), rows("b")), verdict="better")


def probed(seed: int, value: float, *, fired: bool) -> Probed:
    result = ProbeResult("verbatim", value, value - 0.1, value + 0.1, 0.15, fired, 48, "")
    return Probed(f"targeted-v1.lora.s{seed}", "targeted@v1", (result,))


def test_items_are_counted_once_however_many_seeds_answered_them() -> None:
    found = _score((1, "targeted", "dev"), rows("a.s1") + rows("a.s2") + rows("a.s3"), Task())
    assert [(s.part, s.n) for s in found] == [("all", 4)]


def test_a_measure_is_the_number_that_is_compared_and_none_where_nothing_judges() -> None:
    some = [replace(r, score=float(i == 0), nll=math.log(2) * 4) for i, r in enumerate(rows("a.s1"))]
    assert measure(some, "accuracy") == 0.25
    assert measure(some, "bits_per_byte") == 4.0
    assert measure([replace(r, score=None) for r in some], "accuracy") is None


@pytest.mark.parametrize(
    ("metric", "diff", "said"),
    [
        ("accuracy", 0.12, "by +12.0 points [+10.0, +14.0]."),
        ("macro_f1", 0.12, "by +12.0 points of macro-F1 [+10.0, +14.0]."),
        ("bits_per_byte", -0.12, "with 0.120 fewer bits per byte [-0.140, -0.100]."),
    ],
)
def test_the_headline_speaks_the_unit_of_the_metric(metric: str, diff: float, said: str) -> None:
    c = replace(BETTER, metric=metric, diff=diff, lo=diff - 0.02, hi=diff + 0.02)
    assert _gain(c) == f"Fine-tuning made the model better on the sealed test, {said}"
    outcome = SimpleNamespace(final={"targeted_minus_base": c, "targeted_minus_control": c})
    assert (PREDICTED in headline(cast(Outcome, outcome))) == (metric == "bits_per_byte")


def test_the_sealed_test_says_the_metric_accuracy_beside_it_and_recall() -> None:
    pairs = zip(rows("t.s1"), SAID, strict=True)
    said = [replace(r, answer=a, predicted=p, score=float(a == p)) for r, (a, p) in pairs]
    task = Task(kind="classification", labels=("x", "y", "z"), metric="macro_f1")
    facts = dict(_tested({"targeted": said}, task))
    assert facts == {
        "sealed test, macro-F1": "targeted 0.733",  # x: 2/3, y: 4/5; z has no gold item
        "sealed test, accuracy": "targeted 0.750",
        "recall of targeted": "x 1/2, y 2/2",
    }


def test_a_probe_that_fired_on_one_seed_is_not_hidden_by_the_next() -> None:
    seeds = [probed(1, 0.1, fired=False), probed(2, 0.9, fired=True), probed(3, 0.2, fired=False)]
    assert _worst(seeds)["verbatim"]["fired"] is True
    assert _worst(seeds)["verbatim"]["value"] == 0.9
