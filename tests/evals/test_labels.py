"""What a run said, how much of a label it found, and what it took for what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from assay.errors import UserError
from evals.labels import NONE, Labels, confusion, recalls
from tests.evals.labelled import NAMES, answer, answers, labelled

LABELS = Labels(NAMES)


@pytest.mark.parametrize(
    ("predicted", "response", "score", "place"),
    [
        ("bug", "It is a bug.", 0.0, 1),
        (" Bug ", "", 0.0, 1),
        (None, "no idea", 0.0, NONE),
        (None, "BUG", 0.0, 1),  # a check that reads nothing out: the bare response is a label
        (None, "I would cancel", 1.0, 4),  # accepted by its check, so it said the gold label
        ("refund", "refund", 0.0, NONE),
    ],
)
def test_what_a_response_said(predicted: str | None, response: str, score: float, place: int) -> None:
    row = replace(answer("a", 1, "cancel", predicted, response=response), score=score)
    assert LABELS.said(row) == place


def test_a_label_as_written_wins_over_one_that_differs_in_case() -> None:
    both = Labels(("US", "us"))
    assert (both.place("us"), both.place("US"), both.place("Us")) == (1, 0, 0)


def test_gold_outside_the_labels_and_no_labels_are_told() -> None:
    with pytest.raises(UserError, match=r"none of task\.labels"):
        LABELS.gold(answer("a", 1, "refund", "bug"))
    with pytest.raises(UserError, match="need the labels"):
        Labels(())


def test_recall_has_wilsons_interval() -> None:
    gold = np.array([4] * 8 + [0] * 10)
    said = np.array([4] * 6 + [0, NONE] + [0] * 10)
    billing, cancel = recalls(labelled(gold, said))
    book = binomtest(6, 8).proportion_ci(0.95, method="wilson")
    assert (cancel.label, cancel.right, cancel.n) == ("cancel", 6, 8)
    assert (cancel.lo, cancel.hi) == pytest.approx((book.low, book.high), abs=1e-12)
    assert billing.hi == pytest.approx(1) and billing.lo < 0.75


def test_items_of_one_cluster_are_worth_less() -> None:
    gold, said = np.zeros(40, dtype=np.int64), np.repeat([0, 1, 0, 0], 10)
    alone = recalls(labelled(gold, said))[0]
    together = recalls(labelled(gold, said, np.repeat(np.arange(4), 10)))[0]
    assert together.hi - together.lo > 2 * (alone.hi - alone.lo)


def test_confusion_counts_gold_by_said_with_none_last() -> None:
    rows = answers("a", ["bug", "bug", "bug", "cancel"], ["bug", "billing", None, "cancel"])
    counts = confusion(rows, LABELS)
    assert counts[1] == [1, 1, 0, 0, 0, 0, 1] and counts[4] == [0, 0, 0, 0, 1, 0, 0]
    assert sum(map(sum, counts)) == 4
