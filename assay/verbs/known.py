"""The names that assay.yaml may use: queries and skills of the workspace and ours, probes. Runs none."""

from __future__ import annotations

import os
from pathlib import Path

from assay.config import FILE
from assay.page import Known


def known_names(given: Path | None) -> Known:
    """Return the names, looking for the workspace's own where `Workspace.find` will look."""
    from curation.loader import Library
    from evals.probes import PROBES
    from generators.skills.own import Skills

    by_kind: dict[str, list[str]] = {}
    folder = folder_of(given)
    for kind, path, _ in Library(folder).files():
        by_kind.setdefault(kind, []).append(path.stem)
    return Known(
        reject=tuple(by_kind["reject"]),
        select=tuple(by_kind["select"]),
        audit=tuple(by_kind["audit"]),
        feedback=tuple(by_kind["feedback"]),
        skills=tuple(Skills(folder)),
        probes=tuple(PROBES),
    )


def folder_of(given: Path | None) -> Path | None:
    """Return the folder that `Workspace.find` would open; None when there is none."""
    if given is None and (named := os.environ.get("ASSAY_WORKSPACE")):
        given = Path(named)
    if given is not None:
        return given
    here = Path.cwd()
    return next((f for f in (here, *here.parents) if (f / FILE).is_file()), None)
