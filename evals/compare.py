"""Compare two groups of runs on the same items: a paired difference, a verdict and an honest sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assay.errors import UserError
from assay.records import Result
from evals import metrics, stats
from evals.labels import Labels, Recall, recalls
from evals.pairing import LOWER_IS_BETTER, METRICS, Paired, pair, pair_labels
from evals.stats import MIN_CLUSTERS, MIN_SEEDS, Estimate, Floats, Method
from evals.verdict import Settle, Verdict, settle, verdict

MARGIN = 0.02
"""The default margin of `same`: two points of accuracy or macro-F1, .02 bits per byte."""

NAMES = {"accuracy": "accuracy", "macro_f1": "macro-F1", "bits_per_byte": "bits per byte"}
"""Metric → as it is written in sentences and tables."""

PREDICTED = (
    "Bits per byte measure how well the reference answers are predicted, not whether answers are good."
)

_METHODS: dict[str, Callable[..., Estimate]] = {
    "cluster_t": stats.estimate,
    "sign_flip": stats.sign_flip,
    "mcnemar": stats.mcnemar,
}


@dataclass(frozen=True)
class Comparison:
    """The paired difference b - a; `score_a` and `score_b` are the metric over the paired items.

    `decides` is false unless the metric is the task's: a secondary verdict is shown and never used
    alone. `left_out` are labels without a gold item, which macro-F1 does not count.
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
    left_out: tuple[str, ...] = ()

    @property
    def quality(self) -> float:
        """The mean of both scores, turned so that higher is better whatever the metric."""
        sign = -1 if self.metric in LOWER_IS_BETTER else 1
        return sign * (self.score_a + self.score_b) / 2

    def summary(self) -> dict[str, Any]:
        """Return the keys of the loop's `summary.json`."""
        names = ("diff", "lo", "hi", "n", "clusters", "seeds", "margin", "mde", "method", "verdict")
        values = {n: getattr(self, n) for n in names}
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}


@dataclass(frozen=True)
class Plan:
    """How to compare; named before the numbers are seen. `primary` is the metric that decides."""

    metric: str = "accuracy"
    margin: float = MARGIN
    alpha: float = stats.ALPHA
    method: Method = "cluster_t"
    name_a: str = "A"
    name_b: str = "B"
    labels: tuple[str, ...] = ()
    primary: str = "accuracy"


@dataclass(frozen=True)
class _Found:
    """What one metric says: the estimate, both scores, and what was paired."""

    estimate: Estimate
    scores: tuple[float, float]
    paired: Paired
    left_out: tuple[str, ...] = ()


def compare(a: Sequence[Result], b: Sequence[Result], plan: Plan | None = None) -> Comparison:
    """Compare the rows of two groups of runs; the difference is b - a.

    Rows of all seeds of a group go in together (`Result.run` tells them apart). Raises UserError when
    nothing can be paired.
    """
    plan = plan or Plan()
    made = _macro_f1(a, b, plan) if plan.metric == "macro_f1" else _mean(a, b, plan)
    found = made.estimate
    said = verdict(found, plan.margin, higher_is_better=plan.metric not in LOWER_IS_BETTER)
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
        sentence=sentence(found, plan, said, needed) + _beside(made, plan),
        settle=needed,
        score_a=made.scores[0],
        score_b=made.scores[1],
        seed_se=found.seed_se,
        unpaired=made.paired.unpaired,
        paired_by=made.paired.by,
        decides=plan.metric == plan.primary,
        left_out=made.left_out,
    )


def difference(a: Sequence[Result], b: Sequence[Result], plan: Plan) -> Estimate:
    """Estimate b - a as `compare` does, without a verdict."""
    return (_macro_f1(a, b, plan) if plan.metric == "macro_f1" else _mean(a, b, plan)).estimate


def _mean(a: Sequence[Result], b: Sequence[Result], plan: Plan) -> _Found:
    paired = pair(a, b, plan.metric)
    left, right = (
        float(stats.cluster_means(x.mean(axis=1, keepdims=True), paired.clusters).mean())
        for x in (paired.a, paired.b)
    )
    return _Found(_estimate(paired.b - paired.a, paired.clusters, plan), (left, right), paired)


