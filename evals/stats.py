"""Paired comparison by t on cluster means, and its relatives; numbers in, numbers out.

The estimator is the *mean of cluster means*: items are averaged inside their cluster (the template),
then clusters are averaged with equal weight, and the error comes from the spread of the cluster means
with df = clusters - 1. It answers for a new template, not for a new item of an old one. Scores and
differences use the same estimator, so the difference of two scores is the paired difference.

Why not the item-weighted mean: with paired binary scores, 8 to 40 clusters and no true difference
(1,500 runs a cell), t on cluster means raised 3.3-6.2 % false alarms for every spread of cluster
sizes; item-weighted CR1 errors raised up to 11.9 %, CR2 9.7 %, CR3 8.0 % when sizes were uneven.
With equal sizes they are one and the same.

Macro-F1 is no mean of items; `evals.metrics` brings it here as one pseudo-value a cluster and seed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from assay.errors import MissingExtra, UserError

Floats = NDArray[np.float64]
Method = Literal["cluster_t", "sign_flip", "mcnemar"]

MIN_CLUSTERS = 10
"""Below this the verdict is at most `cannot tell`: the spread of so few means is itself a guess."""
MIN_SEEDS = 3
"""From here on training noise is a second component of the error; two seeds cannot show a spread."""
ALPHA, POWER = 0.05, 0.80
FLIPS = 9_999


@dataclass(frozen=True)
class Estimate:
    """A mean with its error. `seed_se` is the part that training seeds add, None when not measured.

    `mde` is the smallest true effect that a repetition would call with power .8 at this alpha.
    """

    value: float
    lo: float
    hi: float
    se: float
    df: float
    n: int
    clusters: int
    seeds: int
    seed_se: float | None
    p: float
    mde: float
    alpha: float
    method: Method


def _scipy_stats() -> Any:
    try:
        from scipy import stats
    except ImportError as error:
        raise MissingExtra("scipy", "eval") from error
    return stats


def t_quantile(q: float, df: float) -> float:
    """Return the quantile of Student's t; the normal one for infinite df."""
    stats = _scipy_stats()
    return float(stats.norm.ppf(q) if math.isinf(df) else stats.t.ppf(q, df))


def t_tail(t: float, df: float) -> float:
    """Return P(T > t)."""
    return float(_scipy_stats().t.sf(t, df))


def cluster_means(values: Floats, clusters: Sequence[str]) -> Floats:
    """Average items [items, seeds] inside their cluster: [clusters, seeds], in order of cluster name."""
    names, index = np.unique(np.asarray(clusters, dtype=object).astype(str), return_inverse=True)
    sums = np.zeros((len(names), values.shape[1]))
    np.add.at(sums, index, values)
    return sums / np.bincount(index)[:, None]


def _error(means: Floats) -> tuple[float, float, float | None]:
    """Return (se, df, seed_se) of the grand mean of [clusters, seeds].

    Clusters and seeds are crossed random effects. With >= 3 seeds the variance is that of the
    two-way layout, (MS_c + MS_s - MS_cs) / (G S), never below the clusters' own part, and df is
    Satterthwaite's. With fewer, seeds are averaged and only the clusters' spread counts.
    """
    g, s = means.shape
    if g < 2:
        return math.nan, 0.0, None
    by_cluster = means.mean(axis=1)
    v_c = float(by_cluster.var(ddof=1)) / g
    if s < MIN_SEEDS:
        return math.sqrt(v_c), g - 1.0, None
    by_seed = means.mean(axis=0)
    v_s = float(by_seed.var(ddof=1)) / s
    rest = means - by_cluster[:, None] - by_seed[None, :] + means.mean()
    v_cs = float((rest**2).sum()) / ((g - 1) * (s - 1)) / (g * s)
    extra = v_s - v_cs
    if extra <= 0:
        return math.sqrt(v_c), g - 1.0, 0.0
    total = v_c + extra
    df = total**2 / (v_c**2 / (g - 1) + v_s**2 / (s - 1) + v_cs**2 / ((g - 1) * (s - 1)))
    return math.sqrt(total), df, math.sqrt(extra)


def _floor(clusters: int, alpha: float) -> float:
    """Half-width when all cluster means agree: the share of unlike clusters that could have been missed."""
    return float(1 - (alpha / 2) ** (1 / clusters))


def estimate(
    values: Floats,
    clusters: Sequence[str],
    *,
    alpha: float = ALPHA,
    bounded: bool = True,
    unseen: float = 0.0,
) -> Estimate:
    """Estimate the mean of `values` [items] or [items, seeds] by t on cluster means.

    `bounded` says that values lie in [-1, 1]; then a sample without any spread still gets an
    interval, of the width that unseen clusters could fill. `unseen` is a variance that the spread of
    the values cannot show (`evals.metrics`); it is added to theirs.
    """
    table = values.reshape(len(values), -1).astype(np.float64)
    means = cluster_means(table, clusters)
    g, value = len(means), float(means.mean())
    se, df, seed_se = _error(means)
    made = Estimate(
        value, -math.inf, math.inf, se, df, len(table), g, table.shape[1], seed_se, 1.0, math.inf, alpha,
        "cluster_t",
    )  # fmt: skip
    if g < 2:
        return made
    t = t_quantile(1 - alpha / 2, df)
    if se < 1e-12:
        se = math.hypot(_floor(g, alpha) / t if bounded else 0.0, math.sqrt(unseen))
        p = 1.0 if value == 0 else (2 * 0.5**g if bounded else 0.0)
    else:
        se = math.hypot(se, math.sqrt(unseen))
        p = 2 * t_tail(abs(value) / se, df)
    mde = (t + t_quantile(POWER, df)) * se
    return replace(made, lo=value - t * se, hi=value + t * se, se=se, p=p, mde=mde)


