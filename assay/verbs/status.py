"""What a workspace holds, and what to do next."""

from __future__ import annotations

from typing import Any

from assay.workspace import Workspace


def status(ws: Workspace) -> dict[str, Any]:
    """Return versions, runs, openings of the test, damage of the ledger, and the next command."""
    return {
        "project": ws.config.project,
        "versions": [v.label for v in ws.all_versions()],
        "runs": [r.name for r in ws.runs()],
        "test_openings": ws.test_openings(),
        "ledger_damage": ws.ledger.damage(),
        "next": _next(ws),
    }


def _next(ws: Workspace) -> str:
    names, config = ws.version_names(), ws.config
    if config.loop:
        return "assay report" if ws.test_openings() else "assay loop"
    if undone := [r for r in config.generate if r not in names]:
        return f"assay generate {undone[0]}"
    if undone := [r for r in config.curate if r not in names]:
        return f"assay curate {undone[0]}"
    if not ws.runs():
        return f"assay train {next(iter(config.curate), 'VERSION')}"
    return f"assay eval run base {ws.runs()[-1].group}"
