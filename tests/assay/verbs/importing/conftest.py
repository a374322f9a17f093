"""Drafts and rows as an import makes them, without a file."""

from __future__ import annotations

from pathlib import Path

from assay.records import Check, Example, Made, Message, Origin
from assay.sources.drafts import Draft

DATA = Path(__file__).parents[5] / "shared" / "data"


def drafted(prompt: str = "Is it good?", answer: str | None = "yes", **more: object) -> Draft:
    """Return a draft: a question, and its answer as the trained turn unless `response` says otherwise."""
    response = more.pop("response", answer)
    turns = (Message("user", prompt),)
    fields: dict[str, object] = {
        "file": "dir/rows.csv",
        "line": 7,
        "messages": turns if response is None else (*turns, Message("assistant", str(response))),
        "prompt_only": response is None,
        "response": "" if response is None else response,
        "answer": answer,
    }
    return Draft(**(fields | more))  # type: ignore[arg-type]


def made(prompt: str, answer: str = "yes", *, skill: str = "", template: str = "") -> Made:
    """Return a training row with its origin."""
    turns = (Message("user", prompt), Message("assistant", answer))
    example = Example(turns, answer, Check("exact"))
    return Made(example, Origin(example.id, skill, template, "import", "x"))
