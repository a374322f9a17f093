"""The pool: every example ever made, and how it was made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from assay.records import Made, Origin
from assay.store import Snapshot, examples_by_id
from assay.workspace.versions import Version, Versions


class Pool(Versions):
    """The examples of a workspace, with the versions that pick among them."""

    def add_made(self, fingerprint: str, made: Iterable[Made]) -> list[str]:
        """Append generated rows as one segment of `examples` and `origins`; return the ids, sorted."""
        rows = list(made)
        first = {m.example.id: m.example for m in reversed(rows)}
        ids = sorted(first)
        self.store.append("origins", fingerprint, (m.origin.row() for m in rows))
        self.store.append("examples", fingerprint, (first[i].row() for i in ids))
        return ids

    def made(self, ids: Sequence[str], of: Version | None = None) -> list[Made]:
        """Return examples with their primary origin (the first by all its columns), in the order asked.

        With `of`, only segments count that this version was made from: the same rows may have been made
        again since, and what follows from a version must not change by that.
        """
        snapshot = self.store.snapshot(["examples", "origins"])
        if of is not None:
            snapshot = Snapshot(self.home, {t: tuple(s) for t, s in self.manifest(of).inputs.items()})
        examples = examples_by_id(snapshot, ids)
        origins: dict[str, Origin] = {}
        for origin in self._origins(snapshot, set(ids)):
            there = origins.get(origin.example_id)
            if there is None or origin_order(origin) < origin_order(there):
                origins[origin.example_id] = origin
        return [Made(examples[i], origins[i]) for i in ids]

    def _origins(self, snapshot: Snapshot, ids: set[str]) -> Iterator[Origin]:
        for row in snapshot.rows("origins"):
            if row["example_id"] in ids:
                yield Origin(**row | {"parents": tuple(row["parents"]), "slots": tuple(row["slots"])})


def origin_order(origin: Origin) -> tuple[Any, ...]:
    """Return the total order, as in SQL, that picks the primary origin of an example made in several ways."""
    o = origin
    first = (o.skill, o.template, o.difficulty, o.variant, o.generator, o.recipe, o.seed)
    return (*first, o.teacher, o.prompt, o.parents, o.slots)
