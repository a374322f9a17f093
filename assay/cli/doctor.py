"""assay doctor: is the environment whole, and is every file of the workspace what it was?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assay.cli.app import App, common
from assay.cli.model import size

if TYPE_CHECKING:
    from assay.verbs.doctor.diagnosis import Diagnosis, Treatment
    from assay.verbs.doctor.finding import Finding
    from assay.verbs.doctor.leftovers import Leftover


@click.command("doctor")
@click.option("--gc", is_flag=True, help="Remove leftovers and what nothing reaches (--dry-run lists them).")
@click.option("--fix", is_flag=True, help="Set damage aside in .assay/quarantine, make again what can be.")
@common
def command(app: App, gc: bool, fix: bool) -> int:
    """Check the environment and, in a workspace, every file; exit 1 when damage is left.

    Nothing is written without --fix or --gc. --gc leaves alone what is younger than an hour, or a week
    for a stopped training, because a process may still be at work on it; --yes takes that too.
    """
    from assay.verbs.doctor.diagnosis import Treatment, diagnose, free
    from assay.verbs.doctor.diagnosis import fix as treat
    from assay.verbs.doctor.environment import environment
    from assay.verbs.known import folder_of
    from assay.verbs.opened import open_anyway

    folder = folder_of(app.folder)
    machine = environment(folder if folder and folder.is_dir() else Path.cwd())
    lines = [machine.line(), *machine.advice()]
    payload: dict[str, Any] = {"environment": machine.row(), "advice": machine.advice()}
    if folder is None:
        app.answer(payload, "\n".join([*lines, "no workspace here: only the environment was checked"]))
        return 0
    opened = open_anyway(app.folder, app.overrides)
    found = diagnose(opened, app.progress("read segments"), all_ages=app.yes)
    done = Treatment()
    if fix and not app.dry_run:
        done = treat(opened.workspace, found)
        found = diagnose(opened, all_ages=app.yes) if done.aside or done.again else found
    if gc and not app.dry_run:
        done.removed = free(found).removed
    root = opened.workspace.root
    lines += _lines(root, found, done, listed=gc)
    app.answer(payload | _payload(root, found, done), "\n".join(lines))
    return 1 if found.findings else 0


def _lines(root: Path, found: Diagnosis, done: Treatment, *, listed: bool) -> list[str]:
    lines = [f"set aside {_short(root, a)} → {_short(root, b)}" for a, b in done.aside]
    lines += list(done.again)
    lines += [f"removed {_short(root, left.path)}: {left.what}, {size(left.size)}" for left in done.removed]
    if done.removed:
        freed = sum(left.size for left in done.removed)
        lines.append(f"removed {len(done.removed)} leftovers, {size(freed)}")
    if found.findings:
        n = len(found.findings)
        lines.append(
            f"{n} {'finding' if n == 1 else 'findings'}{' left' if done.aside or done.again else ''}"
        )
        lines += [line for f in found.findings for line in _finding(root, f)]
    if listed and found.held:
        lines.append("kept what no name reaches: a name is damaged, or lies in .assay/quarantine/refs")
    lines += _left(root, [left for left in found.leftovers if left not in done.removed], listed)
    return lines if found.findings else [*lines, "nothing to fix"]


def _finding(root: Path, finding: Finding) -> list[str]:
    lines = [f"  {_short(root, finding.path)}: {finding.what}"]
    return [*lines, f"    fix: {finding.fix}"] if finding.fix else lines


def _left(root: Path, some: Sequence[Leftover], listed: bool) -> list[str]:
    if not some:
        return []
    if not listed:
        free = [left for left in some if not left.kept]
        total = sum(left.size for left in free)
        return (
            [f"{len(free)} leftovers, {size(total)}: assay doctor --gc --dry-run lists them"] if free else []
        )
    return [
        f"  {_short(root, left.path)}: {left.what}, {size(left.size)}, {_age(left.age)} old"
        + (f" ({left.kept})" if left.kept else "")
        for left in some
    ]


def _age(seconds: float) -> str:
    for unit, count in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= count:
            return f"{seconds / count:.0f} {unit}"
    return f"{seconds:.0f} s"


def _short(root: Path, path: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _payload(root: Path, found: Diagnosis, done: Treatment) -> dict[str, Any]:
    def row(left: Leftover) -> dict[str, Any]:
        return {
            "path": _short(root, left.path),
            "what": left.what,
            "bytes": left.size,
            "seconds_old": round(left.age),
            "kept": left.kept,
        }

    return {
        "workspace": str(root),
        "findings": [
            {"path": _short(root, f.path), "what": f.what, "fix": f.fix, "fixable": bool(f.aside)}
            for f in found.findings
        ],
        "leftovers": [row(left) for left in found.leftovers if left not in done.removed],
        "set_aside": [{"from": _short(root, a), "to": _short(root, b)} for a, b in done.aside],
        "made_again": list(done.again),
        "removed": [row(left) for left in done.removed],
    }
