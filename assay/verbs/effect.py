"""Say what effect a comparison on the eval sets can show, before money or GPU hours are spent.

Of the test split only counts are read: how many items, clusters and gold labels. Its results are not
looked at either; what two models did on dev stands for both splits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay.config import Metric, Task
from assay.errors import UserError
from assay.records import Result
from assay.verbs.compare import plan_of
from assay.verbs.costs import costs
from assay.verbs.evaluate import acts_of, stored
from assay.verbs.heldout import heldout
from assay.verbs.sizes import Size, size_of
from assay.verbs.subjects import Lineup, lineup
from assay.workspace import EvalSet, Workspace
from evals import verdict
from evals.compare import NAMES, difference
from evals.stats import MIN_SEEDS, Estimate

_Asked = tuple[float | None, int | None]  # the effect that must be seen, and training seeds


@dataclass(frozen=True)
class Sees:
    """What one metric can show on one split, paired, with power .8.

    `sees` is None where nothing is known (bits per byte without results) and infinite below ten
    clusters. `needs` is what `effect` takes. `basis` says what the variance rests on.
    """

    metric: Metric
    seeds: int
    sees: float | None
    effect: float | None
    needs_items: int | None
    needs_seeds: int | None
    basis: str


@dataclass(frozen=True)
class Known:
    """How well the recall of one label can be known: ± `half_width` at worst."""

    label: str
    items: int
    half_width: float


@dataclass(frozen=True)
class SplitPlan:
    """One split: its size, what each metric sees there, its labels, seconds for one model if on record."""

    size: Size
    metrics: tuple[Sees, ...]
    recalls: tuple[Known, ...]
    seconds: float | None


@dataclass(frozen=True)
class EffectPlan:
    """Every split of a suite, and one line on what a round of the loop can show (empty without a loop)."""

    splits: tuple[SplitPlan, ...]
    loop: str


@dataclass(frozen=True)
class _Seen:
    """Results on dev of the first model and one other, if both are there, and what one item took."""

    a: Sequence[Result] = ()
    b: Sequence[Result] = ()
    names: tuple[str, str] = ("", "")
    seconds: float | None = None


def plan_effect(
    ws: Workspace,
    specs: Sequence[str] = (),
    *,
    effect: float | None = None,
    seeds: int | None = None,
    suite: str = "main",
) -> EffectPlan:
    """Return what each split of the suite can show; results of the first two models lend their variance.

    Nothing is evaluated. Models without results, or none named, leave the assumption of `evals.verdict`.
    """
    seen, held = _seen(ws, specs, suite), heldout(ws)
    splits = [_split(ws, held, split, seen, (effect, seeds)) for split in held.splits]
    others = [ws.eval_set(n) for n in ws.config.suites[suite].tasks if n in ws.eval_sets() and n != held.name]
    splits += [_split(ws, o, name, None, (effect, seeds)) for o in others for name in o.splits]
    return EffectPlan(tuple(splits), _loop(ws, splits, seen))


def _split(ws: Workspace, held: EvalSet, split: str, seen: _Seen | None, asked: _Asked) -> SplitPlan:
    """Plan one split; `seen` is None for a benchmark, which has answers and a variance of its own."""
    task, size = ws.config.task, size_of(ws, held, split)
    if seen is None:
        size = replace(size, labels={})
        return SplitPlan(size, (_sees("accuracy", size, task, _Seen(), asked),), (), None)
    metrics = tuple(_sees(m, size, task, seen, asked) for m in _metrics(task))
    known = [Known(name, n, verdict.recall_known_to(n, task.alpha)) for name, n in size.labels.items()]
    seconds = None if seen.seconds is None else seen.seconds * size.items
    return SplitPlan(size, metrics, tuple(known), seconds)


def _metrics(task: Task) -> list[Metric]:
    return [task.metric] if task.metric in ("accuracy", "bits_per_byte") else [task.metric, "accuracy"]


def _seen(ws: Workspace, specs: Sequence[str], suite: str) -> _Seen:
    """Read the dev results of the first two models that have all of theirs."""
    if not specs:
        return _Seen()
    groups: dict[str, Lineup] = {s: lineup(ws, [s]) for s in specs}
    acts = {s: acts_of(ws, who, "dev", suite) for s, who in groups.items()}
    spent = costs(ws, [a for of_model in acts.values() for a in of_model])
    items = heldout(ws).split("dev").n
    seconds = sum(c.seconds for c in spent.values()) / len(spent) / items if spent else None
    done = [s for s in groups if all(ws.store.has("results", a) for a in acts[s])]
    if len(done) < 2:
        return _Seen(seconds=seconds)
    a, b = ([r for act in acts[s] for r in stored(ws.store, act)] for s in done[:2])
    return _Seen(a, b, (done[0], done[1]), seconds)


def _sees(metric: Metric, size: Size, task: Task, seen: _Seen, asked: _Asked) -> Sees:
    effect, seeds = asked
    if seen.a and (found := _observed(metric, task, seen)) is not None:
        return _by_results(metric, size, found, seen, (effect, seeds))
    basis = f"assumed: two models judge {verdict.DISCORDANCE:.0%} of the items differently"
    if metric == "bits_per_byte":
        return Sees(metric, seeds or 1, None, effect, None, None, "not known before two models have results")
    counts = list(size.labels.values()) if metric == "macro_f1" else []
    sees = (
        verdict.detectable_macro_f1(counts, task.alpha, clusters=size.clusters)
        if counts
        else verdict.detectable(size.items, task.alpha, clusters=size.clusters)
    )
    needs = None
    if effect is not None:
        base = verdict.items_needed(effect, task.alpha, per_cluster=size.items / max(size.clusters, 1))
        # with many labels of unlike counts macro-F1 takes more items of each; the shares stay as they are
        ratio = verdict.imbalance(counts) if counts else 1.0
        needs = math.ceil(base * ratio)
    return Sees(metric, seeds or 1, sees, effect, needs, None, basis)


def _observed(metric: Metric, task: Task, seen: _Seen) -> Estimate | None:
    plan = plan_of(task, *seen.names, metric=metric)
    try:
        found = difference(seen.a, seen.b, plan)
    except UserError:  # another eval set, or nothing judged: then the assumption speaks
        return None
    return None if math.isnan(found.se) else found


def _by_results(metric: Metric, size: Size, found: Estimate, seen: _Seen, asked: _Asked) -> Sees:
    effect, seeds = asked
    seeds = seeds or found.seeds
    sees = verdict.seen(found, size.clusters, seeds)
    needed = verdict.needs(replace(found, value=0.0), effect) if effect is not None else None
    noise = "" if found.seed_se is not None else ", training noise not measured"
    basis = f"observed: {seen.names[0]} against {seen.names[1]} on dev, {found.n} items{noise}"
    return Sees(
        metric,
        seeds,
        sees,
        effect,
        needed.items if needed else None,
        needed.seeds if needed and found.seed_se is not None else None,
        basis,
    )


def _loop(ws: Workspace, splits: Sequence[SplitPlan], seen: _Seen) -> str:
    """Say what one round of the loop can show on dev."""
    loop, task = ws.config.loop, ws.config.task
    dev = [s for s in splits if s.size.split == "dev"]
    if loop is None or not dev:
        return ""
    found = _sees(task.metric, dev[0].size, task, seen, (None, len(loop.seeds)))
    seeds = f"{len(loop.seeds)} seed{'s' * (len(loop.seeds) != 1)}"
    if len(loop.seeds) < MIN_SEEDS:
        seeds += f", training noise not measured below {MIN_SEEDS}"
    what = amount(found.sees, task.metric) if found.sees is not None else "not known yet"
    return f"each of {loop.rounds} rounds ({loop.size} rows an arm) sees {what} on dev ({seeds})"


def amount(value: float, metric: Metric) -> str:
    """Write an effect in the unit of its metric."""
    if math.isinf(value):
        return "nothing (fewer than 10 clusters decide nothing)"
    if metric == "bits_per_byte":
        return f"{value:.3f} bits per byte"
    return f"{100 * value:.1f} points of {NAMES[metric]}"
