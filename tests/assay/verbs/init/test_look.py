"""What is seen in somebody's files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.errors import UserError
from assay.sources.source import Part
from assay.verbs.init.look import look, official

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes rows as JSON Lines and returns the path."""

    def make(name: str, rows: list[dict[str, Any]]) -> str:
        path = tmp_path / name
        path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
        return str(path)

    return make


def texts(count: int = 40, **more: Any) -> list[dict[str, Any]]:
    return [{"text": f"a sentence about number {n}", "label": "ab"[n % 2], **more} for n in range(count)]


def parts(*names: str) -> list[Part]:
    return [Part(n, "CSV", path=Path("dir.test") / n) for n in names]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("train.csv", "test.csv"), {"train": "train.csv", "test": "test.csv"}),
        (("train.csv", "dev.csv", "test.csv"), {"train": "train.csv", "dev": "dev.csv", "test": "test.csv"}),
        (
            ("a_train_1.jsonl", "a-validation.jsonl"),
            {"train": "a_train_1.jsonl", "dev": "a-validation.jsonl"},
        ),
        (
            ("stsa.binary.train.gz", "stsa.binary.test.gz"),
            {"train": "stsa.binary.train.gz", "test": "stsa.binary.test.gz"},
        ),
        (("TRAIN.csv", "VAL.csv"), {"train": "TRAIN.csv", "dev": "VAL.csv"}),
        (("train.csv",), {}),
        (("dev.csv", "test.csv"), {}),
        (("training_rows.csv", "latest.csv", "contest.csv"), {}),
        (("trains.csv", "devices.csv"), {}),
    ],
)
def test_official_splits_by_name(names: tuple[str, ...], expected: dict[str, str]) -> None:
    assert official(parts(*names)) == {s: (f"dir.test/{n}",) for s, n in expected.items()}


def test_labels_are_counted_the_most_frequent_first(write: Write) -> None:
    seen = look([write("a.jsonl", [*texts(4), {"text": "a longer sentence", "label": "b"}])], "")
    assert list(seen.labels.items()) == [("b", 3), ("a", 2)]
    assert (seen.rows, seen.unread, seen.check["kind"]) == (5, 0, "choice")


def test_only_training_rows_count(write: Write) -> None:
    files = [
        write("train.jsonl", texts(10)),
        write("test.jsonl", [{"text": "another sentence", "label": "z"}]),
    ]
    seen = look(files, "")
    assert (seen.rows, set(seen.labels)) == (10, {"a", "b"})
    assert seen.parts == {"train": (files[0],), "test": (files[1],)}


def test_repeats_count_once(write: Write) -> None:
    assert look([write("a.jsonl", texts(10) * 3)], "").rows == 10


def test_many_labels_are_no_closed_set(write: Write) -> None:
    rows = [{"text": f"a sentence about number {n}", "label": f"l{n}"} for n in range(51)]
    assert look([write("a.jsonl", rows)], "").labels == {}
    assert len(look([write("b.jsonl", rows[:50])], "").labels) == 50


@pytest.mark.parametrize(
    ("column", "values", "found"),
    [
        ("thread_id", 12, True),
        ("source_document", 12, True),
        ("Customer", 12, True),
        ("thread_id", 9, False),  # two rows in three would be held out or not as one
        ("thread_id", 40, False),  # one row each groups nothing
        ("colour", 12, False),
    ],
)
def test_a_column_that_groups(column: str, values: int, found: bool, write: Write) -> None:
    rows = [r | {column: f"v{n % values}"} for n, r in enumerate(texts(40))]
    seen = look([write("a.jsonl", rows)], "")
    assert (seen.template, seen.templates) == ((column, values) if found else ("", 0))


def test_a_part_that_cannot_be_used_is_left_out_with_a_note(write: Write) -> None:
    seen = look([write("a.jsonl", texts(10)), write("b.jsonl", [{"x": 1, "y": 2}])], "")
    assert seen.rows == 10
    assert any("b.jsonl: left out" in note for note in seen.reading.notes)


def test_preferences_and_nothing_are_refused(write: Write) -> None:
    with pytest.raises(UserError, match="preference pairs"):
        look([write("a.jsonl", [{"prompt": "p", "chosen": "a", "rejected": "b"}])], "")
    with pytest.raises(UserError, match="no row can be used"):
        look([write("b.jsonl", [{"text": "", "label": "a"}] * 3)], "prompt=text,label=label")
    with pytest.raises(UserError, match="no field could be taken"):
        look([write("c.jsonl", [{"x": 1, "y": 2}])], "")
