"""Read Parquet and Arrow files batch by batch as plain JSON values."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from assay.errors import UserError
from assay.sources import objects
from assay.sources.blocks import BOMB_FREE, BOMB_RATIO, open_file
from assay.sources.rows import LONGEST, Bad, Row, too_long

BATCH = 256
"""Rows decoded at once; few, because a row may be long."""


def read_parquet(file: str, path: Path) -> Iterator[Row | Bad]:
    """Yield the rows of a Parquet file; `line` is the number of the row."""
    import pyarrow.parquet as pq

    def batches(stream: Any) -> Iterator[Any]:
        parquet = pq.ParquetFile(stream)
        _no_bomb(file, path, parquet.metadata)
        yield from parquet.iter_batches(batch_size=BATCH, use_threads=False)

    with open_file(path) as stream:
        yield from rows_of(file, _undamaged(file, lambda: batches(stream)))


def read_arrow(file: str, path: Path) -> Iterator[Row | Bad]:
    """Yield the rows of an Arrow file, in the stream format (as `save_to_disk` writes) or the file format."""
    import pyarrow as pa

    def batches(stream: Any) -> Iterator[Any]:
        framed = stream.peek(6)[:6] == b"ARROW1"
        if not framed:
            yield from pa.ipc.open_stream(stream)
            return
        reader = pa.ipc.open_file(stream)
        for i in range(reader.num_record_batches):
            yield reader.get_batch(i)

    with open_file(path) as stream:
        yield from rows_of(file, _undamaged(file, lambda: batches(stream)))


def _no_bomb(file: str, path: Path, metadata: Any) -> None:
    total = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if total > BOMB_FREE and total > BOMB_RATIO * path.stat().st_size:
        what = f"its data unpacks to over {BOMB_RATIO} times its size: a bomb, not data"
        raise UserError(what, where=file, fix="do not import it; ask where it comes from")


def _undamaged(file: str, batches: Callable[[], Iterator[Any]]) -> Iterator[Any]:
    """Say in one message that a columnar file is damaged; nothing after the damage is read."""
    import pyarrow as pa

    done = 0
    try:
        for batch in batches():
            done += len(batch)
            yield batch
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        why = " ".join(str(error).split())[:200]
        raise UserError(
            f"it is damaged or cut short after row {done:,}: {why}",
            where=file,
            fix="download or copy it again",
        ) from error


def rows_of(file: str, batches: Iterable[Any]) -> Iterator[Row | Bad]:
    """Yield the rows of Arrow batches; numbers that stand for class names become the names."""
    number = 1
    labels: Mapping[str, list[str]] | None = None
    for batch in batches:
        _check_columns(file, batch.schema.names)
        labels = class_names(batch.schema.metadata) if labels is None else labels
        for start in range(0, len(batch), BATCH):
            piece = batch.slice(start, BATCH)
            for values in _values(piece):
                yield _row(file, number, values, labels)
                number += 1


def _check_columns(file: str, names: list[str]) -> None:
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        what = f"it has the column {objects.printable(twice[0])} twice"
        raise UserError(what, where=file, fix="give each column a name of its own")


_UNREADABLE = (ValueError, OverflowError, ArithmeticError, NotImplementedError)


def _values(batch: Any) -> Iterator[dict[str, Any] | str]:
    """Yield plain values row by row, or why a row has none."""
    try:
        if batch.nbytes <= LONGEST:
            yield from batch.to_pylist()
            return
    except _UNREADABLE:
        pass  # one of the rows is at fault: the loop below finds out which
    for i in range(len(batch)):
        try:
            yield batch.slice(i, 1).to_pylist()[0]
        except _UNREADABLE as error:
            yield f"a value cannot be read: {' '.join(str(error).split())[:120]}"


def _row(file: str, number: int, values: dict[str, Any] | str, labels: Mapping[str, list[str]]) -> Row | Bad:
    if isinstance(values, str):
        return Bad(file, number, values)
    size = [0]
    try:
        plain = {name: _plain(value, size) for name, value in values.items()}
    except UnicodeDecodeError:
        return Bad(file, number, "a text is not UTF-8")
    if size[0] > LONGEST:
        return Bad(file, number, too_long())
    for name, names in labels.items():
        if isinstance(index := plain.get(name), int):
            plain[name] = names[index] if 0 <= index < len(names) else None
    why = objects.flaw(plain)
    return Row(file, number, plain) if why is None else Bad(file, number, why)


def _plain(value: Any, size: list[int]) -> Any:
    """Turn what Arrow yields into JSON values: NaN into null, times into ISO texts, bytes into text."""
    if isinstance(value, str):
        size[0] += len(value)
        return value
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(k): _plain(v, size) for k, v in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(v, size) for v in value]
    if isinstance(value, bytes):
        return _text_of_bytes(value, size)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return format(value, "f") if isinstance(value, decimal.Decimal) else str(value)


def _text_of_bytes(value: bytes, size: list[int]) -> str:
    """Decode text that lacks its annotation; what is no text (a picture) becomes base64, losslessly."""
    size[0] += len(value)
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\0"
    return base64.b64encode(value).decode() if "\0" in text else text


def class_names(metadata: Mapping[bytes, bytes] | None) -> dict[str, list[str]]:
    """Return the class names that `datasets` writes into a schema, by column."""
    try:
        features = json.loads((metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
        return {
            name: [str(n) for n in feature["names"]]
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
