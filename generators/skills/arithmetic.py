"""Skill `arithmetic`: word problems of two steps, of three at the highest difficulty."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from generators.skills.skill import Page, Skill, Slots
from generators.skills.words import BOXES, CALCULATE, FRUIT, PEOPLE, THINGS

SMALL = {1: (2, 9), 2: (3, 12), 3: (3, 12)}
"""Factors, divisors: by difficulty."""
LARGE = {1: (4, 20), 2: (15, 80), 3: (15, 90)}
"""What is added and taken away."""
BIG = {1: (20, 60), 2: (90, 200), 3: (150, 300)}
"""What others are taken from."""


@dataclass(frozen=True)
class Story:
    """One wording: `{who} {other} {box} {fruit} {thing}` are words, `{a} {b} {c} {d}` numbers.

    `steps` are in terms of the numbers and of the results so far, p, q and r. `last` is the sentence
    and step that only the highest difficulty has. `small` and `big` name the numbers of those ranges.
    """

    text: str
    last: str
    ask: str
    steps: tuple[str, ...]
    last_step: str
    small: str = ""
    big: str = ""


STORIES = {
    "boxes_and_loose": Story(
        "{who} has {a} {box} with {b} {fruit} each and {c} loose {fruit}.",
        "Then {d} {fruit} are eaten.",
        "How many {fruit} does {who} have now?",
        ("a*b", "p+c"),
        "q-d",
        "ab",
    ),
    "savings": Story(
        "Every week {who} saves {a} dollars. After {b} weeks {who} spends {c} dollars on a gift.",
        "An aunt adds {d} dollars.",
        "How many dollars are left?",
        ("a*b", "p-c"),
        "q+d",
        "ab",
    ),
    "bus": Story(
        "A bus leaves with {a} people. At the first stop {b} get off and {c} get on.",
        "At the second stop {d} more get on.",
        "How many people are on the bus?",
        ("a-b", "p+c"),
        "q+d",
        big="a",
    ),
    "shared_bag": Story(
        "A bag of {a} {thing} is shared equally by {b} children. "
        "{who}, one of them, already had {c} {thing}.",
        "Later {who} finds {d} more.",
        "How many {thing} does {who} end up with?",
        ("a/b", "p+c"),
        "q+d",
        "b",
    ),
    "two_prices": Story(
        "At the market {fruit} cost {a} dollars a kilo and cheese costs {b} dollars a piece. "
        "{who} buys {c} kilos and one piece.",
        "A bag costs {d} dollars more.",
        "What does {who} pay in dollars?",
        ("a*c", "p+b"),
        "q+d",
        "ac",
    ),
    "reading": Story(
        "{who} is reading a book of {a} pages: {b} pages were read on Monday, {c} on Tuesday.",
        "On Wednesday {who} reads {d} more.",
        "How many pages remain?",
        ("a-b", "p-c"),
        "q-d",
        big="a",
    ),
    "rows_of_seats": Story(
        "In a hall there are {a} rows of {b} seats. For a show, {c} seats are taken.",
        "Then {d} people leave their seats.",
        "How many seats are free?",
        ("a*b", "p-c"),
        "q+d",
        "ab",
    ),
    "compare": Story(
        "{who} has {a} {thing}. {other} has {b} times as many.",
        "{other} loses {d} {thing}.",
        "How many {thing} do they have together?",
        ("a*b", "p+a"),
        "q-d",
        "ab",
    ),
    "baker": Story(
        "If a baker bakes {a} rolls in the morning and {b} in the afternoon, and sells {c} of them,",
        "and then bakes {d} more,",
        "how many rolls are there in the end?",
        ("a+b", "p-c"),
        "q+d",
    ),
    "garden": Story(
        "Tulips: {a} beds, {b} plants in each. Roses: {c} plants.",
        "Lilies: {d} plants.",
        "{who} wants the total number of plants in the garden. What is it?",
        ("a*b", "p+c"),
        "q+d",
        "ab",
    ),
    "team_prize": Story(
        "A prize of {a} dollars goes to {b} friends in equal parts. "
        "{who} gives {c} dollars of that share to {other}.",
        "{who} then earns {d} dollars.",
        "How much does {who} hold, in dollars?",
        ("a/b", "p-c"),
        "q+d",
        "b",
    ),
    "machine": Story(
        "A machine makes {a} {thing} an hour and runs for {b} hours. {who} throws out {c} that are broken.",
        "A second machine makes {d} good ones.",
        "How many good {thing} are there?",
        ("a*b", "p-c"),
        "q+d",
        "ab",
    ),
}

DISTRACTORS = (
    "It is {n} degrees outside.",
    "The street has {n} houses.",
    "A clock on the wall is {n} minutes slow.",
    "The radio is playing song number {m}.",
    "A neighbour is {n} years old.",
)


def draw(template: str, difficulty: int, rng: random.Random) -> Slots:
    """Fill a story so that every result on the way is a positive whole number."""
    story = STORIES[template]
    steps = _steps(story, difficulty)
    for _ in range(1000):
        numbers = _numbers(story, steps, difficulty, rng)
        if all(value > 0 for _, value in _chain(steps, numbers)):
            break
    else:
        raise AssertionError(f"no numbers fit the story {template}")
    who, other = rng.sample(PEOPLE, 2)
    words = {
        "who": who,
        "other": other,
        "box": rng.choice(BOXES),
        "fruit": rng.choice(FRUIT),
        "thing": rng.choice(THINGS),
    }
    values = words | {k: str(v) for k, v in numbers.items()}
    return tuple(values[name] for name in _fields(story, difficulty))


def _numbers(story: Story, steps: tuple[str, ...], difficulty: int, rng: random.Random) -> dict[str, int]:
    ranges = {**dict.fromkeys(story.small, SMALL), **dict.fromkeys(story.big, BIG)}
    letters = "abcd" if difficulty == 3 else "abc"
    numbers = {letter: rng.randint(*ranges.get(letter, LARGE)[difficulty]) for letter in letters}
    if "a/b" in steps:  # so that the share is whole
        numbers["a"] = numbers["b"] * rng.randint(*LARGE[difficulty])
    return numbers


def _steps(story: Story, difficulty: int) -> tuple[str, ...]:
    return (*story.steps, story.last_step) if difficulty == 3 else story.steps


def _text(story: Story, difficulty: int) -> str:
    return f"{story.text} {story.last}" if difficulty == 3 else story.text


def _fields(story: Story, difficulty: int) -> tuple[str, ...]:
    """Return the names of the slots in the order in which the wording first uses them."""
    found = re.findall(r"\{(\w+)\}", f"{_text(story, difficulty)} {story.ask}")
    return tuple(dict.fromkeys(found))


def _chain(steps: tuple[str, ...], numbers: dict[str, int]) -> list[tuple[str, int]]:
    """Return each step written out, with its result; a division that is not whole gives 0."""
    known = dict(numbers)
    chain = []
    for step, result in zip(steps, "pqr", strict=False):
        left, sign, right = tuple(step)
        value = _apply(sign, known[left], known[right])
        chain.append((f"{known[left]}{sign}{known[right]}={value}", value))
        known[result] = value
    return chain


def _apply(sign: str, x: int, y: int) -> int:
    if sign == "/":
        return x // y if x % y == 0 else 0
    return {"+": x + y, "-": x - y, "*": x * y}[sign]


def write(template: str, difficulty: int, slots: Slots) -> Page:
    """Write the problem, its chain and its answer."""
    story = STORIES[template]
    values = dict(zip(_fields(story, difficulty), slots, strict=True))
    numbers = {k: int(v) for k, v in values.items() if len(k) == 1}
    chain = _chain(_steps(story, difficulty), numbers)
    answer = str(chain[-1][1])
    line = ", ".join(text for text, _ in chain)
    return Page(
        story=_text(story, difficulty).format(**values),
        question=story.ask.format(**values),
        target=f"{line}. The answer is {answer}.",
        answer=answer,
    )


def arguments(slots: Slots) -> str:
    """Return the numbers alone: a new name on old numbers is no new problem."""
    return "arithmetic " + " ".join(s for s in slots if s.isdigit())


SKILL = Skill(
    name="arithmetic",
    version=1,
    check="number",
    templates=tuple(STORIES),
    held_out=frozenset({"two_prices", "compare", "garden", "team_prize"}),
    instructions=CALCULATE,
    draw=draw,
    write=write,
    arguments=arguments,
    distractors=DISTRACTORS,
)