def sign_flip(values: Floats, clusters: Sequence[str], *, alpha: float = ALPHA, seed: int = 0) -> Estimate:
    """Test by flipping the signs of whole cluster means; the interval is the test turned around.

    Exact under symmetry, with no normality. All 2^G flips up to 12 clusters, else 9,999 drawn ones.
    """
    base = estimate(values, clusters, alpha=alpha)
    means = cluster_means(values.reshape(len(values), -1).astype(np.float64), clusters).mean(axis=1)
    signs = _signs(len(means), seed)

    def p_of(shift: float) -> float:
        d = means - shift
        return float(np.mean(np.abs(signs @ d) >= abs(d.sum()) - 1e-12))

    if np.ptp(means) < 1e-12:
        return replace(base, method="sign_flip")
    reach = 4 * max(base.hi - base.value, 1e-9)
    lo, hi = (_edge(p_of, base.value, base.value + side * reach, alpha) for side in (-1, 1))
    return replace(base, lo=lo, hi=hi, p=p_of(0.0), method="sign_flip")


def _signs(g: int, seed: int) -> Floats:
    if g <= 12:
        bits = (np.arange(2**g)[:, None] >> np.arange(g)) & 1
        return (1 - 2 * bits).astype(np.float64)
    drawn = np.random.default_rng(seed).integers(0, 2, (FLIPS, g))
    return np.vstack([np.ones(g), 1.0 - 2 * drawn])


def _edge(p_of: Any, inside: float, outside: float, alpha: float) -> float:
    if p_of(outside) > alpha:
        return math.copysign(math.inf, outside - inside)  # too few clusters to reject anything
    for _ in range(30):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if p_of(middle) > alpha else (inside, middle)
    return inside


def mcnemar(values: Floats, clusters: Sequence[str], *, alpha: float = ALPHA) -> Estimate:
    """Test paired binary scores exactly; refused unless every cluster is one item and there is one seed.

    On 8 templates x 25 items McNemar raised 15-35 % false alarms: it counts items as independent.
    """
    flat = values.reshape(len(values), -1)
    if len(set(clusters)) < len(flat) or flat.shape[1] != 1 or not np.isin(flat, (-1, 0, 1)).all():
        raise UserError(
            "McNemar's test needs binary scores, one seed and one item in every cluster",
            fix="use the method cluster_t, which is the default",
        )
    base = estimate(values, clusters, alpha=alpha)
    up, down = int((flat == 1).sum()), int((flat == -1).sum())
    changed, n = up + down, len(flat)
    if not changed:
        return replace(base, p=1.0, method="mcnemar")
    test = _scipy_stats().binomtest(up, changed)
    lo, hi = (float(2 * edge - 1) * changed / n for edge in test.proportion_ci(1 - alpha))
    return replace(base, value=(up - down) / n, lo=lo, hi=hi, p=float(test.pvalue), method="mcnemar")


def score(
    values: Floats,
    clusters: Sequence[str],
    *,
    alpha: float = ALPHA,
    pooled: bool = False,
    unseen: float = 0.0,
) -> Estimate:
    """Estimate one model's score in [0, 1]: Wilson's interval at the sample size the clusters are worth.

    That size is p(1-p) / se^2, between the number of clusters and of items; at 0 and 1, where no
    spread is seen, it is the number of clusters. Wilson's form keeps the interval inside [0, 1].
    `pooled` says that the values are no item scores but shares in a pooled one (macro-F1), which can
    be worth fewer items than there are clusters; at 0 and 1 `unseen` alone makes the width.
    """
    base = estimate(values, clusters, alpha=alpha, unseen=unseen)
    if base.clusters < 2:
        return replace(base, lo=0.0, hi=1.0)
    p, t = min(max(base.value, 0.0), 1.0), t_quantile(1 - alpha / 2, base.df)
    spread = p * (1 - p)
    if spread >= 1e-12:
        size = spread / base.se**2
    else:
        size = max(t / base.se - t * t, 1.0) if pooled else float(base.clusters)
    if base.seed_se is None and not pooled:
        size = min(max(size, base.clusters), base.n)
    lo, hi = wilson(p, size, t)
    return replace(base, lo=lo, hi=hi)


def wilson(p: float, size: float, t: float) -> tuple[float, float]:
    """Return Wilson's interval of a share `p` of `size` items; `t` is the quantile."""
    middle = (p + t * t / (2 * size)) / (1 + t * t / size)
    half = t * math.sqrt(p * (1 - p) / size + t * t / (4 * size * size)) / (1 + t * t / size)
    return max(0.0, middle - half), min(1.0, middle + half)


def worth(values: Floats, clusters: Sequence[str]) -> float:
    """Return how many independent items these [items] are worth: between their clusters and their number."""
    groups, p = len(set(clusters)), float(values.mean())
    if groups in (1, len(values)) or p in (0.0, 1.0):
        return float(groups)
    se, _, _ = _error(cluster_means(values.reshape(-1, 1), clusters))
    return min(max(p * (1 - p) / max(se, 1e-6) ** 2, groups), float(len(values)))


def holm(ps: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values, in the order given."""
    adjusted, running = [0.0] * len(ps), 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        running = max(running, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = running
    return adjusted
