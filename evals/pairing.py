"""Pair the result rows of two groups of runs: item by item, seed by seed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assay.errors import UserError
from assay.records import Result
from evals.stats import Floats

METRICS: dict[str, Callable[[Result], float | None]] = {
    "accuracy": lambda row: row.score,
    "bits_per_byte": lambda row: bits_per_byte(row),
}
LOWER_IS_BETTER = frozenset({"bits_per_byte"})

_SEED = re.compile(r"\.s(\d+)$")
_Table = dict[str, dict[str, float]]  # run -> pair key -> value


def bits_per_byte(row: Result) -> float | None:
    """Return nll / ln 2 / bytes of the target; None where log-probabilities were not asked."""
    if row.nll is None or row.target_bytes <= 0:
        return None
    return row.nll / math.log(2) / row.target_bytes


@dataclass(frozen=True)
class Paired:
    """What two groups have in common: [items, seeds] of each, the cluster of every item, the rest."""

    a: Floats
    b: Floats
    clusters: tuple[str, ...]
    unpaired: int
    by: str


def pair(a: Sequence[Result], b: Sequence[Result], metric: str = "accuracy") -> Paired:
    """Pair by item id, or by parent where the two groups share no item (twins, perturbed copies).

    Seeds are matched by the ending `.sN` of the run's name, else by order; a group of one run (the
    base) is paired with every run of the other.
    """
    value = METRICS.get(metric)
    if value is None:
        raise UserError(f"no metric {metric!r}", fix=f"use one of {', '.join(METRICS)}")
    by, key_a, key_b = _keys(a, b)
    left, right = _table(a, key_a, value), _table(b, key_b, value)
    if not left or not right:
        raise UserError(f"no rows with {metric} to compare", fix="run `assay eval run` for both")
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
