"""Ask the locked database in SQL; test rows are not there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.verbs.relations import relations
from assay.workspace import Version, Workspace


def ask(ws: Workspace, sql: str, versions: Sequence[Version] | None = None) -> list[dict[str, Any]]:
    """Run one SELECT behind the gate and return its rows; `versions` narrows `examples` to theirs.

    Raises QueryError for anything but one SELECT over the known relations.
    """
    from curation.catalogue import sql as run

    rows: list[dict[str, Any]] = run(sql, relations(ws, versions)).to_pylist()
    return rows
