"""Parquet and Arrow."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.errors import UserError
from assay.sources.columnar import class_names, read_arrow, read_parquet
from assay.sources.rows import LONGEST, Bad, Row

ROWS: list[dict[str, Any]] = [
    {"a": 1, "b": {"c": ["x", None]}, "d": 2.5, "e": [{"role": "user", "content": "hi"}]},
    {"a": 2, "b": None, "d": float("nan"), "e": []},
]


def parquet(path: Path, table: pa.Table) -> list[Row | Bad]:
    pq.write_table(table, path)
    return list(read_parquet("f", path))


def test_nested_columns_become_plain_values(tmp_path: Path) -> None:
    found = parquet(tmp_path / "x", pa.Table.from_pylist(ROWS))
    assert found == [Row("f", 1, ROWS[0]), Row("f", 2, {**ROWS[1], "d": None})]


def test_other_types_become_texts(tmp_path: Path) -> None:
    day = datetime.datetime(2024, 1, 2, 3, 4)
    row = {"t": day, "n": Decimal("1.50"), "b": b"text", "p": b"\x89PNG", "s": datetime.timedelta(hours=1)}
    (found,) = parquet(tmp_path / "x", pa.Table.from_pylist([row]))
    assert isinstance(found, Row)
    want = {"t": "2024-01-02T03:04:00", "n": "1.50", "b": "text", "p": "iVBORw==", "s": "1:00:00"}
    assert found.values == want


def test_flaws_cost_one_row(tmp_path: Path) -> None:
    bad = pa.array([b"ok", b"\xff", b"x\0y", b"y" * (LONGEST + 1)], pa.binary()).view(pa.string())
    found = parquet(tmp_path / "x", pa.table({"a": bad}))
    assert isinstance(found[0], Row)
    whys = [r.why for r in found if isinstance(r, Bad)]
    assert "utf-8" in whys[0] and "NUL" in whys[1] and "longer than" in whys[2]


@pytest.mark.parametrize("kind", ["stream", "file"])
def test_both_arrow_formats_are_read(kind: str, tmp_path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    new = pa.ipc.new_stream if kind == "stream" else pa.ipc.new_file
    with new(str(tmp_path / "x"), table.schema) as writer:
        writer.write_table(table)
    assert len(list(read_arrow("f", tmp_path / "x"))) == 2


def test_class_names_replace_their_numbers(tmp_path: Path) -> None:
    info = b'{"info": {"features": {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}}}'
    table = pa.table({"label": [1, 0, -1]}).replace_schema_metadata({b"huggingface": info})
    found = parquet(tmp_path / "x", table)
    assert [r.values["label"] for r in found if isinstance(r, Row)] == ["pos", "neg", None]
    assert class_names({b"huggingface": b'{"info": {"features": ["x"]}}'}) == {}


@pytest.mark.parametrize("cut", [4, 100, -9, -1])
def test_a_cut_file_is_one_error(cut: int, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": ["x" * 50] * 999}), tmp_path / "x")
    (tmp_path / "y").write_bytes((tmp_path / "x").read_bytes()[:cut])
    with pytest.raises(UserError, match="damaged or cut short after row 0"):
        list(read_parquet("f", tmp_path / "y"))


def test_a_bomb_is_refused_by_its_head(tmp_path: Path) -> None:
    table = pa.table({"a": ["x" * (1 << 20)] * 80})
    pq.write_table(table, tmp_path / "x", compression="zstd", use_dictionary=False)
    with pytest.raises(UserError, match="a bomb"):
        list(read_parquet("f", tmp_path / "x"))


def test_the_same_column_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'a' twice"):
        parquet(tmp_path / "x", pa.table([[1], [2]], names=["a", "a"]))
