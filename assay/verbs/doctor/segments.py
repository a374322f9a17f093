"""Read every segment of every table whole: checksums, columns, ids that are the hash of their content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.files import Progress, silent
from assay.records import EvalItem, Example
from assay.store import SCHEMAS
from assay.verbs.doctor.finding import Finding, because, unfit
from assay.workspace import Workspace

READING = (pa.ArrowException, OSError, ValueError)
"""What pyarrow raises on a damaged file; a text that is no UTF-8 is a ValueError."""
LEAK = "assay doctor --fix sets the segment aside, out of reach of SQL"


@dataclass
class Contents:
    """The ids in the segments that can be read; a segment with findings is not among them."""

    findings: list[Finding] = field(default_factory=list)
    segments: set[tuple[str, str]] = field(default_factory=set)
    """(table, segment) of the open store."""
    examples: dict[str, set[str]] = field(default_factory=dict)
    """Segment → ids of its examples."""
    origins: dict[str, set[str]] = field(default_factory=dict)
    items: dict[str, set[str]] = field(default_factory=dict)
    sealed_items: dict[str, set[str]] = field(default_factory=dict)
    mentioned: set[str] = field(default_factory=set)
    """Example ids that a verdict, a label or an origin's parent mentions."""
    measured: set[str] = field(default_factory=set)
    """Item ids that a result mentions."""
    evaluated: set[tuple[str, str]] = field(default_factory=set)
    """(run, task) that have results."""

    @property
    def pool(self) -> set[str]:
        """Every example id."""
        return set().union(*self.examples.values())


def read_segments(ws: Workspace, progress: Progress = silent) -> Contents:
    """Read all segments, open and sealed."""
    found = Contents()
    paths = [(s.root, t, p) for s in (ws.store, ws.sealed) for t in SCHEMAS for p in _segments(s.root / t)]
    for done, (root, table, path) in enumerate(paths, start=1):
        progress(done, len(paths), table)
        sealed = root == ws.sealed.root
        problem, rows = check_segment(table, path)
        if problem:
            found.findings.append(unfit(path, problem))
        elif rows is not None:
            _note(found, table, path.stem, rows, sealed=sealed)
    _unsealed(ws, found)
    return found


def _segments(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("[!.]*.parquet"))


def check_segment(table: str, path: Path) -> tuple[str, pa.Table | None]:
    """Return what is wrong with a segment, and its rows when nothing is."""
    rows, problem = read_whole(path)
    if rows is None:
        return problem, None
    schema = SCHEMAS[table]
    for column in rows.schema:
        if column.name not in schema.names or column.type != schema.field(column.name).type:
            return f"the column {column.name!r} is none of the table {table}", None
    if table in CONTENT:
        id_column, id_of = CONTENT[table]
        missing = [n for n in schema.names if n not in rows.column_names]
        if missing:
            return f"the column {missing[0]!r} is missing", None
        for row in rows.to_pylist():
            if (wrong := _differs(row, id_column, id_of)) is not None:
                return wrong, None
    return "", rows


CONTENT: Mapping[str, tuple[str, Any]] = {
    "examples": ("example_id", lambda row: Example.of(row).id),
    "eval_items": ("item_id", lambda row: EvalItem.of(row).id),
}
"""Tables whose id column is the hash of the row."""


def _differs(row: Mapping[str, Any], id_column: str, id_of: Any) -> str | None:
    try:
        content = id_of(row)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        return f"row {row[id_column]} cannot be rebuilt: {because(error)}"
    if content == row[id_column]:
        return None
    return f"row {row[id_column]} has other content than its id says; its content is {content}"


def read_whole(path: Path) -> tuple[pa.Table | None, str]:
    """Read a Parquet file with its page checksums and the statistics that filters believe."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            rows = file.read()
            rows.validate(full=True)
            problem = _statistics(file.metadata, rows)
    except READING as error:
        return None, f"cannot be read: {because(error)}"
    return (None, problem) if problem else (rows, "")


def _statistics(metadata: Any, rows: pa.Table) -> str:
    """Compare each row group's least and greatest value: a filter skips groups by them, unread."""
    start = 0
    for g in range(metadata.num_row_groups):
        group = metadata.row_group(g)
        part = rows.slice(start, group.num_rows)
        start += group.num_rows
        for c in range(group.num_columns):
            column = group.column(c)
            said, name = column.statistics, column.path_in_schema
            if said is None or not said.has_min_max or name not in part.column_names:
                continue
            if pa.types.is_floating(part[name].type) or pa.types.is_decimal(part[name].type):
                continue  # their ends are written rounded or in bytes
            ends = pc.min_max(part[name]).as_py()
            if (said.min, said.max) != (ends["min"], ends["max"]):
                return f"the statistics of the column {name!r} are not those of its rows"
    return "" if start == rows.num_rows else f"{rows.num_rows} rows, its groups say {start}"


def _note(found: Contents, table: str, segment: str, rows: pa.Table, *, sealed: bool) -> None:
    if sealed:
        if table == "eval_items":
            found.sealed_items[segment] = _set(rows, "item_id")
        return
    found.segments.add((table, segment))
    if table == "examples":
        found.examples[segment] = _set(rows, "example_id")
    elif table == "origins":
        found.origins[segment] = _set(rows, "example_id")
        found.mentioned |= set(pc.unique(pc.list_flatten(rows["parents"])).to_pylist())
    elif table in ("verdicts", "labels"):
        found.mentioned |= _set(rows, "example_id")
    elif table == "eval_items":
        found.items[segment] = _set(rows, "item_id")
    elif table == "results":
        found.measured |= _set(rows, "item_id")
        pairs = rows.select(["run", "task"]).group_by(["run", "task"]).aggregate([]).to_pylist()
        found.evaluated |= {(p["run"], p["task"]) for p in pairs}


def _set(rows: pa.Table, column: str) -> set[str]:
    return set(pc.unique(rows[column]).to_pylist())


def _unsealed(ws: Workspace, found: Contents) -> None:
    """Find test items, and results on them, that lie where SQL can read them."""
    sealed = set().union(*found.sealed_items.values())
    for table, column in (("eval_items", "item_id"), ("results", "item_id")):
        for path in _segments(ws.store.root / table):
            if (table, path.stem) not in found.segments:
                continue
            columns = [column, "role"] if table == "eval_items" else [column]
            rows = pq.read_table(path, columns=columns, partitioning=None)
            leaked = _set(rows, column) & sealed
            count = len(leaked)
            if table == "eval_items":
                count = max(count, pc.sum(pc.equal(rows["role"], "test")).as_py() or 0)
            if count:
                found.findings.append(unfit(path, f"{count} sealed test items lie in an open table", LEAK))
