"""Ask the locked database in SQL; test rows have no text there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.verbs.relations import relations
from assay.workspace import Version, Workspace


def ask(ws: Workspace, sql: str, versions: Sequence[Version] | None = None) -> list[dict[str, Any]]:
    """Run one SELECT behind the gate and return its rows; `versions` narrows `examples` to theirs.

    Raises QueryError for anything but one SELECT over the known relations.
    """
    from curation import lock
    from curation.kinds import RELATIONS
    from curation.session import Session

    lock.check(sql, RELATIONS, "sql")
    with Session.over(relations(ws, versions)) as session:
        rows: list[dict[str, Any]] = session.query(sql, where="sql").to_pylist()
    return rows
