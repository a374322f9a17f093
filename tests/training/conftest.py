"""Rows and a job that the nano model trains on in a second, in fp32 so that numbers can be compared."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from assay.chat import Contract
from assay.config import TrainRecipe
from assay.models import Model
from assay.records import Example, Message
from training.data import Job, Row

MakeJob = Callable[..., Job]


def make_rows(count: int = 24, seed: int = 1) -> list[Row]:
    """Return rows of differing length, some of them repeated half the time."""
    rng = random.Random(seed)
    return [_row(rng, i) for i in range(count)]


def _row(rng: random.Random, i: int) -> Row:
    a, b = rng.randint(2, 60), rng.randint(2, 40)
    question = f"Ana has {a} pens and buys {b} more. " * (1 + i % 3) + "How many now?"
    answer = f"{a} + {b} = {a + b}\nThe answer is {a + b}."
    return Example((Message("user", question), Message("assistant", answer))), 1.0 + (i % 2) / 2


@pytest.fixture
def rows() -> list[Row]:
    return make_rows()


@pytest.fixture
def make_job(nano: Model, monkeypatch: pytest.MonkeyPatch) -> MakeJob:
    monkeypatch.setenv("ASSAY_DTYPE", "float32")
    monkeypatch.setenv("ASSAY_DEVICE", "cpu")

    def make(**recipe: object) -> Job:
        base = {"steps": 6, "batch": 4, "rank": 4}
        return Job(TrainRecipe.model_validate(base | recipe), nano, Contract.load(nano.folder), seed=1)

    return make
