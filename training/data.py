"""Turn a dataset version into the exact list of batches that a training run will see.

The order is computed here, before any library is asked: each epoch repeats a row
floor(w) + (md5(id‖seed‖epoch) < fraction) times and sorts the copies by md5, so the batches depend
on ids, weights, seed and recipe alone. A run that is killed and resumed sees the same batches, and so
does a run on another machine or with another version of a library.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from assay.chat import Contract
from assay.config import TrainRecipe
from assay.errors import UserError
from assay.models import Model
from assay.records import Example

Row = tuple[Example, float]
"""An example and its weight: the expected copies per epoch."""


@dataclass(frozen=True)
class Job:
    """One training to do; `start` is a folder to continue from (an adapter, or a full model)."""

    recipe: TrainRecipe
    model: Model
    contract: Contract
    seed: int
    start: Path | None = None


@dataclass(frozen=True)
class Encoded:
    """One row as tokens: `loss` marks the answer, its stop token included; `cut` tokens did not fit."""

    ids: tuple[int, ...]
    loss: tuple[bool, ...]
    cut: int = 0

    @property
    def answer_tokens(self) -> int:
        """Tokens that have loss."""
        return sum(self.loss)

    def labels(self) -> list[int]:
        """Return the ids where there is loss and -100 elsewhere, as the trainer wants them."""
        return [t if on else -100 for t, on in zip(self.ids, self.loss, strict=True)]


@dataclass(frozen=True)
class Plan:
    """The whole run as row indices: one tuple per optimizer step. Token counts are of the whole run."""

    batches: tuple[tuple[int, ...], ...]
    tokens: int
    answer_tokens: int

    @property
    def steps(self) -> int:
        """Optimizer steps."""
        return len(self.batches)


def encode(rows: Sequence[Row], contract: Contract, max_length: int) -> list[Encoded]:
    """Render every row by the chat contract; what does not fit `max_length` is cut at the end and counted.

    Raises UserError for a row without a trained turn and for rows whose whole answer is cut away.
    """
    if not rows:
        raise UserError("there is nothing to train on: the version has no rows", fix="check its curation")
    encoded = [_encode(example, contract, max_length) for example, _ in rows]
    lost = [(e, x) for (e, _), x in zip(rows, encoded, strict=True) if not x.answer_tokens]
    if lost:
        longest = max(len(x.ids) + x.cut for _, x in lost)
        raise UserError(
            f"the answer is truncated away in {len(lost)} of {len(rows)} rows: the prompt alone fills "
            f"max_length {max_length}",
            where=f"example {lost[0][0].id}",
            fix=f"set max_length to {longest} or more, or reject long rows in curation",
        )
    return encoded


def _encode(example: Example, contract: Contract, max_length: int) -> Encoded:
    if example.kind != "sft" or not example.messages or example.messages[-1].role != "assistant":
        raise UserError(
            f"a row of kind {example.kind!r} has no assistant turn to train on",
            where=f"example {example.id}",
            fix="select rows of kind sft that end with an assistant turn",
        )
    rendered = contract.render(example.messages)
    cut = max(0, len(rendered.ids) - max_length)
    return Encoded(tuple(rendered.ids[:max_length]), tuple(rendered.loss[:max_length]), cut)


def _share(*parts: object) -> float:
    """Return a number in [0, 1) that depends on nothing but `parts`."""
    digest = hashlib.md5("‖".join(map(str, parts)).encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def copies(example_id: str, weight: float, seed: int, epoch: int) -> int:
    """Return how often a row is repeated in one epoch; the mean over epochs is `weight`."""
    whole = math.floor(weight)
    return whole + (_share(example_id, seed, epoch) < weight - whole)


def epoch_order(ids: Sequence[str], weights: Sequence[float], seed: int, epoch: int) -> list[int]:
    """Return the row indices of one epoch, shuffled; the order of `ids` does not matter."""
    keyed = [
        (_share("order", example_id, seed, epoch, copy), example_id, index)
        for index, (example_id, weight) in enumerate(zip(ids, weights, strict=True))
        for copy in range(copies(example_id, weight, seed, epoch))
    ]
    return [index for _, _, index in sorted(keyed)]


def plan(rows: Sequence[Row], encoded: Sequence[Encoded], recipe: TrainRecipe, seed: int) -> Plan:
    """Return the batches of a run under the recipe's budget.

    Epochs run on into each other, so every batch but the last of an `epochs` budget is full.
    `tokens` counts tokens *with loss* (the answer and its stop token): the run stops at the first
    step by which it has seen that many. Without a budget a run is one epoch.
    """
    weights = [float(w) for _, w in rows]
    if min(weights) < 0 or not all(map(math.isfinite, weights)) or sum(weights) <= 0:
        raise UserError(
            "the weights must be finite, not negative, and not all 0", fix="check the select rule"
        )
    stream = _stream([e.id for e, _ in rows], weights, seed, _epochs(recipe))
    batches: list[tuple[int, ...]] = []
    seen = 0
    while not _spent(recipe, len(batches), seen):
        batch = tuple(itertools.islice(stream, recipe.batch))
        if not batch:
            break
        batches.append(batch)
        seen += sum(encoded[i].answer_tokens for i in batch)
    if not batches:
        raise UserError("no row is drawn in these epochs: the weights are too small", fix="train more epochs")
    return Plan(tuple(batches), sum(len(encoded[i].ids) for b in batches for i in b), seen)


def _epochs(recipe: TrainRecipe) -> int | None:
    if recipe.steps is not None or recipe.tokens is not None:
        return None
    return recipe.epochs or 1


def _stream(ids: Sequence[str], weights: Sequence[float], seed: int, epochs: int | None) -> Iterator[int]:
    for epoch in itertools.count() if epochs is None else range(epochs):
        yield from epoch_order(ids, weights, seed, epoch)


def _spent(recipe: TrainRecipe, steps: int, answer_tokens: int) -> bool:
    if recipe.steps is not None:
        return steps >= recipe.steps
    return recipe.tokens is not None and answer_tokens >= recipe.tokens


Match = Literal["steps", "tokens", "epochs"]


def match(jobs: Sequence[tuple[Sequence[Row], Job]], by: Match) -> list[Job]:
    """Give every job the same budget of steps, of tokens with loss, or of epochs.

    The budget is the smallest that any of them has under its own recipe, so no version is repeated
    more often than its recipe asks for.
    """
    if by == "epochs":
        budgets = [_asked_epochs(job.recipe) for _, job in jobs]
    else:
        plans = [plan_of(rows, job) for rows, job in jobs]
        budgets = [p.steps if by == "steps" else p.answer_tokens for p in plans]
    cleared: dict[str, int | None] = {"steps": None, "tokens": None, "epochs": None}
    budget = cleared | {by: min(budgets)}
    return [replace(job, recipe=job.recipe.model_copy(update=budget)) for _, job in jobs]


def _asked_epochs(recipe: TrainRecipe) -> int:
    epochs = _epochs(recipe)
    if epochs is None:
        raise UserError(
            "--match epochs needs recipes whose budget is epochs", fix="set epochs: in the train recipe"
        )
    return epochs


def plan_of(rows: Sequence[Row], job: Job) -> Plan:
    """Return the plan of a job."""
    encoded = encode(rows, job.contract, job.recipe.max_length)
    return plan(rows, encoded, job.recipe, job.seed)
