"""Make the arms of a round comparable: the same rows, and the same answer tokens to within two per cent.

A targeted arm wants more rows of some cells, and cells differ in how long their answers are, so equal
rows are not equal tokens. Its weights are therefore tilted until the expected answer tokens per row
equal those of a uniform allocation, and what rounding leaves is evened out by swapping rows of one
cell against each other.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from generators.programmatic import Cell, allocate

C = TypeVar("C", bound=Hashable)
Key = tuple[str, str, int]
"""Skill, template, difficulty."""

TOLERANCE = 0.02
"""Answer tokens of an arm may differ from the common target by this share (design, section 7)."""

MOST_STRENGTH = 30_000.0
"""How hard `tilt` pulls before it takes a target to be out of reach."""


@dataclass(frozen=True)
class Candidate:
    """A row an arm may take: its cell and its answer tokens."""

    example_id: str
    cell: Key
    tokens: int


def tilt(weights: Mapping[C, float], tokens: Mapping[C, float], target: float) -> dict[C, float]:
    """Return the weights times exp(λ·tokens), λ such that the mean tokens per row are `target`.

    This is the allocation nearest to `weights` (in relative entropy) that has this mean. Weights sum to
    1. When no allocation over these cells reaches the target, the nearest one of 60 halvings is returned.
    """
    cells = [c for c, w in weights.items() if w > 0]
    spread = max((abs(tokens[c] - target) for c in cells), default=0.0) or 1.0

    def tilted(strength: float) -> dict[C, float]:
        raised = {c: strength * (tokens[c] - target) / spread for c in cells}
        most = max(raised.values(), default=0.0)  # taken off, so that no exponential overflows
        raw = {c: weights[c] * math.exp(raised[c] - most) for c in cells}
        total = sum(raw.values())
        return {c: w / total for c, w in raw.items()}

    def mean(strength: float) -> float:
        return sum(w * tokens[c] for c, w in tilted(strength).items())

    limit = 30.0
    while limit < MOST_STRENGTH and not mean(-limit) <= target <= mean(limit):
        limit *= 4  # one far-off cell makes the spread large and the pull on all others weak
    low, high = -limit, limit
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if mean(middle) < target else (low, middle)
    return dict.fromkeys(weights, 0.0) | tilted((low + high) / 2)


def quotas(weights: Mapping[Key, float], n: int) -> dict[Key, int]:
    """Split n rows by weight: over skills, then templates, then difficulties, as generation does.

    In one step over all cells the remainders pile up: of 120 uniform rows over 64 cells one of four
    skills got 25 and another 32, by rounding noise alone.
    """
    rows = allocate(n, {Cell(*key): weight for key, weight in weights.items()})
    return {(c.skill, c.template, c.difficulty): count for c, count in rows.items()}


def cut(candidates: Sequence[Candidate], weights: Mapping[Key, float], n: int, target: int) -> list[str]:
    """Choose n rows by the weights whose answer tokens come as near to `target` as swaps within cells allow.

    Rows of a cell are taken in the order of md5(id); what a cell lacks is filled from the cells that
    have rows left, largest weight first. Returns sorted ids; fewer than n only when there are fewer.
    """
    by_cell: dict[Key, list[Candidate]] = {c: [] for c in sorted(weights)}
    for candidate in sorted(candidates, key=lambda c: (_md5(c.example_id), c.example_id)):
        by_cell.setdefault(candidate.cell, []).append(candidate)
    wanted = quotas(weights, n)
    taken = {c: rows[: wanted.get(c, 0)] for c, rows in by_cell.items()}
    _fill(taken, by_cell, weights, n)
    _swap(taken, by_cell, target)
    return sorted(c.example_id for rows in taken.values() for c in rows)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _fill(
    taken: dict[Key, list[Candidate]],
    by_cell: Mapping[Key, list[Candidate]],
    weights: Mapping[Key, float],
    n: int,
) -> None:
    missing = n - sum(len(rows) for rows in taken.values())
    order = sorted(by_cell, key=lambda c: (-weights.get(c, 0.0), c))
    while missing > 0:
        before = missing
        for cell in order:
            if missing and len(taken[cell]) < len(by_cell[cell]):
                taken[cell].append(by_cell[cell][len(taken[cell])])
                missing -= 1
        if missing == before:
            return


def _swap(
    taken: dict[Key, list[Candidate]],
    by_cell: Mapping[Key, list[Candidate]],
    target: int,
) -> None:
    """Swap taken rows for spare ones of their cell while the sum of tokens comes nearer to the target."""
    for _ in range(sum(len(rows) for rows in taken.values())):
        off = target - sum(c.tokens for rows in taken.values() for c in rows)
        best: tuple[int, Key, Candidate, Candidate] | None = None
        for cell, rows in taken.items():
            spare = [c for c in by_cell[cell] if c not in rows]
            if not rows or not spare:
                continue
            out = min(rows, key=lambda c: c.tokens) if off > 0 else max(rows, key=lambda c: c.tokens)
            into = max(spare, key=lambda c: c.tokens) if off > 0 else min(spare, key=lambda c: c.tokens)
            gain = abs(off) - abs(off - (into.tokens - out.tokens))
            if gain > 0 and (best is None or gain > best[0]):
                best = (gain, cell, out, into)
        if best is None:
            return
        _, cell, out, into = best
        taken[cell][taken[cell].index(out)] = into
