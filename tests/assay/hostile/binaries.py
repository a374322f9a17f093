"""Files of other programs, packed files and odd Parquet and Arrow, by hand: file name → bytes."""

from __future__ import annotations

import bz2
import decimal
import gzip
import io
import lzma
import pickle
import sqlite3
import tarfile
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from tests.assay.hostile.jsons import jsonl, rows
from tests.assay.hostile.tables import GOOD

LINES = jsonl(rows())
MEGABYTES = 200
"""What a bomb unpacks to; reading stops at 64 MB."""


def packed(data: bytes) -> bytes:
    """Compress without the time, so that the bytes are the same every time."""
    return gzip.compress(data, mtime=0)


def parquet(table: pa.Table) -> bytes:
    """Return a table as a Parquet file."""
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def arrow(table: pa.Table, *, stream: bool = False) -> bytes:
    """Return a table as an Arrow file or stream."""
    out = pa.BufferOutputStream()
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(out, table.schema) as writer:
        writer.write_table(table)
    return bytes(out.getvalue())


def _good(**more: object) -> pa.Table:
    return pa.table(
        {"question": [f"what is {i}" for i in range(12)], "answer": [str(i) for i in range(12)], **more}
    )


def _bomb() -> bytes:
    """Return 200 MB of one row's inside, in 200 KB: gzip members repeat."""
    member = packed(b" " * (1 << 20))
    return packed(b'{"question": "') + member * MEGABYTES


def _zip(name: str, data: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("rows.jsonl"), io.BytesIO())
    return out.getvalue()


def _sqlite() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.db"
        with sqlite3.connect(path) as base:
            base.execute("create table rows (question text, answer text)")
        base.close()
        return path.read_bytes()


def _odd_tables() -> dict[str, pa.Table]:
    moment = datetime(2026, 11, 24)
    twelve = range(12)
    return {
        "no-rows": _good().slice(0, 0),
        "no-columns": pa.table({}),
        "null-column": _good(nothing=pa.nulls(12)),
        "all-null": pa.table({"question": pa.nulls(12), "answer": pa.nulls(12)}),
        "lists": pa.table({"question": [["a", "b"]] * 12, "answer": [[i] for i in twelve]}),
        "structs": pa.table({"question": [{"a": {"b": i}} for i in twelve], "answer": [{"c": 1}] * 12}),
        "maps": pa.table(
            {
                "question": pa.array([[("k", "v")]] * 12, pa.map_(pa.string(), pa.string())),
                "answer": ["x"] * 12,
            }
        ),
        "decimals": pa.table(
            {"question": [f"q{i}" for i in twelve], "answer": [decimal.Decimal("1.10")] * 12}
        ),
        "timestamps": pa.table(
            {"question": [moment + timedelta(i) for i in twelve], "answer": [moment] * 12}
        ),
        "far-timestamps": pa.table(
            {"question": pa.array([2**62] * 12, pa.timestamp("us")), "answer": ["x"] * 12}
        ),
        "durations": pa.table(
            {
                "question": [timedelta(days=i) for i in twelve],
                "answer": pa.array([2**62] * 12, pa.duration("s")),
            }
        ),
        "dictionary": pa.table(
            {"question": [f"q{i}" for i in twelve], "answer": pa.array(["a", "b"] * 6).dictionary_encode()}
        ),
        "binary": pa.table({"question": [b"\xff\xfe\x00"] * 12, "answer": [b"plain"] * 12}),
        "half-floats": pa.table(
            {"question": [f"q{i}" for i in twelve], "answer": pa.array([1.5] * 12, pa.float32())}
        ),
        "nan-floats": pa.table(
            {"question": [f"q{i}" for i in twelve], "answer": [float("nan"), float("inf")] * 6}
        ),
        "uint64": pa.table(
            {"question": [f"q{i}" for i in twelve], "answer": pa.array([2**64 - 1] * 12, pa.uint64())}
        ),
        "same-names": pa.Table.from_arrays(
            [pa.array(["q"] * 12), pa.array(["a"] * 12)], names=["question", "question"]
        ),
        "empty-name": pa.table({"": ["q"] * 12, "answer": ["a"] * 12}),
        "ansi-name": pa.table({"\x1b[31m": ["q"] * 12, "\u202e": ["a"] * 12}),
        "ansi-cells": pa.table({"question": ["\x1b[31m\u202e"] * 12, "answer": [f"\x9b{i}" for i in twelve]}),
        "large-strings": pa.table(
            {"question": pa.array(["q"] * 12, pa.large_string()), "answer": ["a"] * 12}
        ),
        "a-thousand-columns": pa.table({f"c{i}": ["x"] for i in range(1_000)}),
        "messages": pa.table(
            {
                "messages": [
                    [{"role": "user", "content": f"q{i}"}, {"role": "assistant", "content": None}]
                    for i in twelve
                ]
            }
        ),
    }


