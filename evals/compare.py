"""Compare two groups of runs on the same items: a paired difference, a verdict and an honest sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from assay.errors import UserError
from assay.records import Result
from evals import stats
from evals.pairing import LOWER_IS_BETTER, pair
from evals.stats import MIN_CLUSTERS, MIN_SEEDS, Estimate, Floats, Method
from evals.verdict import Settle, Verdict, settle, verdict

MARGIN = 0.02
"""The default margin of `same`: two points of accuracy."""

_METHODS: dict[str, Callable[..., Estimate]] = {
    "cluster_t": stats.estimate,
    "sign_flip": stats.sign_flip,
    "mcnemar": stats.mcnemar,
}


@dataclass(frozen=True)
class Comparison:
    """The paired difference b - a; `score_a` and `score_b` are means over the paired items.

    `decides` is false for a secondary metric: its verdict is shown and never used alone.
    """

    metric: str
    diff: float
    lo: float
    hi: float
    n: int
    clusters: int
    seeds: int
    margin: float
    alpha: float
    mde: float
    p: float
    method: Method
    verdict: Verdict
    sentence: str
    settle: Settle | None
    score_a: float
    score_b: float
    seed_se: float | None
    unpaired: int
    paired_by: str
    decides: bool

    def summary(self) -> dict[str, Any]:
        """Return the keys of the loop's `summary.json`."""
        names = ("diff", "lo", "hi", "n", "clusters", "seeds", "margin", "mde", "method", "verdict")
        values = {n: getattr(self, n) for n in names}
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}


@dataclass(frozen=True)
class Plan:
    """How to compare; named before the numbers are seen."""

    metric: str = "accuracy"
    margin: float = MARGIN
    alpha: float = stats.ALPHA
    method: Method = "cluster_t"
    name_a: str = "A"
    name_b: str = "B"


def compare(a: Sequence[Result], b: Sequence[Result], plan: Plan | None = None) -> Comparison:
    """Compare the rows of two groups of runs; the difference is b - a.

    Rows of all seeds of a group go in together (`Result.run` tells them apart). Raises UserError when
    nothing can be paired.
    """
    plan = plan or Plan()
    paired = pair(a, b, plan.metric)
    found = _estimate(paired.b - paired.a, paired.clusters, plan)
    lower = plan.metric in LOWER_IS_BETTER
    said = verdict(found, plan.margin, higher_is_better=not lower)
    means = [
        float(stats.cluster_means(x.mean(axis=1, keepdims=True), paired.clusters).mean())
        for x in (paired.a, paired.b)
    ]
    needed = settle(found, plan.margin) if said == "cannot tell" else None
    return Comparison(
        metric=plan.metric,
        diff=found.value,
        lo=found.lo,
        hi=found.hi,
        n=found.n,
        clusters=found.clusters,
        seeds=found.seeds,
        margin=plan.margin,
        alpha=plan.alpha,
        mde=found.mde,
        p=found.p,
        method=found.method,
        verdict=said,
        sentence=sentence(found, plan, said, needed),
        settle=needed,
        score_a=means[0],
        score_b=means[1],
        seed_se=found.seed_se,
        unpaired=paired.unpaired,
        paired_by=paired.by,
        decides=not lower,
    )


def by_skill(a: Sequence[Result], b: Sequence[Result], plan: Plan | None = None) -> dict[str, Comparison]:
    """Compare inside every skill that both groups have."""
    skills = sorted({r.skill for r in a} & {r.skill for r in b})
    return {s: compare([r for r in a if r.skill == s], [r for r in b if r.skill == s], plan) for s in skills}


def _estimate(values: Floats, clusters: Sequence[str], plan: Plan) -> Estimate:
    if plan.method not in _METHODS:
        raise UserError(f"no method {plan.method!r}", fix=f"use one of {', '.join(_METHODS)}")
    if plan.method == "cluster_t":
        return stats.estimate(values, clusters, alpha=plan.alpha, bounded=plan.metric not in LOWER_IS_BETTER)
    return _METHODS[plan.method](values, clusters, alpha=plan.alpha)


def sentence(found: Estimate, plan: Plan, said: Verdict, needed: Settle | None) -> str:
    """Say the result as one would to a colleague, with what it does not show."""
    amount = _amount(found, plan)
    size = f"{found.n:,} items, {found.clusters} templates, {_count(found.seeds, 'seed')}"
    a, b = plan.name_a, plan.name_b
    text = {
        "better": f"{b} is better than {a}: {amount} ({size}).",
        "worse": f"{b} is worse than {a}: {amount} ({size}).",
        "same": f"{b} and {a} are the same within ±{_unit(plan.margin, plan, sign='')}: {amount} ({size}).",
        "cannot tell": f"Cannot tell whether {b} is better than {a}: {amount} ({size}).",
    }[said]
    if said == "cannot tell":
        if found.clusters < MIN_CLUSTERS:
            text += f" Fewer than {MIN_CLUSTERS} templates decide nothing."
        elif math.isfinite(found.mde):
            text += f" The smallest difference this comparison sees is {_unit(found.mde, plan, sign='')}."
        if needed:
            text += f" {needed.sentence}."
    if found.seeds < MIN_SEEDS:
        text += " For these adapters; training noise not measured."
    return text


def _amount(found: Estimate, plan: Plan) -> str:
    if not math.isfinite(found.lo) or not math.isfinite(found.hi):
        return f"{_unit(found.value, plan)}, interval unknown"
    if plan.metric in LOWER_IS_BETTER:
        return f"{found.value:+.3f} bits per byte [{found.lo:+.3f}, {found.hi:+.3f}]"
    points = f"[{100 * found.lo:+.1f}, {100 * found.hi:+.1f}]"
    return f"{100 * found.value:+.1f} points of {plan.metric} {points}"


def _unit(value: float, plan: Plan, *, sign: str = "+") -> str:
    if plan.metric in LOWER_IS_BETTER:
        return f"{value:{sign}.3f} bits per byte"
    return f"{100 * value:{sign}.1f} points"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")
