"""What a kill left behind and what nothing reaches any more; `--gc` removes it.

Reached is what a reference (version, run, eval set), a manifest, a verdict, a label or a result leads
to. Verdicts, labels, scores, results, the ledger and the quarantine are never removed here.
"""

from __future__ import annotations

import re
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assay.verbs.doctor.links import selection_of
from assay.verbs.doctor.refs import Refs
from assay.verbs.doctor.segments import Contents
from assay.workspace import Workspace

YOUNG = 3600.0
"""Seconds within which a file may belong to a process that is still at work."""

RESUMABLE = 7 * 86400.0
"""Seconds that checkpoints of a stopped training are kept: the same `assay train` goes on from them."""

TEMPORARY = re.compile(r"\.tmp-[a-z0-9_]{8}")
"""The names that `assay.files` gives what it has not published yet."""


@dataclass(frozen=True)
class Leftover:
    """A file or folder that can go: what it is, how large, how old; `kept` says why not yet."""

    path: Path
    what: str
    size: int
    age: float
    kept: str = ""


def leftovers(
    ws: Workspace, refs: Refs, contents: Contents, *, damaged: bool, all_ages: bool
) -> list[Leftover]:
    """Return everything that can go. While references are damaged, only what a kill left can."""
    found = [_leftover(p, "temporary", YOUNG, all_ages) for p in _temporary(ws)]
    found += [
        _leftover(p, "a stopped training", RESUMABLE, all_ages)
        for p in sorted((ws.home / "runs").glob(".*.unfinished"))
    ]
    if not damaged:
        found += [_leftover(p, what, YOUNG, all_ages) for p, what in _unreached(ws, refs, contents)]
    return found


def remove(some: list[Leftover]) -> list[Leftover]:
    """Remove what may go, and return it; what another process holds or has taken away is left out."""
    gone = []
    for left in some:
        if left.kept or not _take(left.path):
            continue
        gone.append(left)
    return gone


def _take(path: Path) -> bool:
    if path.name.endswith(".unfinished"):
        return _take_unfinished(path)
    try:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    except FileNotFoundError:
        return False
    return True


def _take_unfinished(folder: Path) -> bool:
    """Remove checkpoints while holding the lock of their training, so that none is at work on them."""
    from assay.errors import UserError
    from training.checkpoints import Checkpoints

    try:
        with Checkpoints(folder).locked():
            shutil.rmtree(folder)
    except UserError:
        return False
    return True


def _temporary(ws: Workspace) -> Iterator[Path]:
    inside = sorted(ws.home.rglob(".tmp-*")) if ws.home.is_dir() else []
    shown: list[Path] = []
    for path in [*sorted(ws.root.glob(".tmp-*")), *inside]:
        if TEMPORARY.fullmatch(path.name) and not any(path.is_relative_to(p) for p in shown):
            shown.append(path)
    yield from shown


def _unreached(ws: Workspace, refs: Refs, contents: Contents) -> Iterator[tuple[Path, str]]:
    versions = {v.id for v in refs.versions.values()} | {r.version for r in refs.runs.values()}
    versions |= {parent for m in refs.manifests.values() for parent in m.parents}
    manifests = {(v.id, v.manifest) for v in refs.versions.values()}
    for folder in sorted(p for p in (ws.home / "versions").glob("[!.]*") if p.is_dir()):
        if folder.name not in versions:
            yield folder, "a version without a name"
            continue
        for path in sorted(folder.glob("[!.]*.json")):
            if (folder.name, path.stem) not in manifests and folder.name in {v for v, _ in manifests}:
                yield path, "a manifest without a name"
    yield from _unreached_rows(ws, refs, contents, versions)
    yield from _unreached_items(ws, refs, contents, versions)
    runs = {r.id for r in refs.runs.values()}
    for folder in sorted(p for p in (ws.home / "runs").glob("[!.]*") if p.is_dir()):
        if folder.name not in runs:
            yield folder, "a trained model without a name"


def _unreached_rows(
    ws: Workspace, refs: Refs, contents: Contents, versions: set[str]
) -> Iterator[tuple[Path, str]]:
    wanted = set(contents.mentioned)
    for version in versions:
        wanted |= {i for i, _ in selection_of(ws, version)[0] or ()}
    inputs = {(t, s) for m in refs.manifests.values() for t, some in m.inputs.items() for s in some}
    for segment, ids in contents.examples.items():
        if ("examples", segment) in inputs or ids & wanted:
            continue
        for table in ("examples", "origins"):
            if (table, segment) in contents.segments and (table, segment) not in inputs:
                yield ws.store.root / table / f"{segment}.parquet", "rows that nothing reaches"


def _unreached_items(
    ws: Workspace, refs: Refs, contents: Contents, versions: set[str]
) -> Iterator[tuple[Path, str]]:
    frozen = {f.segment for e in refs.evals for f in e.splits.values()}
    for store, items in ((ws.store, contents.items), (ws.sealed, contents.sealed_items)):
        for segment, ids in items.items():
            measured = bool(ids & contents.measured) and store is ws.store
            if segment not in frozen and not measured:
                yield store.root / "eval_items" / f"{segment}.parquet", "items that no eval set names"


def _leftover(path: Path, what: str, patience: float, all_ages: bool) -> Leftover:
    size, newest = 0, 0.0
    for part in (path, *path.rglob("*")):
        try:
            found = part.lstat()
        except FileNotFoundError:  # its owner has just finished with it
            continue
        size += 0 if stat.S_ISDIR(found.st_mode) else found.st_size
        newest = max(newest, found.st_mtime)
    age = max(0.0, time.time() - newest)
    kept = "" if all_ages or age >= patience else f"younger than {_words(patience)}: --yes takes it too"
    return Leftover(path, what, size, age, kept)


def _words(seconds: float) -> str:
    return "an hour" if seconds == YOUNG else f"{seconds / 86400:g} days"
