"""Row-wise signals: a number per example that SQL is bad at, computed once per example and version.

The decision on top of a signal (which threshold, which survivor) stays in a query.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from assay.checks import VERSION as CHECK_VERSION
from assay.checks import judge
from assay.files import Progress, silent

SCHEMA = pa.schema(
    [
        ("signal", pa.string()),
        ("signal_version", pa.int32()),
        ("example_id", pa.string()),
        ("score", pa.decimal128(18, 9)),
    ]
)


@dataclass(frozen=True)
class Signal:
    """A function over the columns of a batch; None means the signal has no value for that row."""

    name: str
    version: int
    columns: tuple[str, ...]
    score: Callable[[Mapping[str, Sequence[Any]]], list[Decimal | None]]
    doc: str


def _check(columns: Mapping[str, Sequence[Any]]) -> list[Decimal | None]:
    return [
        None if spec is None or answer is None else Decimal(judge(json.loads(spec), response, answer).passed)
        for response, answer, spec in zip(
            columns["response"], columns["answer"], columns["check_spec"], strict=True
        )
    ]


SIGNALS: Mapping[str, Signal] = {
    "check": Signal(
        "check",
        CHECK_VERSION,
        ("response", "answer", "check_spec"),
        _check,
        "1 when the example's own response passes its check against the gold answer, else 0",
    )
}


def compute(signal: Signal, examples: pa.Table, progress: Progress = silent) -> pa.Table:
    """Return the rows of `scores` for these examples (the columns the signal names, and example_id)."""
    parts = list(_batches(signal, examples, progress))
    return pa.concat_tables([SCHEMA.empty_table(), *parts])


def _batches(signal: Signal, examples: pa.Table, progress: Progress) -> Iterator[pa.Table]:
    done = 0
    for batch in examples.to_batches(max_chunksize=2000):
        scores = signal.score({c: batch.column(c).to_pylist() for c in signal.columns})
        ids = batch.column("example_id").to_pylist()
        kept = [(i, s) for i, s in zip(ids, scores, strict=True) if s is not None]
        yield pa.table(
            [
                [signal.name] * len(kept),
                [signal.version] * len(kept),
                [i for i, _ in kept],
                [s for _, s in kept],
            ],
            schema=SCHEMA,
        )
        done += batch.num_rows
        progress(done, examples.num_rows, f"signal {signal.name}")
