"""A workspace: the folder with assay.yaml, and everything Assay keeps for it under `.assay/`.

```
.assay/examples|origins|verdicts|scores|labels|results|eval_items/   open segments
.assay/sealed/eval_items|results/                                    test items and test results
.assay/versions/<id>/{selection.parquet, <fingerprint>.json}         rows and the manifests that led to them
.assay/runs/<id>/                                                    adapters with their training record
.assay/refs/{versions,tags,evals,runs}/…                             names; each made exclusively
.assay/ledger/NNNN.json
```
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assay import ledger
from assay.config import FILE, NAME, Config
from assay.errors import UserError, nearest
from assay.files import publish, publish_json, read_json
from assay.fingerprint import fingerprint, of_rows
from assay.ledger import Ledger, now
from assay.manifest import Manifest, Selection, version_id
from assay.page import Known, load
from assay.records import EvalItem, Example, Made, Origin, Role
from assay.store import SELECTION, Snapshot, Store, eval_items_of, examples_by_id, write_parquet


@dataclass(frozen=True)
class Version:
    """A pointer `name@vN` to a version and the manifest it was made by."""

    name: str
    number: int
    id: str
    manifest: str
    created: str

    @property
    def label(self) -> str:
        """`name@vN`."""
        return f"{self.name}@v{self.number}"


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


@dataclass(frozen=True)
class Run:
    """A trained model: where it is and everything that made it. `group` joins the seeds of one training."""

    name: str
    id: str
    group: str
    group_key: str
    seed: int
    version: str
    version_label: str
    base: str
    base_digest: str
    adapter: str
    contract: str
    loss_mask: str
    start: str
    """The run it went on from; empty when it began at the base."""
    created: str


class Workspace:
    """One workspace. Construct it with `Workspace.find` or `Workspace.at`."""

    def __init__(self, root: Path, config: Config) -> None:
        self.root, self.config = root, config
        self.home = root / ".assay"
        self.store = Store(self.home)
        self.sealed = Store(self.home / "sealed")

    @staticmethod
    def at(root: Path, *, overrides: Iterable[str] = (), known: Known | None = None) -> Workspace:
        """Open the workspace in this folder. Raises ConfigError with every mistake of its assay.yaml."""
        return Workspace(root.resolve(), load(root / FILE, overrides=overrides, known=known))

    @staticmethod
    def find(given: Path | None, *, overrides: Iterable[str] = (), known: Known | None = None) -> Workspace:
        """Open the given folder, else ASSAY_WORKSPACE, else the nearest folder upwards with assay.yaml."""
        if given is None and (named := os.environ.get("ASSAY_WORKSPACE")):
            given = Path(named)
        if given is not None:
            return Workspace.at(given, overrides=overrides, known=known)
        here = Path.cwd()
        for folder in (here, *here.parents):
            if (folder / FILE).is_file():
                return Workspace.at(folder, overrides=overrides, known=known)
        raise UserError(
            "no assay.yaml here or in any folder above",
            where=str(here),
            fix="cd into a workspace, give -C DIR, or make one: assay demo DIR",
        )

    @cached_property
    def ledger(self) -> Ledger:
        """Who did what, when and why."""
        return Ledger(self.home / "ledger", ledger.who(self.config.who))

    # -- versions -----------------------------------------------------------------------------

    def publish_version(self, name: str, selection: Selection, manifest: Manifest) -> Version:
        """Publish rows and manifest and point the next `name@vN` at them.

        The same name and manifest again gives the version it gave before. Raises UserError on a bad
        name.
        """
        check_name(name)
        if manifest.version != version_id(selection):
            raise ValueError("the manifest names another version than the rows hash to")
        folder = self.home / "versions" / manifest.version
        rows = pa.Table.from_pydict(
            {"example_id": [i for i, _ in selection], "weight": [w for _, w in selection]}, SELECTION
        )
        publish(folder / "selection.parquet", lambda p: write_parquet(rows, p))
        publish_json(folder / f"{manifest.fingerprint}.json", manifest.dump())
        while True:
            there = self.versions(name)
            for version in there:
                if (version.id, version.manifest) == (manifest.version, manifest.fingerprint):
                    return version
            number = there[-1].number + 1 if there else 1
            made = Version(name, number, manifest.version, manifest.fingerprint, now())
            if publish_json(self._versions / name / f"v{number}.json", asdict(made)):
                return made

    @property
    def _versions(self) -> Path:
        return self.home / "refs" / "versions"

    def version_names(self) -> list[str]:
        """Return the names that have versions, sorted."""
        return sorted(p.name for p in self._versions.glob("*") if p.is_dir() and any(p.glob("v*.json")))

    def versions(self, name: str) -> list[Version]:
        """Return the versions of a name, oldest first."""
        found = [Version(**read_json(p)) for p in (self._versions / name).glob("v*.json")]
        return sorted(found, key=lambda v: v.number)

    def all_versions(self) -> Iterator[Version]:
        """Yield every version of every name."""
        for name in self.version_names():
            yield from self.versions(name)

    def version(self, spec: str) -> Version:
        """Return what `NAME`, `NAME@vN`, `NAME@TAG`, `NAME@DATE` or an id prefix (8 or more) names.

        Raises UserError with the candidates when there is none, or more than one.
        """
        name, at, which = spec.partition("@")
        if there := self.versions(name) if NAME.fullmatch(name) else []:
            return self._at(spec, there, which) if at else there[-1]
        if not at and re.fullmatch(r"[0-9a-f]{8,32}", spec):
            found = {v.id: v for v in reversed(list(self.all_versions())) if v.id.startswith(spec)}
            if len(found) == 1:
                return next(iter(found.values()))
            if found:
                raise UserError(
                    f"{spec} is the beginning of {', '.join(sorted(found))}", fix="give more digits"
                )
        raise UserError(f"there is no version {spec!r}", fix=nearest(name, self.version_names()))

    def _at(self, spec: str, there: Sequence[Version], which: str) -> Version:
        name = there[0].name
        for version in there:
            if which in (f"v{version.number}", version.id):
                return version
        if tagged := self.tags(name).get(which):
            return next(v for v in there if v.number == tagged)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", which):
            if before := [v for v in there if v.created[:10] <= which]:
                return before[-1]
            raise UserError(f"{name} had no version by {which}", fix=f"the first is of {there[0].created}")
        words = [f"v{v.number}" for v in there] + sorted(self.tags(name))
        raise UserError(f"there is no {spec!r}", fix=nearest(which, words))

    def manifest(self, version: Version) -> Manifest:
        """Return the manifest a version was made by."""
        folder = self.home / "versions" / version.id
        return Manifest.load(read_json(folder / f"{version.manifest}.json"))

    def selection(self, version_id: str) -> list[tuple[str, Decimal]]:
        """Return the rows of a version: (example id, weight), sorted by id."""
        table = pq.read_table(self.home / "versions" / version_id / "selection.parquet", partitioning=None)
        return list(zip(table["example_id"].to_pylist(), table["weight"].to_pylist(), strict=True))

    def training_rows(self, version: Version) -> list[tuple[Example, float]]:
        """Return the examples of a version with their weights, sorted by id."""
        selection = self.selection(version.id)
        found = examples_by_id(self.store.snapshot(["examples"]), [i for i, _ in selection])
        return [(found[i], float(w)) for i, w in selection]

    # -- tags ---------------------------------------------------------------------------------

    def tags(self, name: str) -> dict[str, int]:
        """Return tag → version number."""
        folder = self.home / "refs" / "tags" / name
        return {p.stem: int(read_json(p)["number"]) for p in sorted(folder.glob("*.json"))}

    def tag(self, version: Version, tag: str, *, move: bool, reason: str) -> None:
        """Point a tag at a version and write it into the ledger. A tag never moves silently."""
        check_name(tag)
        if re.fullmatch(r"v\d+|\d{4}-\d\d-\d\d|[0-9a-f]{8,32}", tag):
            raise UserError(f"{tag!r} reads as a version number, a date or an id", fix="take another tag")
        path = self.home / "refs" / "tags" / version.name / f"{tag}.json"
        there = self.tags(version.name).get(tag)
        if there is not None and not move:
            if there == version.number:
                return
            raise UserError(f"the tag {version.name}@{tag} exists: it is v{there}", fix="--move to move it")
        # The entry first: a kill in between may leave an entry too many, never a tag moved silently.
        self.ledger.append("tag", reason=reason, version=version.label, id=version.id, tag=tag, moved=move)
        if not publish_json(path, {"number": version.number}, replace=move):
            raise UserError(f"the tag {version.name}@{tag} was made just now", fix="--move to move it")

    # -- examples -----------------------------------------------------------------------------

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

    # -- eval sets ----------------------------------------------------------------------------

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

    # -- runs ---------------------------------------------------------------------------------

    def run_folder(self, run_id: str) -> Path:
        """Return where a run's model lies, or will."""
        return self.home / "runs" / run_id

    def publish_run(self, run: Run) -> Run:
        """Give a run its name. The same run again keeps the name it has."""
        check_name(run.name)
        path = self.home / "refs" / "runs" / f"{run.name}.json"
        publish_json(path, asdict(run))
        there = Run(**read_json(path))
        if there.id != run.id:
            raise UserError(f"the run {run.name!r} exists and is another run", fix="give --name another name")
        return there

    def runs(self) -> list[Run]:
        """Return all runs, by name."""
        folder = self.home / "refs" / "runs"
        return [Run(**read_json(p)) for p in sorted(folder.glob("[!.]*.json"))]

    def run_group(self, wanted: str, group_key: str) -> str:
        """Return the group name for a training: `wanted`, or `wanted-2` … when other settings hold it."""
        held = {r.group: r.group_key for r in self.runs()}
        name, number = wanted, 1
        while held.get(name, group_key) != group_key:
            number += 1
            name = f"{wanted}-{number}"
        return name

    def find_runs(self, spec: str) -> list[Run]:
        """Return the run of this name, or all runs of this group. Raises UserError when there is none."""
        there = self.runs()
        found = [r for r in there if r.name == spec] or [r for r in there if r.group == spec]
        if not found:
            words = sorted({r.name for r in there} | {r.group for r in there} | {"base"})
            raise UserError(f"there is no run {spec!r}", fix=nearest(spec, words))
        return sorted(found, key=lambda r: (r.group, r.seed))


def origin_order(origin: Origin) -> tuple[Any, ...]:
    """Return the total order, as in SQL, that picks the primary origin of an example made in several ways."""
    o = origin
    first = (o.skill, o.template, o.difficulty, o.variant, o.generator, o.recipe, o.seed)
    return (*first, o.teacher, o.prompt, o.parents, o.slots)


def check_name(name: str) -> None:
    """Raise UserError unless the name may stand in a reference."""
    if "@" in name:
        raise UserError(
            f"{name!r} names a version; versions never change",
            fix=f"--name {name.split('@')[0]} makes the next one",
        )
    if not NAME.fullmatch(name):
        raise UserError(f"{name!r} is no name", fix="letters, digits, '.', '_' and '-' only")
