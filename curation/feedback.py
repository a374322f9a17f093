"""Turn dev results into weights of cells: what the next round should make more of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assay.errors import QueryError
from curation.loader import Bound
from curation.relations import Relations
from curation.session import DEFAULT_LIMITS, Limits, Session


@dataclass(frozen=True)
class CellWeight:
    """The weight of a skill, or of a template or difficulty of it (empty and None: all of them)."""

    skill: str
    template: str
    difficulty: int | None
    weight: Decimal


@dataclass(frozen=True)
class Weights:
    """The rows of a feedback query; ask for any cell, also one that dev has no item of."""

    rows: tuple[CellWeight, ...]

    def of(self, skill: str, template: str = "", difficulty: int | None = None) -> float:
        """Return the weight of a cell: its own, else the mean of its difficulty, of its skill, else 1."""
        mine = [r for r in self.rows if r.skill == skill]
        tiers = (
            [r for r in mine if (r.template, r.difficulty) == (template, difficulty)],
            [r for r in mine if r.difficulty == difficulty],
            mine,
        )
        found = next((t for t in tiers if t), [])
        return float(sum(r.weight for r in found) / len(found)) if found else 1.0


def weigh(bound: Bound, relations: Relations, limits: Limits = DEFAULT_LIMITS) -> Weights:
    """Run a feedback query over dev results (never over test results: the caller passes no such file)."""
    query = bound.query
    with Session.over(relations, limits=limits) as session:
        rows = session.query(query.runnable, bound.values, query.shown).to_pylist()
    return Weights(tuple(_cell(row, query.shown) for row in rows))


def _cell(row: Mapping[str, Any], where: str) -> CellWeight:
    if row["skill"] is None or row["weight"] is None or row["weight"] < 0:
        raise QueryError(f"the weight of skill {row['skill']!r} is {row['weight']}", where=where)
    return CellWeight(row["skill"], row.get("template") or "", row.get("difficulty"), row["weight"])


def means(rows: Sequence[CellWeight]) -> dict[str, float]:
    """Return the mean weight of each skill, for a table."""
    skills = sorted({r.skill for r in rows})
    return {s: Weights(tuple(rows)).of(s) for s in skills}
