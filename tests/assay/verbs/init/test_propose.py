"""Sizes that fit the file, a metric that suits the labels."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import UserError
from assay.verbs.importing.request import Split
from assay.verbs.init.look import Seen
from assay.verbs.init.propose import default_split, loop_sizes, propose, trained
from tests.assay.verbs.init.test_page import seen


def of_labels(**counts: int) -> Seen:
    return replace(seen(tuple(counts)), labels=counts)


@pytest.mark.parametrize(
    ("rows", "each"), [(100, 40), (300, 120), (400, 120), (1_000, 250), (2_400, 600), (100_000, 600)]
)
def test_dev_and_test(rows: int, each: int) -> None:
    assert default_split(seen(rows=rows)) == Split(None, each, each)


@pytest.mark.parametrize(("part", "expected"), [("dev", (0, 120)), ("test", (120, 0))])
def test_an_official_file_gives_its_own(part: str, expected: tuple[int, int]) -> None:
    found = default_split(replace(seen(rows=400), parts={"train": ("a",), part: ("b",)}))
    assert (found.dev, found.test) == expected


def test_rows_left_for_training() -> None:
    assert trained(seen(rows=400), Split(None, 100, 50)) == 250
    assert trained(seen(rows=400), Split(None, Fraction(1, 10), Fraction(1, 4))) == 260
    assert trained(seen(rows=400), Split(30, 100, 50)) == 30
    official = replace(seen(rows=400), parts={"train": ("a",), "test": ("b",)})
    assert trained(official, Split(None, 100, 50)) == 300


@given(st.integers(3, 1_000_000))
def test_a_loop_never_needs_more_rows_than_there_are(rows: int) -> None:
    initial, size, rounds = loop_sizes(rows)
    assert initial + size * rounds <= rows
    assert min(initial, size, rounds) >= 1
    assert (initial, size) <= (400, 120)


@pytest.mark.parametrize(
    ("counts", "metric"),
    [
        ({"a": 10, "b": 10}, "accuracy"),
        ({"a": 19, "b": 10}, "accuracy"),
        ({"a": 20, "b": 10}, "macro_f1"),
        ({"a": 90, "b": 80, "c": 9}, "macro_f1"),
    ],
)
def test_a_rare_label_asks_for_macro_f1(counts: dict[str, int], metric: str) -> None:
    assert propose(of_labels(**counts), Split(None, 9, 9)).metric == metric


def test_labels_are_renamed_and_those_of_one_name_joined() -> None:
    found = propose(of_labels(a=9, b=9, c=9), Split(None, 9, 9), {"a": "x", "b": "x"})
    assert found.labels == ("x", "c")
    assert found.system == "Answer with one of these words and nothing else: x, c."


def test_a_label_that_is_not_there_cannot_be_renamed() -> None:
    with pytest.raises(UserError, match="no row has the label 'goood'") as caught:
        propose(of_labels(good=9, bad=9), Split(None, 9, 9), {"goood": "x"})
    assert caught.value.fix == "nearest: good"


def test_long_answers_get_room() -> None:
    assert propose(of_labels(a=9, b=9), Split(None, 9, 9)).max_length == 1024
    assert propose(replace(of_labels(a=9, b=9), answer_length=3_000), Split(None, 9, 9)).max_length == 2048
