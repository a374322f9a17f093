"""The text of a workspace skill for tests; it leaves a mark when it is imported."""

from __future__ import annotations

from pathlib import Path

DOUBLING = '''\
"""Skill `doubling`: twice a number."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from generators.skills.skill import Page, Skill, Slots

Path(MARK).touch()


@dataclass(frozen=True)
class Range:
    low: int
    high: int


def draw(template: str, difficulty: int, rng: random.Random) -> Slots:
    return (str(rng.randrange(10**difficulty, 10 ** (difficulty + 2))),)


def write(template: str, difficulty: int, slots: Slots) -> Page:
    n = int(slots[0])
    ask = f"What is 2 x {n}?" if template == "product" else f"What is twice {n}?"
    return Page("A sum.", ask, f"The answer is {2 * n}.", str(2 * n))


def arguments(slots: Slots) -> str:
    return slots[0]


SKILL = Skill(
    name="doubling",
    version=1,
    check="number",
    templates=("product", "twice"),
    held_out=frozenset({"twice"}),
    instructions=("Give the number.", "Only the number."),
    draw=draw,
    write=write,
    arguments=arguments,
    distractors=("It is page {n}.",),
)
'''


def doubling(mark: Path) -> str:
    """Return the file's text; importing it makes the file `mark`."""
    return DOUBLING.replace("MARK", repr(str(mark)))
