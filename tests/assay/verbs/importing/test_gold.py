"""Which check fits the answers of a file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.config import Task
from assay.records import Check
from assay.sources.drafts import Draft
from assay.verbs.importing.gold import check_for, closed, guess
from assay.verbs.importing.reading import read
from assay.verbs.importing.request import Request
from tests.assay.verbs.importing.conftest import DATA, drafted


def answers(*texts: str) -> list[Draft]:
    return [drafted(f"q{n}", text) for n, text in enumerate(texts)]


LONG = "a sentence that is longer than forty characters, surely"


@pytest.mark.parametrize(
    ("golds", "check"),
    [
        ([str(n) for n in range(20)], {"kind": "number"}),
        ([f"so it is {n}\n#### {n}" for n in range(20)], {"kind": "number"}),
        ([f"$1,{n:03}.50" for n in range(20)], {"kind": "number"}),
        (["1/2", "-3", "−4", "5%"], {"kind": "number"}),
        (["yes", "no"] * 6, {"kind": "choice", "choices": ["no", "yes"]}),
        (["yes", "no"], {"kind": "exact", "ignore_case": True}),
        ([f"word {n}" for n in range(20)], {"kind": "exact", "ignore_case": True}),
        ([f"{LONG} {n}" for n in range(20)], {"kind": "open"}),
        (["1", "2"] * 10, {"kind": "number"}),
        (["two\nlines"] * 3, {"kind": "open"}),
        ([], {"kind": "open"}),
        (["Room 12 is free", "Room 13 is free"], {"kind": "exact", "ignore_case": True}),
    ],
)
def test_the_check_that_fits(golds: list[str], check: dict[str, Any]) -> None:
    assert guess(answers(*golds)) == check


def test_one_stranger_in_a_hundred_is_a_slip_one_in_twenty_is_not() -> None:
    numbers = [str(n) for n in range(99)]
    assert guess(answers(*numbers, "none"))["kind"] == "number"
    assert guess(answers(*numbers[:19], "none"))["kind"] == "exact"


def test_labels_letters_and_instructions_come_before_the_answers() -> None:
    rows = answers("1", "2", "3")
    assert guess(rows, ["b", "a"]) == {"kind": "choice", "choices": ["b", "a"]}
    assert guess([drafted(answer="A", letters=("A", "B"))]) == {"kind": "choice"}
    assert guess([drafted(answer=w, label=w) for w in "ba"]) == {"kind": "choice", "choices": ["a", "b"]}
    assert guess([drafted(answer=None, instructions="{}")], ["a"]) == {"kind": "constraints"}


def test_a_closed_set_comes_again_and_again() -> None:
    assert closed(["a", "b"] * 5)
    assert not closed(["a", "b"] * 4)
    assert not closed(["a"] * 40)
    assert not closed([f"w{n}" for n in range(13)] * 9)
    assert not closed(["1", "a"] * 9)


def test_letters_belong_to_the_rows_check() -> None:
    row = drafted(answer="B", letters=("A", "B"))
    assert check_for(row, {"kind": "choice"}) == Check("choice", {"choices": ["A", "B"]})
    assert check_for(row, {"kind": "choice", "choices": ["x"]}).params == {"choices": ["x"]}
    assert check_for(row, {"kind": "exact", "ignore_case": True}) == Check("exact", {"ignore_case": True})


def test_instructions_of_two_columns_become_one_list() -> None:
    given = {"ids": ["a:b", "c:d", "e:f"], "kwargs": [{"n": 1, "m": None}, None]}
    check = check_for(drafted(instructions=json.dumps(given)), {"kind": "constraints"})
    assert check.params["instructions"][0] == {"id": "a:b", "n": 1}
    assert [i["id"] for i in check.params["instructions"]] == ["a:b", "c:d", "e:f"]


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("gsm8k/test.jsonl", "number"),
        ("asdiv/asdiv.jsonl", "number"),
        ("svamp/SVAMP.json", "number"),
        ("msr_paraphrase/msr-para-val.tsv", "choice"),
        ("sst2/stsa.binary.dev.gz", "choice"),
        ("commonsenseqa/dev_rand_split.jsonl.gz", "choice"),
        ("ifeval/ifeval_single_instr_format.jsonl", "constraints"),
        ("stanford_alpaca_5000/alpaca_5000.json", "open"),
        ("self_instruct_seed/seed_tasks.jsonl", "open"),
    ],
)
def test_real_files(file: str, kind: str) -> None:
    path = DATA / file
    if not path.is_file():
        pytest.skip(f"needs shared/data/{file}")
    assert guess(read(Request((str(path),), "train", "x"), Task()).sample())["kind"] == kind
