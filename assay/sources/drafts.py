"""Turn a row and the roles of its fields into a draft: everything of an example but its place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.fingerprint import canonical
from assay.records import Message
from assay.sources import choices as ch
from assay.sources import roles as r
from assay.sources import turns as tu
from assay.sources.fields import is_empty, joined, text_of, unpacked, value_at
from assay.sources.rows import Bad, Row

Turns = tuple[Message, ...]


@dataclass(frozen=True)
class Draft:
    """What one row says, in the words of `assay.records`.

    `messages` ends with the trained assistant turn, whose text `response` repeats; with `prompt_only`
    there is none. Of a preference, `messages` is the prompt, `chosen` and `rejected` what follows it.
    `answer` is the gold text: of a multiple choice the letter, of a classification the label.
    `choices` are the texts, `letters` their names. `tools` and `instructions` are canonical JSON.
    """

    file: str
    line: int
    messages: Turns
    prompt_only: bool
    response: str = ""
    answer: str | None = None
    label: str | None = None
    skill: str = ""
    template: str = ""
    id: str = ""
    parents: tuple[str, ...] = ()
    item: str = ""
    score: float | None = None
    chosen: Turns | None = None
    rejected: Turns | None = None
    tools: str | None = None
    choices: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    instructions: str | None = None


def draft(row: Row, roles: r.Roles) -> Draft | Bad:
    """Read a row by the roles of its fields; Bad says which field is empty or wrong."""
    try:
        return _draft(row, _Reader(row.values, roles))
    except ValueError as error:
        return Bad(row.file, row.line, str(error))


@dataclass(frozen=True)
class _Reader:
    """The values of one row by role."""

    values: Mapping[str, Any]
    roles: r.Roles

    def has(self, role: str) -> bool:
        return bool(self.roles.get(role))

    def name(self, role: str) -> str:
        return "+".join(self.roles[role])

    def value(self, role: str) -> Any:
        """Return the value as it is; None when the role has no field."""
        names = self.roles.get(role, ())
        return value_at(self.values, names[0]) if len(names) == 1 else None

    def optional(self, role: str) -> str:
        """Return the text of a role, "" when there is none."""
        return joined(self.values, self.roles[role]) if self.has(role) else ""

    def needed(self, role: str) -> str:
        """Return the text of a mapped role; raises ValueError when it is empty."""
        text = self.optional(role)
        if not text.strip():
            raise ValueError(f"the field {self.name(role)!r} ({role}) is empty or missing")
        return text


def _draft(row: Row, read: _Reader) -> Draft:
    options = _choices(read)
    gold, label = _gold(read, options), read.needed(r.LABEL) if read.has(r.LABEL) else None
    answer = gold if gold is not None else label
    if read.has(r.CHOSEN) or read.has(r.REJECTED):
        messages, chosen, rejected = _preference(read)
    else:
        messages, chosen, rejected = _messages(read, options, _trained(read, answer)), None, None
    trained = bool(messages) and messages[-1].role == "assistant" and chosen is None
    return Draft(
        file=row.file,
        line=row.line,
        messages=messages,
        prompt_only=not trained,
        response=messages[-1].content if trained else _loose_response(read),
        answer=answer,
        label=label,
        skill=read.optional(r.SKILL).strip(),
        template=read.optional(r.TEMPLATE).strip(),
        id=read.optional(r.ID).strip(),
        parents=_parents(read.value(r.PARENTS)),
        item=read.needed(r.ITEM).strip() if read.has(r.ITEM) else "",
        score=_score(read),
        chosen=chosen,
        rejected=rejected,
        tools=_tools(read),
        choices=tuple(c.text for c in options),
        letters=tuple(c.letter for c in options),
        instructions=_instructions(read),
    )


def _trained(read: _Reader, answer: str | None) -> str | None:
    """Return the assistant's turn to train on: the response, else the answer, else the label."""
    return read.needed(r.RESPONSE) if read.has(r.RESPONSE) else answer


def _loose_response(read: _Reader) -> str:
    """Return the response of a row that only belongs to an eval item."""
    return read.needed(r.RESPONSE) if read.has(r.RESPONSE) and not read.has(r.CHOSEN) else ""


def _choices(read: _Reader) -> tuple[ch.Choice, ...]:
    if not read.has(r.CHOICES):
        return ()
    names = read.roles[r.CHOICES]
    if len(names) == 1:
        value = value_at(read.values, names[0])
    else:
        value = [v for n in names if not is_empty(v := value_at(read.values, n))]
    found = ch.choices_of(value)
    if found is None:
        raise ValueError(f"the field {read.name(r.CHOICES)!r} holds no two to {ch.MOST} choices")
    return found


def _gold(read: _Reader, options: Sequence[ch.Choice]) -> str | None:
    if not read.has(r.ANSWER):
        return None
    text = read.needed(r.ANSWER)
    value = read.value(r.ANSWER)
    if options:
        return ch.gold(options, text if value is None else value)
    if isinstance(value, list):
        texts = {text_of(v) for v in value}
        if len(texts) != 1:
            name = read.name(r.ANSWER)
            raise ValueError(
                f"the field {name!r} holds {len(texts)} answers; map one of them: answer={name}.0"
            )
        return texts.pop()
    return text


def _messages(read: _Reader, options: Sequence[ch.Choice], trained: str | None) -> Turns:
    """Return the conversation with its trained turn; none for a row that only belongs to an eval item."""
    if read.has(r.MESSAGES):
        return _conversation(read, trained)
    if not read.has(r.PROMPT):
        if read.has(r.ITEM):
            return ()
        raise ValueError("no field is mapped to prompt or messages")
    turns = _asked(read, options)
    return turns if trained is None else (*turns, Message("assistant", trained))


