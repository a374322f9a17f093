"""Drafts: what a row says once its fields have roles."""

from __future__ import annotations

from typing import Any

import pytest

from assay.records import Message
from assay.sources import Bad, Draft, Row, draft

U, A = {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}


def make(values: dict[str, Any], **roles: str) -> Draft:
    found = draft(Row("f", 7, values), {k: tuple(v.split("+")) for k, v in roles.items()})
    assert isinstance(found, Draft), found
    return found


def why(values: dict[str, Any], **roles: str) -> str:
    found = draft(Row("f", 7, values), {k: tuple(v.split("+")) for k, v in roles.items()})
    assert isinstance(found, Bad) and (found.file, found.line) == ("f", 7)
    return found.why


def test_the_trained_turn_is_response_then_answer_then_label() -> None:
    row = {"q": "?", "r": "so 3.0", "a": 3.0, "l": True}
    full = make(row, prompt="q", response="r", answer="a", label="l")
    assert full.messages == (Message("user", "?"), Message("assistant", "so 3.0"))
    assert (full.response, full.answer, full.label, full.prompt_only) == ("so 3.0", "3.0", "true", False)
    assert make(row, prompt="q", answer="a", label="l").response == "3.0"
    assert (found := make(row, prompt="q", label="l")).response == found.answer == "true"
    assert make(row, prompt="q").prompt_only and make(row, prompt="q").messages == (Message("user", "?"),)


def test_context_system_and_choices_stand_where_they_belong() -> None:
    row = {"c": "Text.", "q": "Which?", "o": ["x", "y"], "a": 1, "s": "Be brief."}
    found = make(row, prompt="q", context="c", choices="o", answer="a", system="s")
    assert [m.content for m in found.messages] == ["Be brief.", "Text.\n\nWhich?\nA. x\nB. y", "B"]
    assert (found.answer, found.choices, found.letters) == ("B", ("x", "y"), ("A", "B"))
    assert make({"q": "?", "A": "x", "B": "y", "k": "A"}, prompt="q", choices="A+B", answer="k").answer == "A"


def test_conversations_stay_whole() -> None:
    found = make({"m": [U, A, U, A], "t": '[{"b": 1, "a": 2}]'}, messages="m", tools="t")
    assert len(found.messages) == 4 and found.response == "a" and found.tools == '[{"a":2,"b":1}]'
    assert make({"m": [U, A, U]}, messages="m").prompt_only
    assert make({"m": [U], "a": "x"}, messages="m", answer="a").response == "x"
    assert make({"m": [U, A], "a": "x"}, messages="m", answer="a").response == "a"
    assert make({"m": [U], "s": "S"}, messages="m", system="s").messages[0] == Message("system", "S")


@pytest.mark.parametrize(
    ("values", "roles"),
    [
        ({"p": "q", "c": "good", "r": "bad"}, {"prompt": "p"}),
        ({"c": [U, {**A, "content": "good"}], "r": [U, {**A, "content": "bad"}]}, {}),
        ({"p": [U], "c": [{**A, "content": "good"}], "r": [{**A, "content": "bad"}]}, {"prompt": "p"}),
        ({"m": [U], "c": {**A, "content": "good"}, "r": {**A, "content": "bad"}}, {"messages": "m"}),
        ({"c": "\n\nHuman: q\n\nAssistant: good", "r": "\n\nHuman: q\n\nAssistant: bad"}, {}),
    ],
)
def test_preferences_of_all_forms_are_one(values: dict[str, Any], roles: dict[str, str]) -> None:
    found = make(values, chosen="c", rejected="r", **roles)
    assert found.messages == (Message("user", "q"),) and found.prompt_only
    assert found.chosen == (Message("assistant", "good"),)
    assert found.rejected == (Message("assistant", "bad"),)


def test_the_rest_is_carried_along() -> None:
    row = {"q": "?", "i": 5, "k": " algebra ", "p": ["a", 2], "s": "0.5", "n": ["x"], "w": [{}]}
    found = make(row, prompt="q", id="i", skill="k", parents="p", score="s", instructions="n+w")
    assert (found.id, found.skill, found.parents, found.score) == ("5", "algebra", ("a", "2"), 0.5)
    assert found.instructions == '{"n":["x"],"w":[{}]}'
    assert make({"t": "x/1", "c": "code"}, item="t", response="c").response == "code"


@pytest.mark.parametrize(
    ("values", "roles", "said"),
    [
        ({"q": " \n", "a": "x"}, {"prompt": "q", "answer": "a"}, "'q' (prompt) is empty"),
        ({"q": "x"}, {"prompt": "q", "answer": "a"}, "'a' (answer) is empty or missing"),
        ({"q": "x", "a": None}, {"prompt": "q", "label": "a"}, "'a' (label) is empty"),
        ({"q": "x", "a": float("nan")}, {"prompt": "q", "answer": "a"}, "'a' (answer) is empty"),
        ({"q": "x", "a": ["1", "2"]}, {"prompt": "q", "answer": "a"}, "2 answers"),
        ({"a": "x"}, {"answer": "a"}, "no field is mapped"),
        ({"m": [A]}, {"messages": "m"}, "turns must alternate"),
        ({"m": []}, {"messages": "m"}, "is empty"),
        ({"m": [U, A], "r": "x"}, {"messages": "m", "response": "r"}, "a second answer"),
        (
            {"q": "x", "o": ["y"], "a": 0},
            {"prompt": "q", "choices": "o", "answer": "a"},
            "no two to 26 choices",
        ),
        ({"q": "x", "s": "high"}, {"prompt": "q", "score": "s"}, "no number"),
        ({"q": "x", "s": "nan"}, {"prompt": "q", "score": "s"}, "(score) is nan"),
        ({"q": "x", "t": "no json"}, {"prompt": "q", "tools": "t"}, "no JSON list"),
        ({"p": "q", "c": "x", "r": "x"}, {"prompt": "p", "chosen": "c", "rejected": "r"}, "are the same"),
        ({"c": "x", "r": "y"}, {"chosen": "c", "rejected": "r"}, "share no prompt"),
        ({"p": "q", "c": "x"}, {"prompt": "p", "chosen": "c", "rejected": "r"}, "(rejected) is empty"),
        (
            {"m": [{"role": "system", "content": "a"}, U], "s": "b"},
            {"messages": "m", "system": "s"},
            "two system",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_named(values: dict[str, Any], roles: dict[str, str], said: str) -> None:
    assert said in why(values, **roles)
