"""Method `rephrase`: a teacher says one line of a prompt in other words; only safe rewrites are kept.

The line is the longest of prose; the format instruction (the last line), tables and records stay as
they are. A rewrite that loses a number, a name, a quoted word or a word of the gold answer, that
repeats the original, gives the answer away or grows past twice the length comes back as a rejected
row with its reason. The response, the answer and the check stay, so the row is as right as its source.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from assay.files import Progress, silent
from assay.records import Made, Message
from generators.distilling import PROMPT_NAME, Speak, rewrites

GENERATOR = "rephrase"
VERSION = 2
"""Raise it when what is rewritten or kept changes."""
ATTEMPTS = 8
"""Rewrites tried per row wanted: a teacher of which one in eight cannot be used is too small for this."""
LONGEST = 2
"""Times the words of the original that a rewrite may have."""
_BATCH = 32


class RephraseWanted(Protocol):
    """What `rephrase` reads of a recipe of that method."""

    @property
    def teacher(self) -> str: ...
    @property
    def n(self) -> int: ...
    @property
    def seed(self) -> int: ...


@dataclass(frozen=True)
class Rejected:
    """A rewrite that was not kept; `source` is the example id of the row it was made from."""

    source: str
    text: str
    reason: str


def rephrase(
    recipe: RephraseWanted,
    sources: Sequence[Made],
    speak: Speak,
    *,
    name: str = "",
    progress: Progress = silent,
) -> tuple[list[Made], list[Rejected]]:
    """Rewrite sources in order, each once, until `recipe.n` are kept, none is left, or ATTEMPTS are spent.

    `speak` decides engine, temperature, seed and cache; the result depends on its texts alone.
    """
    kept: list[Made] = []
    rejected: list[Rejected] = []
    known = {s.example.id for s in sources}
    for start in range(0, len(sources), _BATCH):
        batch = sources[start : start + _BATCH]
        lines = [prose_line(_asked(s)) for s in batch]
        rejected += [
            Rejected(s.example.id, "", "nothing to rewrite")
            for s, line in zip(batch, lines, strict=True)
            if not line
        ]
        pairs = [(s, line) for s, line in zip(batch, lines, strict=True) if line]
        texts = rewrites([line for _, line in pairs], speak, recipe.teacher)
        for (source, line), text in zip(pairs, texts, strict=True):
            made = _rewritten(source, line, text, recipe, name)
            reason = why_not(source, line, text) or ("made before" if made.example.id in known else "")
            if reason:
                rejected.append(Rejected(source.example.id, text, reason))
            elif len(kept) < recipe.n:
                known.add(made.example.id)
                kept.append(made)
        progress(len(kept), recipe.n, f"{len(rejected)} rewrites rejected")
        if len(kept) >= recipe.n or start + _BATCH >= ATTEMPTS * recipe.n:
            break
    return kept, rejected


def _asked(source: Made) -> str:
    """Return the turn that is rewritten: the last one before the response."""
    return source.example.messages[-2].content


def prose_line(prompt: str) -> str:
    """Return the line to rewrite: the longest of prose, the last line (the instruction) left out.

    A prompt of one line is that line; one whose lines are all tables and forms has none, "".
    """
    first, *more = prompt.split("\n")
    if not more:
        return first
    prose = [line for line in (first, *more[:-1]) if re.search(r"\w[\"')]*[.?!][\"')]*\s*$", line)]
    return max(prose, key=len, default="")


def _rewritten(source: Made, line: str, text: str, recipe: RephraseWanted, name: str) -> Made:
    example, origin = source.example, source.origin
    turn = Message("user", _asked(source).replace(line, text, 1))
    new = replace(example, messages=(*example.messages[:-2], turn, example.messages[-1]))
    return Made(
        new,
        replace(
            origin,
            example_id=new.id,
            generator=GENERATOR,
            recipe=name,
            variant="rephrase",
            teacher=recipe.teacher,
            prompt=PROMPT_NAME,
            parents=(example.id,),
            seed=recipe.seed,
        ),
    )


_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_QUOTED = re.compile(r"\"[^\"\n]+\"|(?<!\w)'[^'\n]+'(?!\w)")
_WORD = re.compile(r"[^\W\d_]{2,}")


def why_not(source: Made, line: str, text: str) -> str:
    """Return why this rewrite of `line` must not be kept, empty when it may."""
    if not text or "\n" in text:
        return "no rewrite" if not text else "more than one line"
    if _words(text) == _words(line):
        return "same words as the original"
    if len(text.split()) > LONGEST * len(line.split()):
        return f"more than {LONGEST} times the words"
    before, after = Counter(_NUMBER.findall(line)), Counter(_NUMBER.findall(text))
    if lost := sorted((before - after).elements()):
        return f"number lost: {lost[0]}"
    if added := sorted((after - before).elements()):
        return f"number added: {added[0]}"
    for word in _must_stay(source, line):
        if not _has(text, word):
            return f"word lost: {word}"
    if "?" in line and "?" not in text:
        return "no longer a question"
    if _gives_away(source, line, text):
        return "gives the answer away"
    return ""


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _must_stay(source: Made, line: str) -> list[str]:
    """Return the words of the line that carry meaning: slots, quoted ones, words of the gold answer."""
    gold = {w for w in _WORD.findall(source.example.answer or "") if _has(line, w)}
    slots = {s for s in source.origin.slots if not s[:1].isdigit() and _has(line, s)}
    return sorted(slots | gold | set(_QUOTED.findall(line)))


def _has(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _gives_away(source: Made, line: str, text: str) -> bool:
    for gold in (source.example.answer, source.example.response):
        if gold and not gold.isdigit() and _has(text, gold) and not _has(line, gold):
            return True
    return False