def _bytes() -> dict[str, bytes]:
    good, table = parquet(_good()), _good()
    tables = _odd_tables()
    return {
        **{f"table-{name}.parquet": parquet(t) for name, t in tables.items()},
        **{
            f"table-{name}.arrow": arrow(t)
            for name, t in tables.items()
            if name in ("no-rows", "no-columns", "maps", "null-column", "same-names")
        },
        "stream.arrow": arrow(table, stream=True),
        "stream-cut.arrow": arrow(table, stream=True)[:-60],
        "cut.arrow": arrow(table)[:-60],
        "wrong-version.arrow": arrow(table).replace(b"ARROW1", b"ARROW9"),
        "magic-only.arrow": b"ARROW1",
        "huge-metadata.arrow": b"\xff\xff\xff\xff\xff\xff\xff\x7f" + b"x" * 100,
        "magic-only.parquet": b"PAR1",
        "magic-twice.parquet": b"PAR1PAR1",
        "cut.parquet": good[:-20],
        "cut-in-front.parquet": good[10:],
        "huge-footer.parquet": good[:-8] + b"\xff\xff\xff\x7fPAR1",
        "negative-footer.parquet": good[:-8] + b"\xff\xff\xff\xffPAR1",
        "zero-footer.parquet": good[:-8] + b"\0\0\0\0PAR1",
        "zeroed-pages.parquet": good[:4] + b"\0" * 200 + good[204:],
        "encrypted.parquet": good[:-4] + b"PARE",
        "twice.parquet": good + good,
        "parquet.jsonl": good,
        "parquet.csv": good,
        "parquet.gz": packed(good),
        "parquet-packed.parquet": packed(good),
        "arrow.parquet": arrow(table),
        "jsonl.parquet": LINES,
        "jsonl.csv": LINES,
        "jsonl.json": LINES,
        "jsonl.arrow": LINES,
        "jsonl.txt": LINES,
        "jsonl": LINES,
        "csv.jsonl": GOOD.encode(),
        "csv.json": GOOD.encode(),
        "csv.parquet": GOOD.encode(),
        "csv.txt": GOOD.encode(),
        "csv.tsv": GOOD.encode(),
        "csv": GOOD.encode(),
        "list.jsonl": b"[" + LINES.replace(b"\n", b",").rstrip(b",") + b"]",
        "list.csv": b"[" + LINES.replace(b"\n", b",").rstrip(b",") + b"]",
        "good.jsonl.gz": packed(LINES),
        "not-packed.jsonl.gz": LINES,
        "packed.jsonl": packed(LINES),
        "packed-twice.jsonl.gz": packed(packed(LINES)),
        "packed-three-times.gz": packed(packed(packed(LINES))),
        "cut.jsonl.gz": packed(LINES)[:-12],
        "cut-early.jsonl.gz": packed(LINES)[:15],
        "head-only.gz": packed(b"")[:10],
        "magic-only.gz": b"\x1f\x8b",
        "empty.jsonl.gz": packed(b""),
        "wrong-sum.jsonl.gz": packed(LINES)[:-8] + b"\0\0\0\0" + packed(LINES)[-4:],
        "garbage-behind.jsonl.gz": packed(LINES) + b"garbage",
        "zeros-behind.jsonl.gz": packed(LINES) + b"\0" * 512,
        "two-members.jsonl.gz": packed(LINES) + packed(jsonl(rows(20)[12:])),
        "bomb.jsonl.gz": _bomb(),
        "bomb-of-lines.csv.gz": packed(b"question,answer\n")
        + packed((b" " * 4_000 + b"\n") * 260) * MEGABYTES,
        "good.jsonl.bz2": bz2.compress(LINES),
        "cut.jsonl.bz2": bz2.compress(LINES)[:-9],
        "good.jsonl.xz": lzma.compress(LINES),
        "cut.jsonl.xz": lzma.compress(LINES)[:-9],
        "good.jsonl.zst": pa.compress(LINES, codec="zstd", asbytes=True),
        "cut.jsonl.zst": pa.compress(LINES, codec="zstd", asbytes=True)[:-9],
        "zip.jsonl": _zip("rows.jsonl", LINES),
        "rows.zip": _zip("../../../etc/passwd"),
        "sheet.xlsx": _zip("xl/workbook.xml"),
        "sheet.csv": _zip("[Content_Types].xml"),
        "weights.csv": _zip("model/data.pkl"),
        "old-sheet.csv": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504,
        "tar.jsonl": _tar(),
        "tar.tar.gz": packed(_tar()),
        "pickle.jsonl": pickle.dumps(rows()),
        "pickle-old.json": pickle.dumps(rows(), protocol=0),
        "sqlite.csv": _sqlite(),
        "base.sqlite": _sqlite(),
        "paper.jsonl": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"x" * 200,
        "picture.csv": b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0" * 100,
        "picture.json": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\1" * 100,
        "program.jsonl": b"\x7fELF\x02\x01\x01" + b"\0" * 200,
        "array.json": b"\x93NUMPY\x01\0v\0{'descr': '<f8'}" + b"\0" * 64,
        "hdf.csv": b"\x89HDF\r\n\x1a\n" + b"\0" * 64,
        "noise.jsonl": bytes((i * 193 + i * i * 7) % 256 for i in range(4_000)),
        "noise.csv": bytes((i * 151 + i * i * 11) % 256 for i in range(4_000)),
        "noise.parquet": bytes((i * 97 + i * i * 13) % 256 for i in range(4_000)),
    }


BYTES = _bytes()
