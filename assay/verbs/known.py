"""The names that assay.yaml may use: queries of the workspace and ours, skills, probes."""

from __future__ import annotations

import os
from pathlib import Path

from assay.config import FILE
from assay.page import Known


def known_names(given: Path | None) -> Known:
    """Return the names, looking for the workspace's own queries where `Workspace.find` will look."""
    from curation.loader import Library
    from evals.probes import PROBES
    from generators.skills import SKILLS

    by_kind: dict[str, list[str]] = {}
    for kind, path, _ in Library(_folder(given)).files():
        by_kind.setdefault(kind, []).append(path.stem)
    return Known(
        reject=tuple(by_kind["reject"]),
        select=tuple(by_kind["select"]),
        audit=tuple(by_kind["audit"]),
        feedback=tuple(by_kind["feedback"]),
        skills=tuple(SKILLS),
        probes=tuple(PROBES),
    )


def _folder(given: Path | None) -> Path | None:
    if given is None and (named := os.environ.get("ASSAY_WORKSPACE")):
        given = Path(named)
    if given is not None:
        return given
    here = Path.cwd()
    return next((f for f in (here, *here.parents) if (f / FILE).is_file()), None)
