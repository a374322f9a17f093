"""Hold a stream of rows on disk: a million pass through the memory of a few thousand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from assay.records import Made
from assay.sources.rows import Bad
from assay.store import SCHEMAS, SELECTION

BATCH = 5_000
"""Rows between two writes."""

REPORT = 20_000
"""Rows between two lines of progress: how many there are is not known before the end."""

SHOWN = 1_000
"""Bad rows that are kept with their lines; beyond it they are counted."""


@dataclass
class Refusals:
    """Bad rows: the first with line and reason, all of them counted by reason."""

    rows: list[Bad] = field(default_factory=list)
    count: int = 0

    def add(self, bad: Bad) -> None:
        """Count one row out."""
        self.count += 1
        if len(self.rows) < SHOWN:
            self.rows.append(bad)


@dataclass(frozen=True)
class Staged:
    """Rows on disk in the order read. `first` says of each whether its id had not come before."""

    folder: Path
    first: NDArray[np.bool_]
    ids: NDArray[Any]
    """Two unsigned 64-bit halves of each row's id: [rows, 2]."""

    @property
    def repeats(self) -> int:
        """Return how many rows say the same as one before."""
        return int(len(self.first) - self.first.sum())

    def tables(self, table: str) -> Iterator[pa.Table]:
        """Yield the rows of examples or origins, some thousands at a time."""
        with pq.ParquetFile(self.folder / f"{table}.parquet") as file:
            for batch in file.iter_batches(batch_size=BATCH):
                yield pa.Table.from_batches([batch])

    def chosen(self, table: str, keep: NDArray[np.bool_]) -> Iterator[pa.Table]:
        """Yield only the rows that `keep` names."""
        done = 0
        for part in self.tables(table):
            mask = keep[done : done + part.num_rows]
            done += part.num_rows
            if mask.any():
                yield part.filter(pa.array(mask))

    def selection(self, keep: NDArray[np.bool_]) -> pa.Table:
        """Return (example id, weight 1) of the rows that `keep` names, sorted by id."""
        chosen = self.ids[keep]
        chosen = chosen[np.lexsort((chosen[:, 1], chosen[:, 0]))]
        parts = np.array_split(chosen, max(1, len(chosen) // 50_000))
        return pa.concat_tables([_weighed(part) for part in parts])


def _weighed(ids: NDArray[Any]) -> pa.Table:
    names = [f"{a:016x}{b:016x}" for a, b in ids.tolist()]
    return pa.table([names, [Decimal(1)] * len(names)], schema=SELECTION)


def stage(made: Iterable[Made], folder: Path) -> Staged:
    """Write rows to `folder` as they come and find the ids that come more than once."""
    halves: list[NDArray[Any]] = [np.zeros((0, 2), np.uint64)]
    with (
        pq.ParquetWriter(folder / "examples.parquet", SCHEMAS["examples"], compression="zstd") as examples,
        pq.ParquetWriter(folder / "origins.parquet", SCHEMAS["origins"], compression="zstd") as origins,
    ):
        for rows in batched(made, BATCH):
            halves.append(_halves(rows))
            examples.write_table(pa.Table.from_pylist([m.example.row() for m in rows], SCHEMAS["examples"]))
            origins.write_table(pa.Table.from_pylist([m.origin.row() for m in rows], SCHEMAS["origins"]))
    ids = np.concatenate(halves)
    return Staged(folder, first_of(ids), ids)


def _halves(rows: Iterable[Made]) -> NDArray[Any]:
    pairs = [(int(m.example.id[:16], 16), int(m.example.id[16:], 16)) for m in rows]
    return np.array(pairs, dtype=np.uint64).reshape(-1, 2)


def first_of(ids: NDArray[Any]) -> NDArray[np.bool_]:
    """Say of each row whether its id had not come before."""
    order = np.lexsort((ids[:, 1], ids[:, 0]))  # stable: equal ids stay in the order read
    ranked = ids[order]
    new = np.ones(len(ids), dtype=bool)
    new[1:] = (ranked[1:] != ranked[:-1]).any(axis=1)
    first = np.empty(len(ids), dtype=bool)
    first[order] = new
    return first


def batched(rows: Iterable[Made], size: int) -> Iterator[list[Made]]:
    """Yield the rows in lists of `size`, the last one shorter."""
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part