def _macro_f1(a: Sequence[Result], b: Sequence[Result], plan: Plan) -> _Found:
    if plan.method != "cluster_t":
        raise UserError(f"macro_f1 is not compared by {plan.method}", fix="use the method cluster_t")
    left, right, paired = pair_labels(a, b, Labels(plan.labels))
    scores = float(metrics.macro_f1(left).mean()), float(metrics.macro_f1(right).mean())
    return _Found(metrics.difference(left, right, alpha=plan.alpha), scores, paired, left.left_out)


def by_skill(a: Sequence[Result], b: Sequence[Result], plan: Plan | None = None) -> dict[str, Comparison]:
    """Compare inside every skill that both groups have.

    Where the items of a skill have one gold label, as when every label is a skill, macro-F1 would see
    none of the false alarms for that label; there the difference is of accuracy, which is its recall.
    """
    plan, found = plan or Plan(), {}
    value = METRICS.get(plan.metric, METRICS["accuracy"])
    a, b = ([r for r in rows if value(r) is not None] for rows in (a, b))
    for skill in sorted({r.skill for r in a} & {r.skill for r in b}):
        left, right = ([r for r in rows if r.skill == skill] for rows in (a, b))
        alone = plan.metric == "macro_f1" and len({r.answer for r in left}) < 2
        found[skill] = compare(left, right, replace(plan, metric="accuracy") if alone else plan)
    return found


@dataclass(frozen=True)
class RecallChange:
    """The recall of one label in two groups: counts to look at, with no verdict."""

    a: Recall
    b: Recall

    @property
    def sentence(self) -> str:
        """Say the counts; with several seeds they are means over them."""
        left, right = (f"{round(x.right, 1):g}/{x.n}" for x in (self.a, self.b))
        return f"recall({self.a.label}) {left} → {right}"


def recall_changes(
    a: Sequence[Result], b: Sequence[Result], labels: Sequence[str], *, alpha: float = stats.ALPHA
) -> tuple[RecallChange, ...]:
    """Return the recall of every label on the items that both groups answered."""
    left, right, _ = pair_labels(a, b, Labels(labels))
    changes = zip(recalls(left, alpha=alpha), recalls(right, alpha=alpha), strict=True)
    return tuple(RecallChange(x, y) for x, y in changes)


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
    up, down = "is better", "is worse"
    if plan.metric in LOWER_IS_BETTER:
        up, down = "predicts the reference answers better", "predicts the reference answers worse"
    text = {
        "better": f"{b} {up} than {a}: {amount} ({size}).",
        "worse": f"{b} {down} than {a}: {amount} ({size}).",
        "same": f"{b} and {a} are the same within ±{_unit(plan.margin, plan, sign='')}: {amount} ({size}).",
        "cannot tell": f"Cannot tell whether {b} {up} than {a}: {amount} ({size}).",
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


def _beside(made: _Found, plan: Plan) -> str:
    """Say what the metric is not, and what it leaves out."""
    if plan.metric in LOWER_IS_BETTER:
        return f" {PREDICTED}"
    if made.left_out:
        return f" Labels without a gold item here are left out: {', '.join(made.left_out)}."
    return ""


def _amount(found: Estimate, plan: Plan) -> str:
    if not math.isfinite(found.lo) or not math.isfinite(found.hi):
        return f"{_unit(found.value, plan)}, interval unknown"
    if plan.metric in LOWER_IS_BETTER:
        fewer = "fewer" if found.value < 0 else "more"
        return f"{abs(found.value):.3f} {fewer} bits per byte [{found.lo:+.3f}, {found.hi:+.3f}]"
    points = f"[{100 * found.lo:+.1f}, {100 * found.hi:+.1f}]"
    return f"{100 * found.value:+.1f} points of {NAMES[plan.metric]} {points}"


def _unit(value: float, plan: Plan, *, sign: str = "+") -> str:
    if plan.metric in LOWER_IS_BETTER:
        return f"{value:{sign}.3f} bits per byte"
    return f"{100 * value:{sign}.1f} points"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")
