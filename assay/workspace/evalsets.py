"""Eval sets: frozen dev and test items, the test items under the seal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assay.config import FILE, NAME
from assay.errors import UserError, nearest
from assay.files import publish_json, read_json
from assay.fingerprint import fingerprint, of_rows
from assay.ledger import now
from assay.records import EvalItem, Role
from assay.store import eval_items_of
from assay.workspace.home import Home, check_name


@dataclass(frozen=True)
class Frozen:
    """One split of an eval set: what made it, the hash of its item ids, its segment, its count."""

    fingerprint: str
    id: str
    segment: str
    n: int
    created: str


@dataclass(frozen=True)
class EvalSet:
    """Frozen items by split: dev and test of a held-out set, or the items of a benchmark."""

    name: str
    splits: Mapping[str, Frozen]

    def id(self, split: str) -> str:
        """Return the id of a split. Raises UserError when the set has no such split."""
        return self.split(split).id

    def split(self, split: str) -> Frozen:
        """Return a split. Raises UserError when the set has no such split."""
        if split not in self.splits:
            has = ", ".join(self.splits)
            raise UserError(
                f"{self.name} has no {split} split, only {has}",
                fix=f"assay import FILE --as {split} --name {self.name} adds one",
            )
        return self.splits[split]

    def made_by(self, key: str) -> bool:
        """Say whether all its splits were made by this fingerprint."""
        return all(s.fingerprint == key for s in self.splits.values())


class EvalSets(Home):
    """The eval sets of a workspace."""

    _named: dict[str, set[str]] | None = None

    @property
    def _evals(self) -> Path:
        return self.home / "refs" / "evals"

    def publish_eval_set(self, name: str, key: str, splits: Mapping[Role, Sequence[EvalItem]]) -> EvalSet:
        """Freeze splits made by `key` (a fingerprint); test items go under the seal.

        Splits the set already has stay; a later import may add the other one. Raises UserError when a
        split of this name has other items: held-out items never change.
        """
        check_name(name)
        ids = {role: of_rows(sorted(i.id for i in items)) for role, items in splits.items()}
        for role, split_id in ids.items():  # before a segment is written: a refused set reaches no snapshot
            self._same_items(name, role, split_id)
        for role, items in splits.items():
            segment = fingerprint("eval_set", name=name, key=key, split=role, id=ids[role])
            store = self.sealed if role == "test" else self.store
            if not (self._evals / name / f"{role}.json").is_file():
                store.append("eval_items", segment, (i.row(f"{name}:{role}", role) for i in items))
            frozen = Frozen(key, ids[role], segment, len(items), now())
            publish_json(self._evals / name / f"{role}.json", asdict(frozen))
            self._same_items(name, role, ids[role])
        return self.eval_set(name)

    def _same_items(self, name: str, role: str, split_id: str) -> None:
        path = self._evals / name / f"{role}.json"
        if path.is_file() and read_json(path)["id"] != split_id:
            raise UserError(
                f"{name}:{role} exists and was made from something else; held-out items never change",
                where=FILE,
                fix="take another name, or put the settings or the file back",
            )

    def eval_set(self, name: str) -> EvalSet:
        """Return a frozen eval set. Raises UserError when there is none of this name."""
        found = {p.stem: Frozen(**read_json(p)) for p in sorted((self._evals / name).glob("[!.]*.json"))}
        if not found or not NAME.fullmatch(name):
            raise UserError(f"there is no eval set {name!r}", fix=nearest(name, self.eval_sets()))
        return EvalSet(name, found)

    def eval_sets(self) -> list[str]:
        """Return the names of the eval sets."""
        return sorted(p.name for p in self._evals.glob("*") if any(p.glob("[!.]*.json")))

    def eval_items(self, eval_set: EvalSet, split: str) -> list[EvalItem]:
        """Return the items of a split that is not sealed."""
        if split == "test":
            raise UserError("the test split is sealed", fix="eval run --split test --reason TEXT opens it")
        snapshot = self.store.segment("eval_items", eval_set.split(split).segment)
        return eval_items_of(snapshot.rows("eval_items"))

    def items_to_keep_apart(self, eval_set: EvalSet) -> list[EvalItem]:
        """Return all items of a set, sealed ones too: to keep training rows apart from, never to show."""
        found: list[EvalItem] = []
        for split, frozen in eval_set.splits.items():
            store = self.sealed if split == "test" else self.store
            found += eval_items_of(store.segment("eval_items", frozen.segment).rows("eval_items"))
        return found

    def item_named(self, source_id: str) -> str | None:
        """Return the id of the open item that its file calls `source_id`; None without exactly one."""
        if self._named is None:
            self._named = {}
            for row in self.store.snapshot(["eval_items"]).rows("eval_items"):
                if row.get("source_id"):
                    self._named.setdefault(row["source_id"], set()).add(row["item_id"])
        found = self._named.get(source_id, set())
        return next(iter(found)) if len(found) == 1 else None

    def open_test(self, eval_set: EvalSet, *, reason: str, key: str, models: Sequence[str]) -> list[EvalItem]:
        """Write the opening into the ledger (once per `key`), then return the test items."""
        self.ledger.append(
            "open test", reason=reason, key=key, eval_set=eval_set.name, id=eval_set.id("test"), models=models
        )
        snapshot = self.sealed.segment("eval_items", eval_set.split("test").segment)
        return eval_items_of(snapshot.rows("eval_items"))

    def test_openings(self) -> int:
        """Return how often any test split was opened."""
        return self.ledger.count("open test")
