"""One answer of elsewhere: which item, what was said, what it scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.errors import UserError
from assay.sources.fields import joined, text_of, value_at
from assay.sources.roles import Roles, parse_map
from assay.sources.rows import Bad, Row

NAMES: Mapping[str, tuple[str, ...]] = {
    "item": ("item", "item_id", "id", "question_id", "task_id", "key", "idx", "example_id"),
    "prompt": ("prompt", "question", "input", "instruction", "query", "text"),
    "response": (
        "response",
        "output",
        "completion",
        "generation",
        "prediction",
        "model_output",
        "answer_text",
    ),
    "score": ("score", "correct", "acc", "accuracy", "exact_match", "em", "passed"),
}
"""Fields that are taken for a role when --map does not say."""


@dataclass(frozen=True)
class Answer:
    """`item` is an id or a name, `prompts` texts that may be the item's prompt."""

    file: str
    line: int
    item: str = ""
    prompts: tuple[str, ...] = ()
    response: str | None = None
    score: float | None = None


def columns_of(sample: Sequence[Row], mapping: str, where: str) -> Roles:
    """Return which field plays item, prompt, response, score: --map first. Raises UserError without any."""
    fields = tuple(dict.fromkeys(name for row in sample for name in row.values))
    lower = {f.lower(): f for f in reversed(fields)}
    found: dict[str, tuple[str, ...]] = {
        role: (next(lower[n] for n in names if n in lower),)
        for role, names in NAMES.items()
        if any(n in lower for n in names)
    }
    if mapping:
        found |= parse_map(mapping, fields)
    if not ({"item", "prompt"} & found.keys() and {"response", "score"} & found.keys()):
        raise UserError(
            f"results need an item or prompt and a response or score; the fields are: {', '.join(fields)}",
            where=where,
            fix="--map item=FIELD,response=FIELD",
        )
    return found


def answer_of(row: Row, columns: Roles) -> Answer | Bad:
    """Read one row; a score must be a number or true or false."""
    try:
        return Answer(
            row.file,
            row.line,
            item=_text(row, columns, "item").strip(),
            prompts=tuple(p for p in (_text(row, columns, "prompt"),) if p),
            response=_text(row, columns, "response") if "response" in columns else None,
            score=number(value_at(row.values, columns["score"][0])) if "score" in columns else None,
        )
    except ValueError as error:
        return Bad(row.file, row.line, str(error))


def _text(row: Row, columns: Roles, role: str) -> str:
    return joined(row.values, columns[role]) if role in columns else ""


def number(value: Any) -> float | None:
    """Return a score as a number; None for an empty one. Raises ValueError for anything else."""
    if value is None or value == "":
        return None
    named = {"true": 1.0, "false": 0.0, "c": 1.0, "i": 0.0, "p": 0.5}
    text = text_of(value).strip().lower()
    try:
        return named[text] if text in named else float(text)
    except ValueError:
        raise ValueError(f"the score is no number: {text[:40]!r}") from None
