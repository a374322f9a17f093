"""Conversations."""

from __future__ import annotations

from typing import Any

import pytest

from assay.records import Message
from assay.sources import turns


def test_names_and_forms_are_one() -> None:
    value = [
        {"from": "system", "value": "s"},
        {"from": "human", "value": "q"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"function": {"name": "f", "arguments": '{"b": 1}'}}],
        },
        {"role": "tool", "content": {"r": 1}},
        {"from": "gpt", "value": [{"type": "text", "text": "done"}]},
    ]
    found = turns.turns_in(value, "m")
    assert [m.role for m in found] == ["system", "user", "assistant", "tool", "assistant"]
    assert [m.content for m in found[2:]] == ['{"arguments":{"b":1},"name":"f"}', '{"r":1}', "done"]
    turns.check_order(found, "m")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([], "no list of turns"),
        ("hello", "no list of turns"),
        (["x"], "turn 1 of 'm' is no object"),
        ([{"role": "wizard", "content": "x"}], "'wizard', which nobody knows"),
        ([{"content": "x"}], "nobody knows"),
        ([{"role": "user", "content": " \n"}], "turn 1 of 'm' is empty"),
        ([{"role": "user", "content": [{"type": "image_url"}]}], "something else than text"),
        ([{"role": "assistant", "tool_calls": [{"x": 1}]}], "without a name"),
    ],
)
def test_wrong_turns_are_named(value: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        turns.turns_in(value, "m")


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ("assistant user", "turn 1 of 'm' is assistant, first"),
        ("user user", "turn 2 of 'm' is user, after user"),
        ("user system", "turn 2 of 'm' is system"),
        ("system system user", "turn 2"),
        ("user tool", "turn 2"),
        ("system", "no user turn"),
    ],
)
def test_turns_must_alternate(order: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        turns.check_order([Message(role, "x") for role in order.split()], "m")


def test_hh_texts_are_split() -> None:
    found = turns.hh_turns("\n\nHuman: hi\n\nAssistant: yes?\n\nHuman: no")
    assert found == (Message("user", "hi"), Message("assistant", "yes?"), Message("user", "no"))
    assert turns.hh_turns("Human nature") is None
