"""Fields by path, and values as text."""

from __future__ import annotations

from typing import Any

import pytest

from assay.sources import fields

ROW = {"a": {"b": [{"c": 1}], "d": None}, "x.y": 2, "instruction": "do", "input": ""}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b.0.c", 1),
        ("x.y", 2),
        ("a.b.1.c", None),
        ("a.d.e", None),
        ("zz", None),
        ("a.b.9999999999999", None),
    ],
)
def test_paths_lead_to_values(path: str, value: Any) -> None:
    assert fields.value_at(ROW, path) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (145.0, "145.0"),
        (True, "true"),
        (None, ""),
        (1e22, "10000000000000000000000"),
        (1e-7, "0.0000001"),
        (7, "7"),
        ({"b": 1, "a": [None]}, '{"a":[null],"b":1}'),
        ("  as is ", "  as is "),
    ],
)
def test_values_become_text(value: Any, text: str) -> None:
    assert fields.text_of(value) == text


@pytest.mark.parametrize("value", [None, "", " \n\t", [], {}, float("nan")])
def test_nothing_is_empty(value: Any) -> None:
    assert fields.is_empty(value)


def test_zero_and_false_are_not_empty() -> None:
    assert not fields.is_empty(0) and not fields.is_empty(False)


def test_joins_leave_out_what_is_empty() -> None:
    assert fields.joined(ROW, ("instruction", "input")) == "do"
    assert fields.joined({"instruction": "do", "input": "it"}, ("instruction", "input")) == "do\n\nit"
    assert fields.joined({"instruction": " ", "input": "it"}, ("instruction", "input")) == ""
    assert fields.joined({"b": "x", "q": 3}, ("b", "q")) == "x\n3"


def test_names_nest() -> None:
    assert fields.names_in([{"a": {"b": 1}}, {"c": 2}]) == ("a", "a.b", "c")
    assert [fields.plain_name(n) for n in ("answerKey", "#1 String", "pair_ID", "ID")] == [
        "answer_key",
        "1_string",
        "pair_id",
        "id",
    ]


def test_json_in_a_cell_is_unpacked_and_other_text_left() -> None:
    assert fields.unpacked('[{"a": 1}]') == [{"a": 1}]
    assert fields.unpacked("[not json") == "[not json"
    for flawed in ("[" * 500 + "]" * 500, "[NaN]", '["\\ud800"]'):
        assert fields.unpacked(flawed) == flawed
    assert fields.unpacked("[" * 100_000) == "[" * 100_000
