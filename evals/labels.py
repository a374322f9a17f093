"""Labels of a classification: what runs said, how much of each label was found, what was taken for what."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assay.errors import UserError
from assay.records import Result
from evals import stats
from evals.stats import ALPHA, Floats

NONE = -1
"""The place of "no label found"."""

Places = NDArray[np.int64]


class Labels:
    """The closed set of labels of a classification, in the order of assay.yaml."""

    def __init__(self, names: Sequence[str]) -> None:
        if not names:
            raise UserError(
                "macro_f1 and recall need the labels of the task",
                where="assay.yaml",
                fix="task: {kind: classification, labels: [one, other]}, or metric: accuracy",
            )
        self.names = tuple(names)
        self._exact = {n: i for i, n in enumerate(names)}
        self._loose = {_loose(n): i for i, n in reversed(list(enumerate(names)))}

    def place(self, text: str | None) -> int:
        """Return where a text stands among the labels, case and spaces aside; NONE when it is none."""
        if text is None:
            return NONE
        return self._exact.get(text, self._loose.get(_loose(text), NONE))

    def gold(self, row: Result) -> int:
        """Return the place of the gold label. Raises UserError when the gold is none of the labels."""
        if (place := self.place(row.answer)) == NONE:
            what = f"the gold answer {row.answer[:40]!r} of item {row.item_id[:12]} is none of task.labels"
            raise UserError(what, where="assay.yaml", fix="add it to task.labels, or use metric: accuracy")
        return place

    def said(self, row: Result) -> int:
        """Return the place of the label a response gave: what its check read, else the bare response.

        A response that its check accepted said the gold label, whatever was read from it.
        """
        place = self.place(row.predicted if row.predicted is not None else row.response)
        return self.gold(row) if place == NONE and row.score == 1 else place


def _loose(text: str) -> str:
    return " ".join(text.split()).casefold()


@dataclass(frozen=True)
class Labelled:
    """What runs said to the same items: `gold` [items] and `said` [items, runs] are places in `labels`."""

    labels: Labels
    gold: Places
    said: Places
    clusters: tuple[str, ...]

    @cached_property
    def present(self) -> Places:
        """The places of the labels that are the gold of some item."""
        return np.unique(self.gold)

    @cached_property
    def left_out(self) -> tuple[str, ...]:
        """The labels without a gold item, which no average counts."""
        return tuple(n for i, n in enumerate(self.labels.names) if i not in set(self.present.tolist()))

    @cached_property
    def index(self) -> Places:
        """The number of every item's cluster, clusters in order of name."""
        return np.unique(np.asarray(self.clusters, dtype=object).astype(str), return_inverse=True)[1]


def hits(x: Labelled) -> Floats:
    """Return 1 where a run said the gold label, else 0: [items, runs]."""
    right: Floats = (x.said == x.gold[:, None]).astype(np.float64)
    return right


@dataclass(frozen=True)
class Recall:
    """How much of one label was found: `right` of `n` items (a mean over runs), with Wilson's interval."""

    label: str
    right: float
    n: int
    lo: float
    hi: float


def recalls(x: Labelled, *, alpha: float = ALPHA) -> tuple[Recall, ...]:
    """Return the recall of every label with a gold item, in the order of the labels.

    The interval is Wilson's at the number of items that the clusters are worth; where every cluster is
    one item that is the number of items.
    """
    hit: Floats = hits(x).mean(axis=1)
    return tuple(_recall(x, place, hit, alpha) for place in x.present.tolist())


def _recall(x: Labelled, place: int, hit: Floats, alpha: float) -> Recall:
    at = x.gold == place
    right, n, groups = float(hit[at].sum()), int(at.sum()), x.index[at]
    worth = stats.worth(hit[at], [str(c) for c in groups])
    lo, hi = stats.wilson(right / n, worth, stats.t_quantile(1 - alpha / 2, math.inf))
    return Recall(x.labels.names[place], right, n, lo, hi)


def confusion(rows: Iterable[Result], labels: Labels) -> list[list[int]]:
    """Count gold × said, both in the order of the labels; the last column is "no label found"."""
    table = [[0] * (len(labels.names) + 1) for _ in labels.names]
    for row in rows:
        table[labels.gold(row)][labels.said(row)] += 1  # NONE is the last column
    return table
