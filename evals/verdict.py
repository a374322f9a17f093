"""Turn an estimate into one of four verdicts, and say what would settle the last one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from evals.stats import MIN_CLUSTERS, MIN_SEEDS, POWER, Estimate, t_quantile

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

    The effect is the observed difference or the margin, whichever is larger (at least .01). Cluster
    variance shrinks with clusters, seed variance with seeds; each may use half of what is allowed.
    """
    effect = max(abs(found.value), margin, 0.01)
    per_cluster = max(1, round(found.n / max(found.clusters, 1)))
    if math.isnan(found.se) or found.df <= 0:
        return _say(effect, per_cluster, MIN_CLUSTERS, found.seeds)
    allowed = (effect / (t_quantile(1 - found.alpha / 2, math.inf) + t_quantile(POWER, math.inf))) ** 2
    seed_v = (found.seed_se or 0.0) ** 2
    cluster_v = max(found.se**2 - seed_v, 0.0)
    seeds = found.seeds
    if seed_v > allowed / 2:
        seeds = math.ceil(found.seeds * seed_v / (allowed / 2))
    left = allowed - seed_v * found.seeds / max(seeds, 1)
    clusters = max(MIN_CLUSTERS, math.ceil(found.clusters * cluster_v / left))
    # a wider net than normal quantiles give: with few clusters t asks for more
    clusters += 2 if clusters < 30 else 1
    return _say(effect, per_cluster, max(clusters, found.clusters), seeds)


def _say(effect: float, per_cluster: int, clusters: int, seeds: int) -> Settle:
    items = per_cluster * clusters
    text = f"{items:,} items in {clusters:,} templates"
    if seeds >= MIN_SEEDS:
        text += f" with {seeds} seeds"
    return Settle(effect, items, clusters, seeds, f"{text} would settle a difference of {effect:.3f}")
