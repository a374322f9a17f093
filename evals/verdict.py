"""Turn an estimate into one of four verdicts, and say what would settle it or what a plan can see."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from evals.stats import ALPHA, MIN_CLUSTERS, MIN_SEEDS, POWER, Estimate, t_quantile, wilson

Verdict = Literal["better", "worse", "same", "cannot tell"]


def verdict(found: Estimate, margin: float, *, higher_is_better: bool = True) -> Verdict:
    """Decide by the interval: inside the margin is `same`, else beyond zero is `better` or `worse`.

    A difference that is sure but smaller than the margin is `same`: that is what a margin is for.
    """
    if found.clusters < MIN_CLUSTERS or math.isnan(found.se):
        return "cannot tell"
    if margin > 0 and -margin <= found.lo and found.hi <= margin:
        return "same"
    lo, hi = (found.lo, found.hi) if higher_is_better else (-found.hi, -found.lo)
    if lo > 0:
        return "better"
    return "worse" if hi < 0 else "cannot tell"


@dataclass(frozen=True)
class Settle:
    """What would show `effect` (alpha as used, power .8): this many items, clusters and seeds."""

    effect: float
    items: int
    clusters: int
    seeds: int
    sentence: str


def settle(found: Estimate, margin: float) -> Settle:
    """Say how large a comparison would see the effect in question.

    The effect is the observed difference or the margin, whichever is larger (at least .01).
    """
    return needs(found, max(abs(found.value), margin, 0.01))


def needs(found: Estimate, effect: float) -> Settle:
    """Say how large a comparison would see `effect`, if it varied as this one did.

    Cluster variance shrinks with clusters, seed variance with seeds; each may use half of what is allowed.
    """
    per_cluster = max(1, round(found.n / max(found.clusters, 1)))
    if math.isnan(found.se) or found.df <= 0:
        return _say(effect, per_cluster, MIN_CLUSTERS, found.seeds)
    allowed = (effect / _factor(found.alpha)) ** 2
    cluster_v, seed_v = _parts(found)
    seeds = found.seeds
    if seed_v > allowed / 2:
        seeds = math.ceil(found.seeds * seed_v / (allowed / 2))
    left = allowed - seed_v * found.seeds / max(seeds, 1)
    clusters = max(MIN_CLUSTERS, math.ceil(found.clusters * cluster_v / left))
    # a wider net than normal quantiles give: with few clusters t asks for more
    clusters += 2 if clusters < 30 else 1
    return _say(effect, per_cluster, max(clusters, found.clusters), seeds)


def seen(found: Estimate, clusters: int, seeds: int) -> float:
    """Return the smallest effect that so many clusters and seeds would see, if they varied as these did."""
    if math.isnan(found.se) or found.df <= 0 or clusters < MIN_CLUSTERS:
        return math.inf
    cluster_v, seed_v = _parts(found)
    cluster_v, seed_v = cluster_v * found.clusters / clusters, seed_v * found.seeds / seeds
    total, df = cluster_v + seed_v, clusters - 1.0
    if seed_v and seeds > 1:
        df = total**2 / (cluster_v**2 / (clusters - 1) + seed_v**2 / (seeds - 1))
    return _factor(found.alpha, df) * math.sqrt(total)


def _parts(found: Estimate) -> tuple[float, float]:
    """Split the error into the variance of clusters and that of seeds (0 where it was not measured)."""
    seed_v = (found.seed_se or 0.0) ** 2
    return max(found.se**2 - seed_v, 0.0), seed_v


def _factor(alpha: float, df: float = math.inf) -> float:
    """Return how many standard errors an effect must have to be called with power .8."""
    if math.isinf(df):
        normal = NormalDist()
        return normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(POWER)
    return t_quantile(1 - alpha / 2, df) + t_quantile(POWER, df)


def _say(effect: float, per_cluster: int, clusters: int, seeds: int) -> Settle:
    items = per_cluster * clusters
    text = f"{items:,} items in {clusters:,} templates"
    if seeds >= MIN_SEEDS:
        text += f" with {seeds} seeds"
    return Settle(effect, items, clusters, seeds, f"{text} would settle a difference of {effect:.3f}")


# -- before there are results -----------------------------------------------------------------------

DISCORDANCE = 0.20
"""The share of items that two models are assumed to judge differently while no result says otherwise.

So 120 items see a difference of .11, and .05 needs 628. Seeds of one recipe differ less (.05-.15), a base
and its fine-tuned model more.
"""
ALIKE = 0.10
"""The assumed correlation of two differences inside one cluster; the templates that the tests simulate
have .12. Clusters of one item do not feel it."""


def detectable(items: int, alpha: float = ALPHA, *, clusters: int | None = None) -> float:
    """Return the difference of accuracy that so many paired items would see with power .8, by assumption.

    Without `clusters` every item is one, and the normal quantiles are used. Infinite below MIN_CLUSTERS.
    """
    if (clusters or items) < MIN_CLUSTERS:
        return math.inf
    factor = _factor(alpha, clusters - 1.0 if clusters else math.inf)
    return factor * math.sqrt(DISCORDANCE * _inflation(items, clusters or items) / items)


def items_needed(effect: float, alpha: float = ALPHA, *, per_cluster: float = 1.0) -> int:
    """Return how many paired items would see this difference of accuracy with power .8, by assumption."""
    return math.ceil(DISCORDANCE * (1 + (per_cluster - 1) * ALIKE) * (_factor(alpha) / effect) ** 2)


def detectable_macro_f1(counts: Sequence[int], alpha: float = ALPHA, *, clusters: int | None = None) -> float:
    """Return the difference of macro-F1 that items so many of each label would see, by the same assumption.

    Every label has the same weight, so its items carry 1 / labels however few they are. The error is that
    of the mean recall (in the simulation of `evals.metrics` within a tenth of the jackknife's).
    """
    counts = [c for c in counts if c]
    items = sum(counts)
    if not counts or (clusters or items) < MIN_CLUSTERS:
        return math.inf
    factor = _factor(alpha, clusters - 1.0 if clusters else math.inf)
    variance = DISCORDANCE * imbalance(counts) / items
    return factor * math.sqrt(variance * _inflation(items, clusters or items))


def imbalance(counts: Sequence[int]) -> float:
    """Return how many times more items macro-F1 takes than accuracy, with labels in these shares."""
    counts = [c for c in counts if c]
    return sum(counts) * sum(1 / c for c in counts) / len(counts) ** 2 if counts else 1.0


def _inflation(items: int, clusters: int) -> float:
    return 1 + (items / clusters - 1) * ALIKE


def recall_known_to(items: int, alpha: float = ALPHA) -> float:
    """Return the half-width of a recall of one half on so many items: the widest its interval can be."""
    if not items:
        return 0.5
    lo, hi = wilson(0.5, items, NormalDist().inv_cdf(1 - alpha / 2))
    return (hi - lo) / 2
