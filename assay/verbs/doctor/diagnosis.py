"""One look over a whole workspace, and what --fix and --gc do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assay.files import Progress, silent
from assay.verbs.doctor.finding import Finding
from assay.verbs.doctor.leftovers import Leftover, leftovers, remove
from assay.verbs.doctor.links import check_links
from assay.verbs.doctor.refs import Refs, read_refs
from assay.verbs.doctor.repair import QUARANTINE, restore, set_aside
from assay.verbs.doctor.segments import Contents, read_segments
from assay.verbs.opened import Opened
from assay.workspace import Workspace


@dataclass(frozen=True)
class Diagnosis:
    """What was found: damage, mistakes of the page as damage of that file, leftovers, what was counted."""

    refs: Refs
    contents: Contents
    findings: Sequence[Finding]
    leftovers: Sequence[Leftover]
    held: bool
    """A name is damaged or set aside, so what no name reaches is not among the leftovers."""


@dataclass
class Treatment:
    """What --fix and --gc did: (from, to) moved aside, made again, removed."""

    aside: Sequence[tuple[Path, Path]] = ()
    again: Sequence[str] = ()
    removed: Sequence[Leftover] = field(default_factory=list)


def diagnose(opened: Opened, progress: Progress = silent, *, all_ages: bool = False) -> Diagnosis:
    """Look at everything; writes nothing. `all_ages` counts young leftovers as removable too."""
    ws = opened.workspace
    refs = read_refs(ws)
    contents = read_segments(ws, progress)
    page = [Finding(ws.root / "assay.yaml", str(m)) for m in opened.mistakes]
    damage = [*refs.findings, *contents.findings, *check_links(ws, refs, contents)]
    aside = any((ws.home / QUARANTINE / "refs").rglob("*.json"))
    held = bool(damage) or aside
    left = leftovers(ws, refs, contents, damaged=held, all_ages=all_ages)
    return Diagnosis(refs, contents, [*page, *damage], left, held)


def fix(ws: Workspace, found: Diagnosis) -> Treatment:
    """Set aside what only stands in the way, then make again what can be made again."""
    aside = set_aside(ws, found.findings)
    return Treatment(aside, restore(ws, read_refs(ws)))


def free(found: Diagnosis) -> Treatment:
    """Remove the leftovers that may go."""
    return Treatment(removed=remove(list(found.leftovers)))
