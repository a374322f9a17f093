"""Skill `extract_json`: read a short text, answer with a JSON object of the named keys."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from generators.skills.skill import Page, Skill, Slots
from generators.skills.words import CITIES, COLOURS, DAYS, FRUIT, MONTHS, PEOPLE, THINGS

Filler = Callable[[random.Random], str]


def _one_of(words: tuple[str, ...]) -> Filler:
    return lambda rng: rng.choice(words)


def _between(low: int, high: int) -> Filler:
    return lambda rng: str(rng.randint(low, high))


FILLERS: dict[str, Filler] = {
    "name": _one_of(PEOPLE),
    "city": _one_of(CITIES),
    "age": _between(18, 89),
    "day": _one_of(DAYS),
    "month": _one_of(MONTHS),
    "item": _one_of(THINGS),
    "fruit": _one_of(FRUIT),
    "colour": _one_of(COLOURS),
    "count": _between(2, 99),
    "price": _between(3, 99),
    "room": _between(100, 499),
    "hour": _between(6, 22),
    "km": _between(20, 900),
    "year": _between(1950, 2020),
    "other": _one_of(PEOPLE),
    "other_city": _one_of(CITIES),
    "other_count": _between(2, 99),
    "other_day": _one_of(DAYS),
}
NUMBERS = frozenset({"age", "count", "price", "room", "hour", "km", "year"})


@dataclass(frozen=True)
class Note:
    """One wording: `keys` are wanted (the first two at difficulty 1), `trap` names values that are not."""

    text: str
    keys: tuple[str, str, str]
    trap: str


NOTES = {
    "person": Note(
        "{name} is {age} years old and lives in {city}.",
        ("name", "age", "city"),
        "{other}, a cousin, lives in {other_city}.",
    ),
    "order": Note(
        "Order received: {count} {item}, to be sent to {city}.",
        ("item", "count", "city"),
        "An earlier order of {other_count} was cancelled by {other}.",
    ),
    "meeting": Note(
        "Reminder: on {day} at {hour} o'clock you meet {name}.",
        ("name", "day", "hour"),
        "The meeting with {other} on {other_day} is off.",
    ),
    "hotel": Note(
        "Guest {name} has room {room} and arrives on {day}.",
        ("name", "room", "day"),
        "The guest before, {other}, leaves on {other_day}.",
    ),
    "market": Note(
        "At the stall of {name} a box of {fruit} costs {price} dollars.",
        ("fruit", "price", "name"),
        "{other} sells nuts for {other_count} dollars.",
    ),
    "trip": Note(
        "From {city} we drove {km} km; it was {month} and {name} was at the wheel.",
        ("city", "km", "name"),
        "{other} had stayed in {other_city}.",
    ),
    "lost": Note(
        "Lost! A {colour} bag with {count} {item} in it. Please call {name}.",
        ("colour", "count", "name"),
        "The grey umbrella is found already, says {other}.",
    ),
    "log": Note(
        "user={name}; city={city}; items={count}; status=ok",
        ("name", "city", "count"),
        "user={other}; status=failed",
    ),
    "house": Note(
        "For sale: a {colour} house in {city}, built in {year}.",
        ("city", "colour", "year"),
        "The agent, {other}, is in {other_city}.",
    ),
    "letter": Note(
        '"Dear {name}, I turned {age} in {month}," the letter began.',
        ("name", "age", "month"),
        'It was signed "{other}, {other_city}".',
    ),
    "race": Note(
        "The {km} km race in {city} was won by {name}.",
        ("name", "city", "km"),
        "Second, {other_count} seconds later: {other}.",
    ),
    "ticket": Note(
        "Ticket for {day}, {hour}:00. Passenger: {name}. Fare: paid.",
        ("name", "day", "hour"),
        "Not valid on {other_day}. Sold by {other}.",
    ),
}

INSTRUCTIONS = (
    "Reply with JSON only, numbers without quotes.",
    "Answer with one JSON object and nothing else; no quotes around numbers.",
    "Output a JSON object, no other words. Numbers are bare.",
    "Return just the JSON, with numbers as numbers.",
    "Your reply must be a single JSON object; do not quote numbers.",
    "Write the result as JSON, without comment, and numbers unquoted.",
)

DISTRACTORS = (
    "The sun was out.",
    "This is page {n} of the file.",
    "The paper smelled of coffee.",
    "Copy {m} was kept.",
)


def draw(template: str, difficulty: int, rng: random.Random) -> Slots:
    """Fill a note; what the trap says is never what the note says."""
    names = _fields(template, difficulty)
    values: dict[str, str] = {}
    for name in names:
        value = FILLERS[name](rng)
        while value in values.values():
            value = FILLERS[name](rng)
        values[name] = value
    return tuple(values[n] for n in names)


def _text(template: str, difficulty: int) -> str:
    note = NOTES[template]
    return f"{note.text} {note.trap}" if difficulty == 3 else note.text


def _fields(template: str, difficulty: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"\{(\w+)\}", _text(template, difficulty))))


def write(template: str, difficulty: int, slots: Slots) -> Page:
    """Write the note and the JSON object of the wanted keys."""
    note = NOTES[template]
    values = dict(zip(_fields(template, difficulty), slots, strict=True))
    keys = note.keys[:2] if difficulty == 1 else note.keys
    found = json.dumps({k: int(values[k]) if k in NUMBERS else values[k] for k in keys})
    # The empty form, not "the keys a and b": the base model then answers with keys named "key".
    form = ", ".join(f'"{k}": ...' for k in keys)
    return Page(
        story=_text(template, difficulty).format(**values),
        question=f"Fill in {{{form}}}",
        target=found,
        answer=found,
        params={"equals": True, "schema": {"type": "object", "required": list(keys)}},
        glue="\n",
    )


def arguments(slots: Slots) -> str:
    """Return every value of the note."""
    return "extract_json " + " ".join(slots)


SKILL = Skill(
    name="extract_json",
    version=1,
    check="json_schema",
    templates=tuple(NOTES),
    held_out=frozenset({"house", "letter", "race", "ticket"}),
    instructions=INSTRUCTIONS,
    draw=draw,
    write=write,
    arguments=arguments,
    distractors=DISTRACTORS,
)
