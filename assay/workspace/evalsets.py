"""Eval sets: frozen dev and test items, the test items under the seal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from assay.config import FILE
from assay.errors import UserError, nearest
from assay.files import publish_json, read_json
from assay.fingerprint import fingerprint, of_rows
from assay.ledger import now
from assay.records import EvalItem, Role
from assay.store import eval_items_of
from assay.workspace.home import Home, check_name


@dataclass(frozen=True)
class EvalSet:
    """Frozen dev and test items: per split the id (hash of the item ids), the segment, the count."""

    name: str
    fingerprint: str
    splits: Mapping[str, Mapping[str, Any]]
    created: str

    def id(self, split: str) -> str:
        """Return the id of a split."""
        return str(self.splits[split]["id"])


class EvalSets(Home):
    """The eval sets of a workspace."""

    def publish_eval_set(self, name: str, key: str, splits: Mapping[Role, Sequence[EvalItem]]) -> EvalSet:
        """Freeze an eval set made by `key` (a fingerprint); test items go under the seal.

        Raises UserError when the name stands for another eval set: held-out items never change.
        """
        check_name(name)
        path = self.home / "refs" / "evals" / f"{name}.json"
        if path.is_file():  # before a segment is written: a refused set must reach no snapshot
            self._same_eval_set(name, key)
        described = {}
        for role, items in splits.items():
            split_id = of_rows(sorted(i.id for i in items))
            segment = fingerprint("eval_set", name=name, key=key, split=role, id=split_id)
            store = self.sealed if role == "test" else self.store
            store.append("eval_items", segment, (i.row(f"{name}:{role}", role) for i in items))
            described[str(role)] = {"id": split_id, "segment": segment, "n": len(items)}
        publish_json(path, asdict(EvalSet(name, key, described, now())))
        return self._same_eval_set(name, key)

    def _same_eval_set(self, name: str, key: str) -> EvalSet:
        there = self.eval_set(name)
        if there.fingerprint != key:
            raise UserError(
                f"the eval set {name!r} exists and was made from other settings; held-out items never change",
                where=FILE,
                fix="give heldout another name, or put its settings back",
            )
        return there

    def eval_set(self, name: str) -> EvalSet:
        """Return a frozen eval set. Raises UserError when there is none of this name."""
        path = self.home / "refs" / "evals" / f"{name}.json"
        if not path.is_file():
            raise UserError(f"there is no eval set {name!r}", fix=nearest(name, self.eval_sets()))
        return EvalSet(**read_json(path))

    def eval_sets(self) -> list[str]:
        """Return the names of the eval sets."""
        return sorted(p.stem for p in (self.home / "refs" / "evals").glob("[!.]*.json"))

    def eval_items(self, eval_set: EvalSet, split: str) -> list[EvalItem]:
        """Return the items of a split that is not sealed."""
        if split == "test":
            raise UserError("the test split is sealed", fix="eval run --split test --reason TEXT opens it")
        snapshot = self.store.segment("eval_items", eval_set.splits[split]["segment"])
        return eval_items_of(snapshot.rows("eval_items"))

    def open_test(self, eval_set: EvalSet, *, reason: str, key: str, models: Sequence[str]) -> list[EvalItem]:
        """Write the opening into the ledger (once per `key`), then return the test items."""
        self.ledger.append(
            "open test", reason=reason, key=key, eval_set=eval_set.name, id=eval_set.id("test"), models=models
        )
        snapshot = self.sealed.segment("eval_items", eval_set.splits["test"]["segment"])
        return eval_items_of(snapshot.rows("eval_items"))

    def test_openings(self) -> int:
        """Return how often any test split was opened."""
        return self.ledger.count("open test")
