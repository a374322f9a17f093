"""Whatever the bytes and the name: Row, Bad or UserError, never another exception."""

from __future__ import annotations

import gzip
import io
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import UserError
from assay.sources import Bad, draft, open_source, recognise

ENDINGS = (
    ".jsonl",
    ".json",
    ".csv",
    ".tsv",
    ".txt",
    ".parquet",
    ".arrow",
    ".gz",
    ".jsonl.gz",
    ".zst",
    ".xz",
    ".bz2",
    "",
)


def _parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"q": ["x", "ä"], "a": [[1], None]}), out)
    return out.getvalue()


def _arrow() -> bytes:
    out = pa.BufferOutputStream()
    table = pa.table({"q": ["x", "ä"], "a": [1, None]})
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return bytes(out.getvalue())


SEEDS = (
    b'{"question": "a", "answer": "b"}\n{"question": "c", "answer": 1}\n',
    b'[{"instruction": "a", "input": "", "output": "b"}, {"a": [1, {"b": null}]}]',
    b'{"data": [{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}]}',
    b'text,label\r\n"a ""b"", c",1\r\nx,0\r\n',
    b"a\tb\n1\t2\n",
    b"1 a b c\n0 d e f\n",
    b'{"chosen": "a", "rejected": "b", "prompt": "c"}',
    gzip.compress(b'{"question": "a", "choices": ["x", "y"], "answer": 1}\n' * 3),
    '{"a": "ä"}\n'.encode("utf-16"),
    _parquet(),
    _arrow(),
)
PIECES = (
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\0",
    b"\\ud800",
    b"\xff",
    b"\xef\xbb\xbf",
    b":",
    b"NaN",
    b"PAR1",
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw bytes: random ones, or a good file with a few cuts and strangers in it."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=200))
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        at, cut = draw(st.integers(0, len(data))), draw(st.integers(0, 5))
        data = data[:at] + draw(st.sampled_from(PIECES) | st.binary(max_size=4)) + data[at + cut :]
    return data


@settings(max_examples=400, deadline=None)
@given(damaged(), st.sampled_from(ENDINGS))
def test_nothing_but_rows_bad_rows_and_user_errors(data: bytes, ending: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{ending}"
        path.write_bytes(data)
        try:
            source = open_source(str(path))
            roles = recognise(source.parts[0].sample()).roles
            for record in source.rows():
                made = record if isinstance(record, Bad) else draft(record, roles)
                str(made).encode()
                assert made.line >= 1
        except UserError as error:
            assert error.what and error.where and error.fix
            str(error).encode()
