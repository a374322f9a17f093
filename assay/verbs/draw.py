"""Method draw: rows of imported versions that were not used yet, by skill; no generator is needed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from assay.config import DrawRecipe
from assay.errors import UserError
from assay.fingerprint import fingerprint
from assay.verbs.generate import Generated, publish_raw
from assay.workspace import Version, Workspace

VERSION = 1
"""Raise it when the same wish draws other rows."""


class Well:
    """The rows of the versions a draw recipe names, each in its skill."""

    def __init__(self, ws: Workspace, recipe: DrawRecipe) -> None:
        self._ws, self._recipe = ws, recipe
        self.versions = [ws.version(spec) for spec in recipe.source]

    @cached_property
    def _skills(self) -> dict[str, list[str]]:
        """Skill → ids, sorted."""
        found: dict[str, dict[str, None]] = {}
        for version in self.versions:
            ids = [i for i, _ in self._ws.selection(version.id)]
            for made in self._ws.made(ids, version):
                found.setdefault(made.origin.skill, {})[made.example.id] = None
        return {skill: sorted(ids) for skill, ids in sorted(found.items())}

    def counts(self) -> dict[str, int]:
        """Return the rows of each skill."""
        return {skill: len(ids) for skill, ids in self._skills.items()}

    def draw(
        self, name: str, n: int, seed: int, weights: Mapping[str, float] | None, used: Version | None
    ) -> Generated:
        """Make a version of n unused rows: by weight per skill (default: the file's shares), each skill's
        rows in the order of md5(id and seed). What a skill lacks comes from the others.

        Raises UserError when no row is left.
        """
        wanted = {s: Fraction(str((weights or self.counts()).get(s, 0))) for s in self._skills}
        act = fingerprint(
            "draw",
            version=VERSION,
            sources=sorted(v.id for v in self.versions),
            n=n,
            seed=seed,
            weights=sorted((s, str(w)) for s, w in wanted.items()),
            used=used.id if used else "",
        )
        ids = self.pick(n, seed, wanted, used)
        if not ids:
            raise UserError("no unused row is left", where=", ".join(self._recipe.source), fix="import more")
        return publish_raw(
            self._ws,
            act,
            name,
            {
                "name": name,
                **self._recipe.resolved(),
                "from": [v.label for v in self.versions],
                "n": n,
                "seed": seed,
            },
            ids=ids,
            skipped=False,
            of=self.versions,
            context={"weights": {s: str(w) for s, w in wanted.items()}, "used": used.label if used else ""},
        )

    def pick(self, n: int, seed: int, weights: Mapping[str, Fraction], used: Version | None) -> list[str]:
        """Return up to n unused ids, sorted."""
        gone = {i for i, _ in self._ws.selection(used.id)} if used else set()
        left = {s: _shuffled([i for i in ids if i not in gone], seed) for s, ids in self._skills.items()}
        counts = shares(n, weights, {s: len(ids) for s, ids in left.items()})
        return sorted(i for skill, count in counts.items() for i in left[skill][:count])


def shares(n: int, weights: Mapping[str, Fraction], there: Mapping[str, int]) -> dict[str, int]:
    """Share n rows out by weight, never more of a skill than there are; the rest goes to the others.

    Largest remainders, ties by name; skills of weight 0 give rows only when all others are spent.
    """
    counts = dict.fromkeys(there, 0)
    for pool in (weights, dict.fromkeys(there, Fraction(1))):
        while (missing := n - sum(counts.values())) > 0:
            open_ = {s: pool[s] for s in there if counts[s] < there[s] and pool.get(s, 0) > 0}
            if not open_:
                break
            for skill, more in _largest_remainder(missing, open_).items():
                counts[skill] = min(there[skill], counts[skill] + more)
    return counts


def _largest_remainder(n: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    total = sum(weights.values(), Fraction(0))
    exact = {s: n * w / total for s, w in weights.items()}
    counts = {s: int(q) for s, q in exact.items()}
    by_rest = sorted(exact, key=lambda s: (counts[s] - exact[s], s))
    for skill in by_rest[: n - sum(counts.values())]:
        counts[skill] += 1
    return counts


def _shuffled(ids: Sequence[str], seed: int) -> list[str]:
    return sorted(ids, key=lambda i: (hashlib.md5(f"{i}{seed}".encode(), usedforsecurity=False).digest(), i))


def draw(ws: Workspace, recipe: DrawRecipe, name: str) -> Generated:
    """Run a draw recipe by itself: n rows, by the file's shares."""
    return Well(ws, recipe).draw(name, recipe.n, recipe.seed, None, None)
