"""What the words of the command line mean, and what each mistake says."""

from __future__ import annotations

from fractions import Fraction

import pytest

from assay.config import Task
from assay.errors import UserError
from assay.verbs.importing.request import Split, check_of, names_of, split_of, task_check


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("", None),
        ("-/120/60", Split(None, 120, 60)),
        ("-/0/0", Split(None, 0, 0)),
        ("500/120/60", Split(500, 120, 60)),
        ("80/10/10", Split(None, Fraction(1, 10), Fraction(1, 10))),
        ("0/50/50", Split(None, Fraction(1, 2), Fraction(1, 2))),
        ("80/10/11", Split(80, 10, 11)),
        ("-/50/50", Split(None, 50, 50)),
    ],
)
def test_a_split_is_rows_or_per_cent(text: str, split: Split | None) -> None:
    assert split_of(text) == split


@pytest.mark.parametrize(
    "text",
    [
        "80",
        "80/20",
        "1/2/3/4",
        "a/1/1",
        "-1/1/1",
        "1/-/1",
        "1/1/-",
        "1.5/1/1",
        "1/1/9999999999",
        "//",
        "٣/1/1 ",
    ],
)
def test_what_is_no_split_says_what_is(text: str) -> None:
    with pytest.raises(UserError, match="--split") as caught:
        split_of(text)
    assert caught.value.fix


def test_sizes_of_a_split() -> None:
    assert Split(None, 20, 30).counts(100) == (50, 20, 30)
    assert Split(40, 20, 30).counts(100) == (40, 20, 30)
    assert Split(None, Fraction(1, 10), Fraction(2, 10)).counts(99) == (99 - 9 - 19, 9, 19)
    assert Split(50, 20, 30).counts(100) == (50, 20, 30)
    assert Split(None, 0, 99).counts(100) == (1, 0, 99)


@pytest.mark.parametrize(
    ("split", "rows"),
    [
        (Split(51, 20, 30), 100),
        (Split(None, 50, 50), 100),
        (Split(None, 60, 50), 100),
        (Split(0, 1, 1), 2),
        (Split(None, 0, 0), 0),
    ],
)
def test_a_split_of_more_than_there_is(split: Split, rows: int) -> None:
    with pytest.raises(UserError, match=f"there are {rows} different rows") as caught:
        split.counts(rows, "file.csv")
    assert (caught.value.where, "-/N/N" in caught.value.fix) == ("file.csv", True)


def test_how_many_for_training_is_said_only_when_asked_for() -> None:
    with pytest.raises(UserError, match="beside 51 for training"):
        Split(51, 20, 30).counts(100)
    with pytest.raises(UserError) as caught:
        Split(None, 60, 50).counts(100)
    assert "beside" not in caught.value.what


def test_a_check_by_name_and_by_json() -> None:
    assert check_of("") is None
    assert check_of("number") == {"kind": "number"}
    assert check_of('{"kind": "exact", "ignore_case": true}') == {"kind": "exact", "ignore_case": True}
    assert check_of("constraints") == {"kind": "constraints"}  # the rows bring the instructions


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("numbr", "nearest: number"),
        ("{bad", "quote it"),
        ('{"kind": "zzz"}', "there is: choice, "),
        ("{}", "nearest: open"),
        ('{"kind": "constraints", "instructions": 3}', "parameters"),
    ],
)
def test_a_wrong_check_says_how_to_write_it(text: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        check_of(text)
    assert says in caught.value.fix


def test_the_check_of_the_page() -> None:
    assert task_check(Task()) is None
    assert task_check(Task(check="number")) == {"kind": "number"}
    with pytest.raises(UserError, match="there is no check 'nmber'"):
        task_check(Task(check="nmber"))


def test_names_of_labels() -> None:
    assert names_of("") == {}
    assert names_of("0=negative, 1 = positive") == {"0": "negative", "1": "positive"}
    for wrong in ("0", "0=", "=a", "0=a,", "0=a,,1=b"):
        with pytest.raises(UserError, match="is no OLD=NEW"):
            names_of(wrong)
