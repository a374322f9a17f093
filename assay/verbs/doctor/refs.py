"""Read every reference of a workspace, the readable ones beside the damaged ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from assay.errors import UserError
from assay.files import read_json
from assay.manifest import Manifest
from assay.verbs.doctor.finding import Finding, because, unfit
from assay.workspace import EvalSet, Run, Version, Workspace

T = TypeVar("T")
UNREADABLE = (OSError, ValueError, TypeError, KeyError, AttributeError)
"""What reading JSON of another shape, or none, raises."""


@dataclass
class Refs:
    """What the references name. `findings` are those that cannot be read or name nothing."""

    versions: dict[Path, Version] = field(default_factory=dict)
    manifests: dict[Path, Manifest] = field(default_factory=dict)
    """The manifest of each version, by the path of its reference."""
    runs: dict[Path, Run] = field(default_factory=dict)
    evals: list[EvalSet] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def ordered(self) -> list[Version]:
        """Return the versions by name and number."""
        return sorted(self.versions.values(), key=lambda v: (v.name, v.number))


def read_refs(ws: Workspace) -> Refs:
    """Read all references and manifests; what is damaged becomes a finding and stops nothing."""
    refs, home = Refs(), ws.home / "refs"
    _read(refs, sorted(home.glob("versions/*/v*.json")), lambda d: Version(**d), refs.versions)
    _read(refs, sorted(home.glob("runs/[!.]*.json")), lambda d: Run(**d), refs.runs)
    for path, version in list(refs.versions.items()):
        _check_version(ws, refs, path, version)
    for path, run in list(refs.runs.items()):
        if run.name != path.stem:
            refs.findings.append(unfit(path, f"names the run {run.name!r}"))
            del refs.runs[path]
    numbers = {(v.name, v.number) for v in refs.versions.values()}
    for path in sorted(home.glob("tags/*/[!.]*.json")):
        _check_tag(refs, path, numbers)
    _read_evals(ws, refs)
    return refs


def _read(refs: Refs, paths: list[Path], make: Callable[[Any], T], into: dict[Path, T]) -> None:
    for path in paths:
        try:
            into[path] = make(read_json(path))
        except UNREADABLE as error:
            refs.findings.append(unfit(path, f"cannot be read: {because(error)}"))


def _check_version(ws: Workspace, refs: Refs, path: Path, version: Version) -> None:
    what = ""
    if (version.name, f"v{version.number}") != (path.parent.name, path.stem):
        what = f"names {version.label}"
    else:
        manifest = ws.home / "versions" / str(version.id) / f"{version.manifest}.json"
        try:
            found = Manifest.load(read_json(manifest))
            if (found.version, found.fingerprint) == (version.id, version.manifest):
                refs.manifests[path] = found
                return
            what = "names another version or manifest than it leads to"
        except FileNotFoundError:
            what = f"{version.label} has no manifest: {manifest.relative_to(ws.root)} is gone"
        except UNREADABLE as error:
            refs.findings.append(unfit(manifest, f"the manifest cannot be read: {because(error)}"))
            what = f"{version.label} has no readable manifest"
    refs.findings.append(unfit(path, what, "put the file back, or: assay doctor --fix sets the name aside"))
    del refs.versions[path]


def _check_tag(refs: Refs, path: Path, numbers: set[tuple[str, int]]) -> None:
    try:
        number = int(read_json(path)["number"])
    except UNREADABLE as error:
        refs.findings.append(unfit(path, f"cannot be read: {because(error)}"))
        return
    if (path.parent.name, number) not in numbers:
        refs.findings.append(unfit(path, f"leads to {path.parent.name}@v{number}, which is not there"))


def _read_evals(ws: Workspace, refs: Refs) -> None:
    folder = ws.home / "refs" / "evals"
    unreadable = [p for p in sorted(folder.rglob("[!.]*.json")) if not _is_json_object(refs, p)]
    try:
        names = ws.eval_sets()
    except UNREADABLE as error:
        refs.findings.append(Finding(folder, f"cannot be read: {because(error)}"))
        return
    for name in names:
        try:
            refs.evals.append(ws.eval_set(name))
        except (UserError, *UNREADABLE) as error:
            if not any(name in (p.stem, p.parent.name) for p in unreadable):
                refs.findings.append(Finding(folder / name, f"cannot be read: {because(error)}"))


def _is_json_object(refs: Refs, path: Path) -> bool:
    try:
        if isinstance(read_json(path), Mapping):
            return True
        what = "holds no JSON object"
    except UNREADABLE as error:
        what = f"cannot be read: {because(error)}"
    refs.findings.append(Finding(path, what, "put the file back from a copy: it names frozen items"))
    return False
