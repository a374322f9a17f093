"""Results of a classification, made by hand or by chance; no model is needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assay.records import Result
from evals.labels import Labelled, Labels

NAMES = ("billing", "bug", "access", "feature", "cancel", "other")
SHARES = np.array([0.32, 0.27, 0.18, 0.12, 0.075, 0.035])
"""Of 120 items the rarest label has four."""


def answer(
    run: str, item: int, gold: str, said: str | None, *, template: str = "", response: str = ""
) -> Result:
    """Return one answer; `said` None is a response without a label."""
    return Result(
        run=run, task="dev", item_id=f"i{item:04d}", prompt="p", response=response, answer=gold,
        score=float(said == gold), detail="", nll=None, target_bytes=4, skill=gold, template=template,
        difficulty=1, seen=True, variant="plain", parent="", predicted=said,
    )  # fmt: skip


def answers(run: str, gold: Sequence[str], said: Sequence[str | None]) -> list[Result]:
    """Return one answer per item."""
    return [answer(run, i, g, s) for i, (g, s) in enumerate(zip(gold, said, strict=True))]


def labelled(
    gold: NDArray[np.int64], said: NDArray[np.int64], clusters: NDArray[np.int64] | None = None
) -> Labelled:
    """Return what runs said, as places; every item is its own cluster unless told."""
    names = range(len(gold)) if clusters is None else clusters.tolist()
    return Labelled(
        Labels(NAMES),
        gold.astype(np.int64),
        said.reshape(len(gold), -1).astype(np.int64),
        tuple(f"c{c:05d}" for c in names),
    )


def two_models(
    rng: np.random.Generator, sizes: NDArray[np.int64], *, effect: float = 0.0, one_label: bool = False
) -> tuple[Labelled, Labelled]:
    """Return what two models said: alike on average, but for `effect` in logits, and unlike by cluster.

    `one_label` gives every cluster one gold label. Rare labels are harder, wrong answers go to labels by
    their share, 7 % of them to none.
    """
    clusters = np.repeat(np.arange(len(sizes)), sizes)
    n, k = len(clusters), len(NAMES)
    gold = rng.choice(k, len(sizes), p=SHARES)[clusters] if one_label else rng.choice(k, n, p=SHARES)
    ease = np.array([1.0, 0.8, 0.6, 0.4, 0.0, -0.4])[gold]
    ease = ease + rng.normal(0, 1, len(sizes))[clusters] + rng.normal(0, 1, n)
    made = []
    for gain in (0.0, effect):
        right = rng.random(n) < 1 / (1 + np.exp(-(ease + gain + rng.normal(0, 0.8, len(sizes))[clusters])))
        wrong = rng.choice(k + 1, n, p=np.append(SHARES * 0.93, 0.07))
        wrong = np.where(wrong == gold, (gold + 1) % k, np.where(wrong == k, -1, wrong))
        made.append(labelled(gold, np.where(right, gold, wrong), clusters))
    return made[0], made[1]
