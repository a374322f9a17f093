"""JSON documents: lists, lists in an object, objects in a sequence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import UserError
from assay.sources import jsondoc
from assay.sources.rows import LONGEST, Bad, Row

KEYS = st.text(alphabet='a"\\{}[],: ä', max_size=3)
VALUES = st.recursive(
    st.one_of(st.text(alphabet='a"\\{}[],\n ä'), st.integers(), st.booleans(), st.none()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(KEYS, VALUES, min_size=1, max_size=3), min_size=1, max_size=4)


def read(data: bytes, size: int = 1 << 20) -> list[Row | Bad]:
    blocks = [data[i : i + size] for i in range(0, len(data), size)]
    return list(jsondoc.read_json("f", blocks, data[: 64 << 10]))


def values(found: list[Row | Bad]) -> list[Any]:
    return [r.values if isinstance(r, Row) else r.why for r in found]


@given(OBJECTS, st.integers(1, 9), st.sampled_from([None, 1]))
def test_borders_of_blocks_and_layout_change_nothing(rows: list[Any], size: int, indent: int | None) -> None:
    assert values(read(json.dumps(rows, indent=indent).encode(), size)) == rows
    assert values(read(json.dumps({"v": "1.0", "data": rows}, indent=indent).encode(), size)) == rows
    sequence = "\n".join(json.dumps(r, indent=indent) for r in [*rows, {"end": 1}])
    if not jsondoc.wrapper(sequence.encode()):
        assert values(read(sequence.encode(), size)) == [*rows, {"end": 1}]


def test_lines_are_those_where_objects_begin() -> None:
    data = b'{\n "data": [\n  {"a":\n 1}, {"a": 2},\n\n  7,\n {"a": NaN}\n ]\n}\n'
    assert [(r.line, isinstance(r, Row)) for r in read(data)] == [
        (3, True),
        (4, True),
        (6, False),
        (7, False),
    ]


def test_a_document_of_one_line_counts_its_rows() -> None:
    assert [r.line for r in read(b'[{"a": 1}, 5, {"a": 3}]\n')] == [1, 2, 3]


def test_a_list_of_turns_is_a_row_and_no_wrapper() -> None:
    data = b'{"conversations": [{"from": "human", "value": "x"}]}'
    assert jsondoc.wrapper(data) == 0
    assert jsondoc.wrapper(b'{"train": [{"a": 1}]}') > 0
    assert jsondoc.wrapper(b'{"id": 3, "list": [{"a": 1}]}') == 0


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'[{"a": 1}, {"a": ', "the value that begins in row 2 has no end"),
        (b'[{"a": 1},', "the list of rows has no end"),
        (b'{\n"a": 1\n} {\n"a"', "begins in line 3 has no end"),
        (b'[{"a": 1}] [{"a": 2}]', "something after the end"),
        (b'{"data": [{"a": 1}]} {"a": 2}', "something after the end"),
        (b'{"train": [{"a": 1}], "test": [{"a": 2}]}', "more than one list"),
        (b'{"data": [{"a": 1}]', "its first { has no end"),
        (b'{"a": [1, 2], "b": ["x", "y"]}', "columns, not rows"),
        (b'{"a": {"0": 1, "1": 2}, "b": {"0": 1, "1": 2}}', "columns, not rows"),
    ],
)
def test_what_is_cut_or_ambiguous_is_refused(data: bytes, why: str) -> None:
    for size in (3, 1 << 20):
        with pytest.raises(UserError, match=why):
            read(data, size)


def test_an_object_over_the_limit_is_one_bad_row() -> None:
    huge = b'{"a": "' + b"x" * LONGEST + b'"}'
    found = values(read(b"[" + huge + b',\n{"a": 2}]', 1 << 20))
    assert found == ["longer than 16 MB", {"a": 2}]


def test_strays_between_objects_are_bad_and_reading_goes_on() -> None:
    found = read(b'{"a": 1}\n}\noops "x"\n{"a": 2}')
    assert [isinstance(r, Row) for r in found] == [True, False, False, False, True]
