"""The store: appends that cannot double a row, and snapshots that never change."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay import store as store_module
from assay.errors import Stopped, UserError
from assay.records import Check, EvalItem, Example, Message, Origin, Result
from assay.store import SCHEMAS, Snapshot, Store, eval_items_of, examples_by_id


def example(number: int) -> Example:
    turns = (Message("user", f"{number}+1?"), Message("assistant", str(number + 1)))
    return Example(turns, str(number + 1), Check("number"))


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [example(n).row() for n in numbers]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_a_second_append_keeps_the_first(store: Store) -> None:
    path = store.append("examples", "aa", rows(1, 2))
    before = path.read_bytes()
    assert store.append("examples", "aa", rows(3)) == path
    assert path.read_bytes() == before
    assert store.snapshot().rows("examples") == rows(1, 2)


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = (Store(tmp_path / n).append("examples", "aa", rows(1, 2)).read_bytes() for n in "ab")
    assert one == other


def test_a_full_disk_leaves_no_segment(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(table: pa.Table, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "write_parquet", write)
        with pytest.raises(Stopped):
            store.append("examples", "aa", rows(1))
    assert not store.has("examples", "aa")
    assert list((store.root / "examples").iterdir()) == []
    store.append("examples", "aa", rows(1))
    assert store.has("examples", "aa")


def test_a_snapshot_stays_what_it_was(store: Store) -> None:
    store.append("examples", "bb", rows(1))
    before = store.snapshot()
    store.append("examples", "aa", rows(2))
    assert before.rows("examples") == rows(1)
    assert store.snapshot().rows("examples") == rows(2, 1)
    assert before.id != store.snapshot().id


def test_a_snapshot_is_named_by_its_segments(tmp_path: Path) -> None:
    one, other = Store(tmp_path / "a"), Store(tmp_path / "b")
    for name in ("x", "y"):
        one.append("examples", name, rows(1))
    for name in ("y", "x"):
        other.append("examples", name, rows(2))
    assert one.snapshot().id == other.snapshot().id
    other.append("scores", "z", [])
    assert one.snapshot().id != other.snapshot().id
    assert one.snapshot().of("examples") == other.snapshot().of("examples")
    assert one.snapshot(["examples"]).id == other.snapshot(["examples"]).id


def test_an_unfinished_write_is_in_no_snapshot(store: Store) -> None:
    path = store.append("examples", "aa", rows(1))
    (path.parent / ".tmp-x").write_bytes(b"half")
    (path.parent / ".tmp-x.parquet").write_bytes(b"half")
    assert store.snapshot().segments["examples"] == ("aa",)


def test_an_empty_store_has_empty_tables(store: Store) -> None:
    snapshot = store.snapshot()
    assert all(snapshot.read(t).schema.equals(SCHEMAS[t]) and snapshot.rows(t) == [] for t in SCHEMAS)


def test_a_row_of_each_record_fits_its_table(store: Store) -> None:
    origin = Origin("e", "s", "t", "g", "r", parents=("p",), slots=("1",))
    result = Result("r", "t", "i", "p", "r", "a", 0.5, "", None, 3, "s", "t", 1, True, "plain", "")
    item = EvalItem((Message("user", "q"),), "t", "a", Check("exact"), "s", "t", slots=("1",))
    written = {"origins": origin.row(), "results": result.row(), "eval_items": item.row("h:dev", "dev")}
    for table, row in written.items():
        store.append(table, "aa", [row])
        assert store.snapshot().rows(table) == [row]
        assert list(row) == SCHEMAS[table].names
    assert eval_items_of(store.snapshot().rows("eval_items")) == [item]


def test_segments_carry_the_schema_number(store: Store) -> None:
    path = store.append("examples", "aa", rows(1))
    assert pq.read_schema(path).metadata[b"assay.schema"] == b"1"


def test_one_segment_and_what_is_missing(store: Store) -> None:
    store.append("examples", "aa", rows(1))
    path = store.append("examples", "bb", rows(2))
    assert store.segment("examples", "bb").rows("examples") == rows(2)
    snapshot = store.snapshot()
    assert store.missing(snapshot) == []
    path.unlink()
    assert store.missing(snapshot) == [path]
    assert Snapshot(store.root, {}).paths("examples") == ()


def test_examples_by_id(store: Store) -> None:
    store.append("examples", "aa", rows(1, 2))
    store.append("examples", "bb", rows(2, 3))
    ids = [example(n).id for n in (3, 2, 2)]
    found = examples_by_id(store.snapshot(), ids)
    assert {i: e.id for i, e in found.items()} == {i: i for i in ids}
    with pytest.raises(UserError, match=f"{example(9).id} is not in the pool"):
        examples_by_id(store.snapshot(), [*ids, example(9).id])