def _asked(read: _Reader, options: Sequence[ch.Choice]) -> Turns:
    if tu.is_conversation(read.value(r.PROMPT)):
        turns = _with_system(read, tu.turns_in(read.value(r.PROMPT), read.name(r.PROMPT)))
        tu.check_order(turns, read.name(r.PROMPT))
        return turns
    prompt, context = read.needed(r.PROMPT), read.optional(r.CONTEXT)
    if context.strip():
        prompt = f"{context}\n\n{prompt}"
    return _with_system(read, (Message("user", ch.written(prompt, options) if options else prompt),))


def _with_system(read: _Reader, turns: Turns) -> Turns:
    """Put the system prompt of a field first, unless the conversation has the same already."""
    system = read.optional(r.SYSTEM)
    if not system.strip():
        return turns
    if turns and turns[0].role == "system":
        if turns[0].content.strip() == system.strip():
            return turns
        raise ValueError(f"two system turns: in {read.name(r.SYSTEM)!r} and in the conversation")
    return (Message("system", system), *turns)


def _conversation(read: _Reader, trained: str | None) -> Turns:
    name = read.name(r.MESSAGES)
    if is_empty(read.value(r.MESSAGES)):
        raise ValueError(f"the field {name!r} (messages) is empty or missing")
    turns = _with_system(read, tu.turns_in(read.value(r.MESSAGES), name))
    tu.check_order(turns, name)
    if turns[-1].role != "assistant" and trained is not None:
        return (*turns, Message("assistant", trained))
    if turns[-1].role == "assistant" and read.has(r.RESPONSE):
        raise ValueError(
            f"{name!r} ends with the assistant, and {read.name(r.RESPONSE)!r} would be a second answer"
        )
    return turns


def _preference(read: _Reader) -> tuple[Turns, Turns, Turns]:
    """Return the prompt, and what the better and the worse answer add to it."""
    for role in (r.CHOSEN, r.REJECTED):
        if not read.has(role) or is_empty(read.value(role)):
            raise ValueError(
                f"the field {read.name(role) if read.has(role) else role!r} ({role}) is empty or missing"
            )
    chosen, rejected = _side(read, r.CHOSEN), _side(read, r.REJECTED)
    if read.has(r.MESSAGES):
        prompt = tu.turns_in(read.value(r.MESSAGES), read.name(r.MESSAGES))
        prompt = _with_system(read, prompt)
    elif read.has(r.PROMPT):
        prompt = _asked(read, ())
    else:
        prompt = _with_system(read, _common(chosen, rejected))
    chosen, rejected = _after(prompt, chosen), _after(prompt, rejected)
    for side, role in ((chosen, r.CHOSEN), (rejected, r.REJECTED)):
        tu.check_order((*prompt, *side), read.name(role))
        if not side or side[-1].role != "assistant":
            raise ValueError(f"the field {read.name(role)!r} does not end with the assistant")
    if chosen == rejected:
        raise ValueError("chosen and rejected are the same")
    return prompt, chosen, rejected


def _side(read: _Reader, role: str) -> Turns:
    value = read.value(role)
    if isinstance(value, Mapping) or tu.is_conversation(value):
        return tu.turns_in(value, read.name(role))
    text = read.needed(role)
    alone = not (read.has(r.PROMPT) or read.has(r.MESSAGES))
    return (alone and tu.hh_turns(text)) or (Message("assistant", text),)


def _common(a: Turns, b: Turns) -> Turns:
    """Return the turns both begin with, up to the last user turn among them."""
    same = 0
    while same < min(len(a), len(b)) and a[same] == b[same]:
        same += 1
    while same and a[same - 1].role == "assistant":
        same -= 1
    if not same:
        raise ValueError("chosen and rejected share no prompt")
    return a[:same]


def _after(prompt: Turns, side: Turns) -> Turns:
    """Drop the prompt where a side repeats it, with or without the system turn."""
    bare = prompt[1:] if prompt and prompt[0].role == "system" else prompt
    for start in (prompt, bare):
        if side[: len(start)] == start:
            return side[len(start) :]
    return side


def _parents(value: Any) -> tuple[str, ...]:
    value = unpacked(value)
    if is_empty(value):
        return ()
    return tuple(text_of(v).strip() for v in (value if isinstance(value, list) else [value]))


def _score(read: _Reader) -> float | None:
    if not read.has(r.SCORE) or is_empty(value := read.value(r.SCORE)):
        return None
    named = {"true": 1.0, "false": 0.0}
    text = text_of(value).strip().lower()
    try:
        score = named[text] if text in named else float(text)
    except ValueError:
        raise ValueError(f"the field {read.name(r.SCORE)!r} (score) is no number: {text[:40]!r}") from None
    if not math.isfinite(score):
        raise ValueError(f"the field {read.name(r.SCORE)!r} (score) is {text[:40]}")
    return score


def _tools(read: _Reader) -> str | None:
    """Return the tools as canonical JSON; a text must hold it."""
    if not read.has(r.TOOLS) or is_empty(value := unpacked(read.value(r.TOOLS))):
        return None
    if not isinstance(value, (list, Mapping)):
        raise ValueError(f"the field {read.name(r.TOOLS)!r} (tools) is no JSON list of tools")
    return canonical(value)


def _instructions(read: _Reader) -> str | None:
    if not read.has(r.INSTRUCTIONS):
        return None
    return canonical({name: value_at(read.values, name) for name in read.roles[r.INSTRUCTIONS]})
