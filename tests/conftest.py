"""Fixtures shared by all tests: the tiny model, made once per machine."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from assay import models

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

NAMES = ("Ana", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hana")
THINGS = ("apples", "pens", "books", "coins", "shells", "stamps")


def small_corpus(count: int = 2000, seed: int = 7) -> Iterator[str]:
    """Yield `prompt<TAB>answer` texts in the manner of the four skills, the same for ever."""
    rng = random.Random(seed)
    for i in range(count):
        who, what = rng.choice(NAMES), rng.choice(THINGS)
        a, b = rng.randint(2, 60), rng.randint(2, 40)
        yield (
            f"{who} has {a} {what} and buys {b} more. How many {what} does {who} have now?\t"
            f"{a} + {b} = {a + b}\nThe answer is {a + b}.",
            f"Convert {a} m to cm.\t{a * 100} cm",
            f"Extract as JSON: {who} ordered {a} {what}.\t"
            f'{{"name": "{who}", "item": "{what}", "count": {a}}}',
            f"Table {what}(name, price). Who has a price above {a}? Write SQL.\t"
            f"SELECT name FROM {what} WHERE price > {a}",
        )[i % 4]


@pytest.fixture(scope="session")
def nano() -> models.Model:
    """A real Llama with a ChatML template in the user's cache; ten seconds the first time, then free."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    return models.pull("nano-test", corpus=small_corpus)
