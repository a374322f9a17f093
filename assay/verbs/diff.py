"""What changed between two versions: rows added, removed, re-weighted, edited, and the shift by slice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assay.records import Made
from assay.workspace import Version, Workspace

BANDS = ((0, 50), (50, 100), (100, 200), (200, 400), (400, 1 << 60))
"""Prompt + response length in characters, lower bound included."""


@dataclass(frozen=True)
class Diff:
    """The difference from `a` to `b`. `edited` are (old id, new id): the new row names the old as parent."""

    a: str
    b: str
    kept: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    reweighted: tuple[tuple[str, float, float], ...]
    edited: tuple[tuple[str, str], ...]
    shift: Mapping[str, Mapping[str, tuple[int, int]]]
    """Slice ("skill", "length", "variant", "generator") → value → (rows in a, rows in b)."""
    dropped_by: Mapping[str, int]
    """Rule of b's curation → removed rows that it spoke on."""


def diff(ws: Workspace, a: Version, b: Version) -> Diff:
    """Compare two versions row by row."""
    old, new = dict(ws.selection(a.id)), dict(ws.selection(b.id))
    made = {m.example.id: m for m in ws.made(sorted(old.keys() | new.keys()))}
    added, removed = new.keys() - old.keys(), old.keys() - new.keys()
    edited = sorted((p, i) for i in added for p in made[i].origin.parents if p in removed)
    changed = sorted(i for i in old.keys() & new.keys() if old[i] != new[i])
    return Diff(
        a=a.label,
        b=b.label,
        kept=len(old.keys() & new.keys()),
        added=tuple(sorted(added - {i for _, i in edited})),
        removed=tuple(sorted(removed - {p for p, _ in edited})),
        reweighted=tuple((i, float(old[i]), float(new[i])) for i in changed),
        edited=tuple(edited),
        shift=_shift([made[i] for i in sorted(old)], [made[i] for i in sorted(new)]),
        dropped_by=_dropped_by(ws, b, removed),
    )


def _shift(old: Iterable[Made], new: Iterable[Made]) -> dict[str, dict[str, tuple[int, int]]]:
    counts = [Counter((s, v) for m in rows for s, v in _slices(m).items()) for rows in (old, new)]
    shift: dict[str, dict[str, tuple[int, int]]] = {}
    for key in sorted(counts[0].keys() | counts[1].keys()):
        shift.setdefault(key[0], {})[key[1]] = (counts[0][key], counts[1][key])
    return shift


def _slices(made: Made) -> dict[str, str]:
    size = len(made.example.prompt) + len(made.example.response)
    low, high = next((lo, hi) for lo, hi in BANDS if lo <= size < hi)
    band = f"{low:>3}+" if high == BANDS[-1][1] else f"{low:>3}–{high}"
    origin = made.origin
    return {"skill": origin.skill, "length": band, "variant": origin.variant, "generator": origin.generator}


def _dropped_by(ws: Workspace, version: Version, removed: Iterable[str]) -> dict[str, int]:
    gone, curation = set(removed), version.manifest
    rules = Counter(
        row["rule"]
        for row in ws.store.snapshot(["verdicts"]).rows("verdicts")
        if row["curation"] == curation and row["example_id"] in gone
    )
    return dict(sorted(rules.items()))
