"""Pair the result rows of two groups of runs: item by item, seed by seed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assay.errors import UserError
from assay.records import Result
from evals.labels import Labelled, Labels
from evals.stats import Floats

METRICS: dict[str, Callable[[Result], float | None]] = {
    "accuracy": lambda row: row.score,
    "bits_per_byte": lambda row: bits_per_byte(row),
}
"""The metrics that are means over items; macro_f1 is none, its rows are paired by `pair_labels`."""
LOWER_IS_BETTER = frozenset({"bits_per_byte"})

_SEED = re.compile(r"\.s(\d+)$")
_Table = dict[str, dict[str, float]]  # run -> pair key -> value


def bits_per_byte(row: Result) -> float | None:
    """Return nll / ln 2 / bytes of the target; None where log-probabilities were not asked."""
    if row.nll is None or row.target_bytes <= 0:
        return None
    return row.nll / math.log(2) / row.target_bytes


@dataclass(frozen=True)
class Aligned:
    """What several runs have in common: [items, runs], the items' ids and their clusters."""

    values: Floats
    items: tuple[str, ...]
    clusters: tuple[str, ...]


@dataclass(frozen=True)
class Paired:
    """What two groups have in common: [items, seeds] of each, the item and cluster of every row, the rest."""

    a: Floats
    b: Floats
    items: tuple[str, ...]
    clusters: tuple[str, ...]
    unpaired: int
    by: str


def align(rows: Sequence[Result], metric: str) -> Aligned | None:
    """Return the values of all runs in `rows` on the items they share; None where no row has a value."""
    table = _table(rows, lambda r: r.item_id, value_of(metric))
    if not table or not (items := sorted(set.intersection(*(set(d) for d in table.values())))):
        return None
    clusters = {r.item_id: cluster_of(r) for r in rows}
    values = np.array([[of_run[i] for of_run in table.values()] for i in items])
    return Aligned(values, tuple(items), tuple(clusters[i] for i in items))


def align_labels(rows: Sequence[Result], labels: Labels) -> Labelled | None:
    """Do what `align` does for the labels that runs gave; None where there are no rows."""
    table = _table(rows, lambda r: r.item_id, _said(labels))
    if not table or not (items := sorted(set.intersection(*(set(d) for d in table.values())))):
        return None
    return _labelled(labels, rows, items, np.array([[d[i] for d in table.values()] for i in items]))


def value_of(metric: str) -> Callable[[Result], float | None]:
    """Return the value of a row. Raises UserError for a metric that is no mean over items."""
    if metric not in METRICS:
        raise UserError(f"no metric {metric!r}", fix=f"use one of {', '.join(METRICS)}, macro_f1")
    return METRICS[metric]


def _said(labels: Labels) -> Callable[[Result], float | None]:
    return lambda row: None if row.score is None else float(labels.said(row))


def _labelled(labels: Labels, rows: Sequence[Result], items: Sequence[str], said: Floats) -> Labelled:
    by_id = {r.item_id: r for r in rows}
    gold = np.array([labels.gold(by_id[i]) for i in items])
    return Labelled(labels, gold, said.astype(np.int64), tuple(cluster_of(by_id[i]) for i in items))


def pair_labels(
    a: Sequence[Result], b: Sequence[Result], labels: Labels
) -> tuple[Labelled, Labelled, Paired]:
    """Pair what two groups of runs said, item by item. Raises UserError when they share no item."""
    if not {r.item_id for r in a} & {r.item_id for r in b}:
        raise UserError("macro_f1 compares the same items only", fix="--metric accuracy pairs by parent")
    paired = _pair(a, b, _said(labels), "macro_f1")
    left, right = (_labelled(labels, a, paired.items, said) for said in (paired.a, paired.b))
    return left, right, paired


def pair(a: Sequence[Result], b: Sequence[Result], metric: str = "accuracy") -> Paired:
    """Pair by item id, or by parent where the two groups share no item (twins, perturbed copies).

    Seeds are matched by the ending `.sN` of the run's name, else by order; a group of one run (the
    base) is paired with every run of the other.
    """
    return _pair(a, b, value_of(metric), metric)


def _pair(
    a: Sequence[Result], b: Sequence[Result], value: Callable[[Result], float | None], metric: str
) -> Paired:
    by, key_a, key_b = _keys(a, b)
    left, right = _table(a, key_a, value), _table(b, key_b, value)
    if not left or not right:
        fix = "run `assay eval run` for both"
        if a and b and metric != "bits_per_byte":
            fix = "open text, which nothing judges, is compared by bits_per_byte"
        raise UserError(f"no rows with {metric} to compare", fix=fix)
    runs = _match_runs(list(left), list(right))
    common = set.intersection(*(set(left[x]) & set(right[y]) for x, y in runs))
    everything = set().union(*left.values(), *right.values())
    if not common:
        raise UserError("the two have no item in common", fix="evaluate both on the same eval set")
    items = sorted(common)
    clusters = {key_a(r): cluster_of(r) for r in a}
    return Paired(
        a=np.array([[left[x][i] for x, _ in runs] for i in items]),
        b=np.array([[right[y][i] for _, y in runs] for i in items]),
        items=tuple(items),
        clusters=tuple(clusters[i] for i in items),
        unpaired=len(everything) - len(items),
        by=by,
    )


def cluster_of(row: Result) -> str:
    """Return the cluster of errors of a row: its template (a thread, a document), else the item itself."""
    return row.template or row.item_id


def by_run(rows: Iterable[Result]) -> dict[str, list[Result]]:
    """Group rows by run, in order of name."""
    groups: dict[str, list[Result]] = {}
    for row in rows:
        groups.setdefault(row.run, []).append(row)
    return dict(sorted(groups.items()))


_Key = Callable[[Result], str]


def _keys(a: Sequence[Result], b: Sequence[Result]) -> tuple[str, _Key, _Key]:
    def item(row: Result) -> str:
        return row.item_id

    def family(row: Result) -> str:
        return row.parent or row.item_id

    if {r.item_id for r in a} & {r.item_id for r in b}:
        return "item", item, item
    return "parent", family, family


def _table(rows: Iterable[Result], key: _Key, value: Callable[[Result], float | None]) -> _Table:
    """Index values by run and pair key; several rows of one key (variants of one parent) are averaged."""
    lists: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        if (v := value(row)) is not None:
            lists.setdefault(row.run, {}).setdefault(key(row), []).append(v)
    return {run: {k: sum(v) / len(v) for k, v in d.items()} for run, d in sorted(lists.items())}


def _match_runs(left: Sequence[str], right: Sequence[str]) -> list[tuple[str, str]]:
    if len(left) == 1:
        return [(left[0], y) for y in right]
    if len(right) == 1:
        return [(x, right[0]) for x in left]
    seeds_l, seeds_r = _by_seed(left), _by_seed(right)
    if seeds_l and seeds_r and (both := sorted(set(seeds_l) & set(seeds_r))):
        return [(seeds_l[s], seeds_r[s]) for s in both]
    if len(left) == len(right):
        return list(zip(left, right, strict=True))
    raise UserError(
        f"{len(left)} runs against {len(right)}, and no seeds in common",
        fix="train both with the same seeds",
    )


def _by_seed(runs: Sequence[str]) -> Mapping[int, str] | None:
    found = [_SEED.search(r) for r in runs]
    if not all(found):
        return None
    seeds = {int(m.group(1)): r for m, r in zip(found, runs, strict=True) if m}
    return seeds if len(seeds) == len(runs) else None
