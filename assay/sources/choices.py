"""Read the choices of a question in the ways people write them, and find the gold one among them."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.sources.fields import is_empty, text_of, unpacked

MOST = len(string.ascii_uppercase)
_LETTERED = re.compile(r"\s*\(?([A-Za-z]|\d{1,2})[.):]\s+(\S.*)")


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: the letter (or number) it is named by, and its text."""

    letter: str
    text: str


def choices_of(value: Any) -> tuple[Choice, ...] | None:
    """Read a list of texts or of {label, text}, {label: [], text: []}, {A: …}, or lines `A. …`; else None."""
    value = unpacked(value)
    if isinstance(value, str):
        return _lines(value)
    if isinstance(value, Mapping):
        return _mapping(value)
    if not isinstance(value, list) or not 2 <= len(value) <= MOST:
        return None
    if all(isinstance(v, Mapping) and {"label", "text"} <= set(v) for v in value):
        return _distinct([(v["label"], v["text"]) for v in value])
    if any(isinstance(v, (Mapping, list)) or is_empty(v) for v in value):
        return None
    lettered = [_LETTERED.fullmatch(text_of(v)) for v in value]
    if all(m and m[1] == letter for m, letter in zip(lettered, string.ascii_uppercase, strict=False)):
        return _distinct([(m[1], m[2]) for m in lettered if m])
    return _distinct(list(zip(string.ascii_uppercase, value, strict=False)))


def _mapping(value: Mapping[str, Any]) -> tuple[Choice, ...] | None:
    labels, texts = value.get("label"), value.get("text")
    if isinstance(labels, list) and isinstance(texts, list):
        return _distinct(list(zip(labels, texts, strict=True))) if len(labels) == len(texts) else None
    pairs = list(value.items())
    short = all(len(k) <= 2 and not isinstance(v, (Mapping, list)) for k, v in pairs)
    return _distinct(pairs) if short and 2 <= len(pairs) <= MOST else None


def _lines(text: str) -> tuple[Choice, ...] | None:
    pairs: list[tuple[str, str]] = []
    for line in text.strip().splitlines():
        if found := _LETTERED.fullmatch(line):
            pairs.append((found[1], found[2].rstrip()))
        elif pairs:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]}\n{line}")
        elif line.strip():
            return None
    return _distinct(pairs) if 2 <= len(pairs) <= MOST else None


def _distinct(pairs: Sequence[tuple[Any, Any]]) -> tuple[Choice, ...] | None:
    found = tuple(Choice(text_of(letter).strip(), text_of(text)) for letter, text in pairs)
    whole = all(c.letter and c.text.strip() for c in found)
    return found if whole and len({c.letter for c in found}) == len(found) >= 2 else None


def gold(choices: Sequence[Choice], answer: Any) -> str:
    """Return the letter that an answer means: a letter, an index from 0, or the text. Raises ValueError."""
    text = text_of(answer).strip()
    bare = text.strip("().[]: ")
    for choice in choices:
        if choice.letter.casefold() == bare.casefold():
            return choice.letter
    if isinstance(answer, float) and answer.is_integer():
        bare = str(int(answer))
    if bare.isdecimal() and len(bare) < 4 and not any(c.text.strip() == text for c in choices):
        if int(bare) < len(choices):
            return choices[int(bare)].letter
        raise ValueError(f"the answer {bare} is none of the {len(choices)} choices, counted from 0")
    lettered = _LETTERED.fullmatch(text.split("\n", 1)[0])
    for choice in choices:
        same = choice.text.strip() == text
        named = (
            lettered is not None and lettered[1] == choice.letter and _same_start(lettered[2], choice.text)
        )
        if same or named:
            return choice.letter
    raise ValueError(
        f"the answer {text[:60]!r} is none of the choices {', '.join(c.letter for c in choices)}"
    )


def _same_start(a: str, b: str) -> bool:
    return b.strip().split("\n", 1)[0].strip() == a.strip()


def written(question: str, choices: Sequence[Choice]) -> str:
    """Append the choices to a question as `A. …` lines, unless it shows them all already."""
    if all(
        re.search(rf"(?m)^\W*{re.escape(c.letter)}\W+{re.escape(c.text.strip())}", question) for c in choices
    ):
        return question
    return "\n".join([question.rstrip(), *(f"{c.letter}. {c.text.strip()}" for c in choices)])
