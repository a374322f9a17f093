"""Rows become examples and items, or say why not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assay.config import Task
from assay.records import Check, EvalItem, Made, Message
from assay.sources.drafts import Draft
from assay.sources.rows import Bad
from assay.verbs.importing.convert import Converter
from tests.assay.verbs.importing.conftest import drafted

EXACT = {"kind": "exact"}
LABELS = Task(labels=("good", "bad"), skill="label")


def convert(draft: Draft, task: Task | None = None, check: dict[str, Any] | None = None, **how: bool) -> Made:
    found = Converter("mine", task or Task(), check or EXACT).made(draft, **how)
    assert isinstance(found, Made), found
    return found


def refused(draft: Draft, task: Task | None = None, check: dict[str, Any] | None = None, **how: bool) -> str:
    found = Converter("mine", task or Task(), check or EXACT).made(draft, **how)
    assert isinstance(found, Bad)
    assert (found.file, found.line) == (draft.file, draft.line)
    return found.why


def itemed(draft: Draft, task: Task | None = None, check: dict[str, Any] | None = None) -> EvalItem | str:
    found = Converter("mine", task or Task(), check or EXACT).item(draft)
    return found.why if isinstance(found, Bad) else found


def test_a_row_and_where_it_came_from() -> None:
    row = drafted("q", "a", skill="s", template="t", parents=("p",))
    found = convert(row)
    assert (found.example.kind, found.example.answer, found.example.check) == ("sft", "a", Check("exact"))
    assert found.example.messages == (Message("user", "q"), Message("assistant", "a"))
    origin = found.origin
    assert (origin.example_id, origin.generator, origin.recipe) == (found.example.id, "import", "mine")
    assert (origin.skill, origin.template, origin.parents, origin.prompt) == ("s", "t", ("p",), "rows.csv:7")


def test_a_solution_is_trained_and_the_gold_answer_judges() -> None:
    row = drafted("q", "4", response="2 + 2 = 4")
    found = convert(row, check={"kind": "number"}).example
    assert (found.response, found.answer) == ("2 + 2 = 4", "4")


def test_a_label_outside_the_set_is_a_bad_row_with_the_nearest() -> None:
    why = refused(drafted(answer="godo", label="godo"), LABELS)
    assert "'godo' is none of task.labels" in why
    assert "nearest: good" in why
    assert convert(drafted(answer="good", label="good"), LABELS).origin.skill == "good"
    assert "is none of" in str(itemed(drafted(answer="godo", label="godo"), LABELS))


def test_a_row_without_a_label_is_not_held_against_the_set() -> None:
    assert convert(drafted(answer="something"), LABELS).example.answer == "something"


def test_a_label_is_renamed_also_where_it_is_trained() -> None:
    task = Task(labels=("good", "bad"), label_names={"1": "good"}, skill="label")
    found = convert(drafted(answer="1", label="1"), task)
    assert (found.example.response, found.example.answer, found.origin.skill) == ("good", "good", "good")
    item = itemed(drafted(answer="1", label="1"), task)
    assert isinstance(item, EvalItem)
    assert (item.target, item.answer, item.skill) == ("good", "good", "good")
    assert item.messages == (Message("user", "Is it good?"),)


def test_a_prompt_keeps_its_turns_when_its_label_is_renamed() -> None:
    row = replace(drafted("q", "1", label="1", response=None), response="1")
    item = itemed(row, Task(label_names={"1": "good"}))
    assert isinstance(item, EvalItem)
    assert (item.messages, item.target, item.answer) == ((Message("user", "q"),), "", "good")


def test_a_label_inside_a_longer_turn_stays_as_the_file_has_it() -> None:
    task = Task(label_names={"1": "good"})
    found = convert(drafted(answer="1", label="1", response="I say 1"), task)
    assert (found.example.response, found.example.answer) == ("I say 1", "good")


@pytest.mark.parametrize(
    ("skill", "expected"),
    [("label", "yes"), ("file", "rows"), ("cluster", ""), (None, "yes")],
)
def test_the_skill(skill: str | None, expected: str) -> None:
    task = Task(skill=skill)
    assert convert(drafted(label="yes", answer="yes"), task).origin.skill == expected
    assert convert(drafted(label="yes", answer="yes", skill="own"), task).origin.skill == "own"


def test_gold_that_fails_its_own_check_is_a_bad_row() -> None:
    why = refused(drafted(answer="many"), check={"kind": "number"})
    assert why.startswith("the answer fails its own check number: ")
    assert "fails its own check" in str(itemed(drafted(answer="many"), check={"kind": "number"}))


def test_gold_outside_the_choices_that_were_named_is_a_bad_row() -> None:
    check = {"kind": "choice", "choices": ["yes", "no"]}
    assert "none of the choices" in refused(drafted(answer="maybe"), check=check)
    assert convert(drafted(answer="YES"), check=check).example.answer == "YES"


def test_a_check_that_lacks_its_parameters_is_a_bad_row() -> None:
    assert "instructions" in refused(drafted(answer=None, response="x"), check={"kind": "constraints"})


def test_open_text_has_no_check_in_training_and_a_reference_in_an_eval() -> None:
    open_ = {"kind": "open"}
    found = convert(drafted(answer="a long text"), check=open_).example
    assert (found.check, found.answer) == (None, None)
    item = itemed(drafted(answer="a long text"), check=open_)
    assert isinstance(item, EvalItem)
    assert (item.check, item.target) == (Check("open"), "a long text")
    assert itemed(drafted(answer="x", response=None), check=open_) == (
        "open text without a reference answer can be measured by nothing"
    )


def test_a_row_without_gold_trains_but_measures_nothing() -> None:
    row = drafted(answer=None, response="an answer")
    assert convert(row).example.check is None
    assert itemed(row) == "there is no answer for the check to compare with"


def test_an_item_without_a_solution_has_its_gold() -> None:
    item = itemed(drafted("q", "4", response=None, id="n7", parents=("p", "q")), check={"kind": "number"})
    assert isinstance(item, EvalItem)
    assert (item.target, item.answer, item.source_id, item.parent) == ("", "4", "n7", "p")
    assert item.messages == (Message("user", "q"),)


def test_a_prompt_alone_is_no_training_row() -> None:
    row = drafted("q", answer=None, response=None)
    assert "--as prompts" in refused(row)
    example = convert(row, prompts=True).example
    assert (example.kind, example.messages) == ("prompt", (Message("user", "q"),))


def test_of_a_row_with_an_answer_the_prompt_is_taken() -> None:
    example = convert(drafted("q", "a"), prompts=True).example
    assert (example.kind, example.prompt, example.answer, example.check) == ("prompt", "q", None, None)


def test_a_preference() -> None:
    sides = {"chosen": (Message("assistant", "good"),), "rejected": (Message("assistant", "bad"),)}
    row = drafted("q", None, response=None, **sides)
    example = convert(row).example
    assert (example.kind, example.response) == ("preference", "good")
    assert (example.chosen, example.rejected) == (sides["chosen"], sides["rejected"])
    assert itemed(row) == "a preference has no gold answer to measure by"


def test_constraints_need_no_gold() -> None:
    rules = '{"kwargs":[{}],"names":["punctuation:no_comma"]}'
    item = itemed(drafted(answer=None, response=None, instructions=rules), check={"kind": "constraints"})
    assert isinstance(item, EvalItem)
    assert item.check.params == {"instructions": [{"id": "punctuation:no_comma"}]}
