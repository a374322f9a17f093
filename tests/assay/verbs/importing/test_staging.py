"""Rows on disk: repeats are known, the selection is that of the version's id."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from assay.manifest import version_id
from assay.sources.rows import Bad
from assay.verbs.importing import staging
from assay.verbs.importing.staging import Refusals, batched, first_of, stage
from assay.workspace.versions import pairs_of
from tests.assay.verbs.importing.conftest import made


def test_of_equal_rows_the_first_counts_and_all_origins_stay(tmp_path: Path) -> None:
    rows = [made("a", skill="1"), made("b", skill="2"), made("a", skill="3"), made("a", skill="4")]
    staged = stage(rows, tmp_path)
    assert staged.first.tolist() == [True, True, False, False]
    assert staged.repeats == 2
    origins = [o["skill"] for part in staged.tables("origins") for o in part.to_pylist()]
    assert origins == ["1", "2", "3", "4"]
    ids = [e["example_id"] for part in staged.chosen("examples", staged.first) for e in part.to_pylist()]
    assert ids == [rows[0].example.id, rows[1].example.id]


def test_the_selection_is_sorted_and_hashes_to_the_version(tmp_path: Path) -> None:
    rows = [made(f"question {n}") for n in range(50)]
    staged = stage([*rows, *rows], tmp_path)
    pairs = list(pairs_of(staged.selection(staged.first)))
    assert pairs == sorted((m.example.id, Decimal(1)) for m in rows)
    assert version_id(pairs_of(staged.selection(staged.first))) == version_id(pairs)


def test_the_batch_size_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [made(f"question {n % 7}") for n in range(20)]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = stage(rows, tmp_path / "a")
    monkeypatch.setattr(staging, "BATCH", 3)
    parts = stage(iter(rows), tmp_path / "b")
    assert (whole.first == parts.first).all()
    keep = parts.first.copy()
    keep[::2] = False
    got = [r for t in parts.chosen("examples", keep) for r in t.to_pylist()]
    assert [r["example_id"] for r in got] == [m.example.id for m, k in zip(rows, keep, strict=True) if k]
    assert whole.selection(keep).equals(parts.selection(keep))


def test_nothing_staged(tmp_path: Path) -> None:
    staged = stage([], tmp_path)
    assert (len(staged.first), staged.repeats, list(staged.tables("examples"))) == (0, 0, [])


def test_first_of_compares_both_halves() -> None:
    ids = np.array([[1, 2], [1, 3], [2, 2], [1, 2], [2, 2], [0, 0]], dtype=np.uint64)
    assert first_of(ids).tolist() == [True, True, True, False, False, True]


def test_batches() -> None:
    assert list(batched([], 3)) == []
    assert [len(b) for b in batched([made(str(n)) for n in range(7)], 3)] == [3, 3, 1]


def test_refusals_are_counted_beyond_those_that_are_kept() -> None:
    bad = Refusals()
    for n in range(staging.SHOWN + 5):
        bad.add(Bad("f", n, "why"))
    assert (bad.count, len(bad.rows), bad.rows[0].line) == (staging.SHOWN + 5, staging.SHOWN, 0)
