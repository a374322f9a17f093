"""Rules for the layouts of well-known sets, on rows made up here."""

from __future__ import annotations

from typing import Any

import pytest

from assay.sources import Row, recognise

TURNS = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
SHARE = [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]
CALL = [{"from": "human", "value": "q"}, {"from": "function_call", "value": "{}"}]

CASES: list[tuple[dict[str, Any], str, dict[str, str]]] = [
    ({"messages": TURNS}, "messages", {"messages": "messages"}),
    ({"conversations": SHARE, "system": "s"}, "ShareGPT", {"messages": "conversations", "system": "system"}),
    ({"conversations": CALL, "tools": "[]x"}, "tool calls", {"messages": "conversations", "tools": "tools"}),
    ({"prompt": "p", "chosen": "a", "rejected": "b"}, "preference", {"prompt": "prompt"}),
    (
        {"conversations": SHARE[:1], "chosen": SHARE[1], "rejected": SHARE[1]},
        "preference",
        {"messages": "conversations"},
    ),
    ({"chosen": TURNS, "rejected": TURNS}, "preference", {"chosen": "chosen"}),
    (
        {"context": "c", "question": "q", "answers": {"text": ["a"]}},
        "question and answer",
        {"answer": "answers.text.0", "context": "context"},
    ),
    (
        {"question": "q", "choices": ["x", "y"], "answer": 1, "subject": "law"},
        "multiple choice",
        {"answer": "answer", "skill": "subject"},
    ),
    ({"question": "q", "A": "x", "B": "y", "C": "z", "answer": "A"}, "multiple choice", {"choices": "A+B+C"}),
    (
        {"sentence": "s _", "option1": "x", "option2": "y", "answer": "1"},
        "multiple choice",
        {"prompt": "sentence"},
    ),
    ({"premise": "p", "hypothesis": "h", "label": 0}, "sentence pair", {"prompt": "premise+hypothesis"}),
    (
        {"subject": "s", "body": "long body", "queue": "IT"},
        "classification",
        {"prompt": "subject+body", "label": "queue"},
    ),
    ({"Text": "t", "Category": "c"}, "classification", {"prompt": "Text", "label": "Category"}),
    ({"utterance": "t", "intent": "c"}, "classification", {"prompt": "utterance", "label": "intent"}),
    (
        {"instruction": "i", "context": "c", "response": "r", "category": "qa"},
        "Alpaca",
        {"context": "context", "skill": "category"},
    ),
    (
        {"problem": "p", "solution": "so", "answer": "12"},
        "math word problem",
        {"response": "solution", "answer": "answer"},
    ),
    ({"question": "q", "answer": "text"}, "question and answer", {"prompt": "question", "answer": "answer"}),
    ({"prompt": "p", "response": "r", "template": "t"}, "prompt–completion", {"template": "template"}),
    ({"item_id": "x", "score": 0.5}, "scores", {"item": "item_id", "score": "score"}),
    ({"foo": "x", "bar": 1}, "unrecognised", {}),
]


@pytest.mark.parametrize(("row", "name", "some"), CASES, ids=[f"{c[1]} {sorted(c[0])}" for c in CASES])
def test_layouts_are_recognised(row: dict[str, Any], name: str, some: dict[str, str]) -> None:
    found = recognise([Row("f", 1, row), Row("f", 2, row)])
    roles = {k: "+".join(v) for k, v in found.roles.items()}
    assert found.name == name and some.items() <= roles.items(), roles


def test_two_columns_without_names_are_told_by_their_values() -> None:
    rows = [Row("f", i, {"column1": f"a long text number {i}", "column2": "ab"[i % 2]}) for i in range(10)]
    assert recognise(rows).roles == {"prompt": ("column1",), "label": ("column2",)}


def test_no_rows_are_unrecognised() -> None:
    assert not recognise([]).recognised
