"""The relations that SQL over a workspace sees: a snapshot of its tables, the sealed items apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assay.store import SCHEMAS, Snapshot
from assay.workspace import Version, Workspace
from curation.relations import Relations


def relations(ws: Workspace, versions: Sequence[Version] | None = None) -> Relations:
    """Return the relations over everything, or with the rows of these versions as candidates.

    Sealed items are handed over apart; curation gives them to the kinds that may read them.
    """
    return of_snapshot(ws, ws.store.snapshot(), versions, ws.sealed.snapshot(["eval_items"]))


def of_snapshot(
    ws: Workspace, snapshot: Snapshot, versions: Sequence[Version] | None, sealed: Snapshot
) -> Relations:
    """Return the relations over one snapshot of the open tables and one of the sealed ones."""
    return Relations(
        files={table: snapshot.paths(table) for table in SCHEMAS},
        sealed={"eval_items": sealed.paths("eval_items")},
        candidates=None if versions is None else [selection_file(ws, v) for v in versions],
    )


def selection_file(ws: Workspace, version: Version) -> Path:
    """Return the file with the rows of a version."""
    return ws.home / "versions" / version.id / "selection.parquet"
