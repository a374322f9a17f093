"""Choices and the gold one."""

from __future__ import annotations

from typing import Any

import pytest

from assay.sources.choices import Choice, choices_of, gold, written

AB = (Choice("A", "red"), Choice("B", "blue"))


@pytest.mark.parametrize(
    "value",
    [
        ["red", "blue"],
        ["A. red", "B) blue"],
        [{"label": "A", "text": "red"}, {"label": "B", "text": "blue"}],
        {"label": ["A", "B"], "text": ["red", "blue"]},
        {"A": "red", "B": "blue"},
        "A. red\nB. blue",
        '["red", "blue"]',
    ],
)
def test_all_manners_are_one(value: Any) -> None:
    assert choices_of(value) == AB


@pytest.mark.parametrize(
    "value",
    [[], ["one"], "red or blue", 3, None, [{"index": 0}] * 2, ["x", None], {"label": ["A"], "text": []}],
)
def test_what_are_no_choices_is_none(value: Any) -> None:
    assert choices_of(value) is None


@pytest.mark.parametrize("answer", ["B", "b", "(B)", 1, 1.0, "1", "blue", " blue ", "B. blue"])
def test_the_gold_letter_is_found(answer: Any) -> None:
    assert gold(AB, answer) == "B"


@pytest.mark.parametrize("answer", [2, "C", "green", "B. red", -1, True])
def test_an_answer_that_is_none_of_them_is_refused(answer: Any) -> None:
    with pytest.raises(ValueError, match="none of the"):
        gold(AB, answer)


def test_numbered_choices_keep_their_numbers() -> None:
    assert gold((Choice("1", "x"), Choice("2", "y")), "2") == "2"
    assert gold((Choice("A", "5"), Choice("B", "1")), "1") == "B"


def test_choices_are_written_once() -> None:
    assert written("Which?", AB) == "Which?\nA. red\nB. blue"
    assert written("Which?\nA) red\nB) blue", AB) == "Which?\nA) red\nB) blue"
