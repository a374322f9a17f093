"""Ids: the hash of content and of nothing else; example ids and eval item ids never meet."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from assay.records import Check, EvalItem, Example, Made, Message, Origin, Result

TURNS = st.lists(
    st.builds(Message, st.sampled_from(["user", "assistant"]), st.text()), min_size=1, max_size=3
)
CHECKS = st.builds(
    Check,
    st.sampled_from(["exact", "number", "regex"]),
    st.dictionaries(st.sampled_from(["tolerance", "flags"]), st.integers() | st.text(), max_size=2),
)
EXAMPLES = st.builds(
    Example,
    messages=TURNS.map(tuple),
    answer=st.none() | st.text(),
    check=st.none() | CHECKS,
    kind=st.sampled_from(["sft", "prompt"]),
)
few = settings(max_examples=30, deadline=None)


def content(example: Example) -> tuple[object, ...]:
    check = example.check and example.check.dump()
    return (example.messages, example.answer, check, example.kind)


@few
@given(EXAMPLES, EXAMPLES)
def test_ids_are_equal_exactly_when_the_content_is(one: Example, other: Example) -> None:
    assert (one.id == other.id) == (content(one) == content(other))
    assert len(one.id) == 32


@few
@given(EXAMPLES, st.text(min_size=1))
def test_each_part_changes_the_id(example: Example, text: str) -> None:
    last = example.messages[-1]
    changed = [
        replace(example, messages=(*example.messages[:-1], Message(last.role, last.content + text))),
        replace(example, messages=(*example.messages, Message("user", text))),
        replace(example, answer=(example.answer or "") + text),
        replace(example, check=Check("contains", {"needle": text})),
        replace(example, tools="[]"),
        replace(example, rejected=example.messages),
    ]
    assert len({example.id, *(e.id for e in changed)}) == len(changed) + 1


@few
@given(EXAMPLES, st.text(), st.integers(0, 9))
def test_how_it_was_made_does_not_change_the_id(example: Example, text: str, number: int) -> None:
    origin = Origin(example.id, text, text, text, text, difficulty=number, seed=number, slots=(text,))
    assert Made(example, origin).example.id == example.id == Example.of(example.row()).id


@few
@given(EXAMPLES)
def test_a_row_gives_the_example_back(example: Example) -> None:
    again = Example.of(example.row())
    assert content(again) == content(example)
    assert again.row() == example.row()


def test_the_order_of_check_parameters_does_not_matter() -> None:
    turns = (Message("user", "a"), Message("assistant", "b"))
    one, other = Check("number", {"a": 1, "b": 2}), Check("number", {"b": 2, "a": 1})
    assert Example(turns, "1", one).id == Example(turns, "1", other).id
    assert Check.load(one.dump()) == one


def test_an_id_is_the_same_for_ever() -> None:
    example = Example((Message("user", "1+1?"), Message("assistant", "2")), "2", Check("number"))
    assert example.id == "6e4bbe3ce3dfafb717193b3f6cca2c82"


def made(prompt: str = "1+1?", answer: str = "2") -> Made:
    example = Example((Message("user", prompt), Message("assistant", answer)), answer, Check("number"))
    return Made(example, Origin(example.id, "sums", "plus", "skills", "raw", difficulty=2, slots=("1", "1")))


@few
@given(EXAMPLES)
def test_an_eval_item_never_has_the_id_of_an_example(example: Example) -> None:
    known = replace(example, kind="sft", answer=example.answer or "", check=example.check or Check("exact"))
    origin = Origin(known.id, "s", "t", "g", "r")
    item = EvalItem.from_example(Made(known, origin), seen=True)
    assert item.id not in (known.id, replace(known, kind="prompt", messages=item.messages).id)


def test_an_eval_item_is_named_by_what_is_asked_and_its_variant() -> None:
    item = EvalItem.from_example(made(), seen=True)
    assert (item.target, item.answer, item.messages) == ("2", "2", (Message("user", "1+1?"),))
    same = replace(item, skill="x", template="y", difficulty=9, seen=False, slots=())
    assert same.id == item.id
    others = [
        item.as_variant("twin", ""),
        item.as_variant("plain", "p"),
        replace(item, target="two"),
        replace(item, answer="3"),
        replace(item, check=Check("exact")),
        replace(item, messages=(Message("user", "1 + 1?"),)),
    ]
    assert len({item.id, *(i.id for i in others)}) == 7


def test_a_row_gives_the_eval_item_back() -> None:
    item = EvalItem.from_example(made(), seen=False, variant="twin", parent="p")
    row = item.row("heldout:dev", "dev")
    assert EvalItem.of(row) == item
    assert (row["item_id"], row["role"]) == (item.id, "dev")


def test_an_eval_item_without_a_check_is_open_text() -> None:
    bare = made()
    item = EvalItem.from_example(Made(replace(bare.example, answer=None, check=None), bare.origin), seen=True)
    assert (item.check.kind, item.answer, item.target) == ("open", "", bare.example.response)


def test_prompt_and_response() -> None:
    turns = (Message("user", "a"), Message("assistant", "b"), Message("user", "c"), Message("assistant", "d"))
    assert (Example(turns).prompt, Example(turns).response) == ("a\n\nb\n\nc", "d")
    ask = Example(turns[:1], kind="prompt")
    assert (ask.prompt, ask.response) == ("a", "")


def test_rows_have_every_column() -> None:
    assert made().origin.row()["slots"] == ["1", "1"]
    result = Result("r", "t", "i", "p", "r", "a", 1.0, "", None, 3, "s", "t", 1, True, "plain", "")
    assert Result(**result.row()) == result
