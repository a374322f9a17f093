"""The closed loop: targeted data against the same amount of untargeted data, round by round.

Each stage is a function from fingerprints to a fingerprint, so running the loop again finds what is
done and goes on; nothing here remembers anything. Round 0 is shared. In every round each arm gets as
many new rows, curated by the same rules, and as many steps; the arms differ in the weights of the
cells alone. At the end the sealed test is opened once, for the base, round 0, the candidate that dev
chose, and its control.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from assay.errors import Stopped
from assay.records import Result
from assay.verbs.compare import metrics_of, plan_of
from assay.verbs.evaluate import HELDOUT, acts_of, evaluate, evaluate_suite
from assay.verbs.plan import LoopPlan, Stages, plan_loop
from assay.verbs.probe import Probed, probe
from assay.verbs.rounds import ArmRound, arm_round, learned, round_zero, weights_for
from assay.verbs.subjects import Lineup, base_subject, run_subject
from assay.workspace import Run, Workspace
from evals.compare import Comparison, compare

BASE = "base"


@dataclass(frozen=True)
class Round:
    """One round: what each arm has, its dev results, and targeted against control on dev."""

    number: int
    arms: Mapping[str, ArmRound]
    dev: Mapping[str, Sequence[Result]]
    verdict: Comparison


@dataclass(frozen=True)
class Outcome:
    """A whole loop. `moved` is the learnability screen: bits per byte that round 0 gained, per skill."""

    plan: LoopPlan
    base_dev: Sequence[Result]
    zero: ArmRound
    zero_dev: Sequence[Result]
    moved: Mapping[str, float]
    rounds: Sequence[Round]
    chosen: int
    probes: Sequence[Probed]
    test: Mapping[str, Sequence[Result]]
    final: Mapping[str, Comparison]
    benchmarks: Mapping[str, Mapping[str, Sequence[Result]]] = field(default_factory=dict)
    """Task of the suite beside the held-out one → results of base, round0, targeted and control."""
    benchmark_final: Mapping[str, Comparison] = field(default_factory=dict)
    """`TASK: targeted minus base` and `… minus control` → comparison."""


def loop(ws: Workspace, stages: Stages) -> Outcome:
    """Run the loop of assay.yaml, or find that it has run. Raises Stopped when its minutes are spent."""
    started = time.monotonic()
    plan = plan_loop(ws, stages)
    base_dev = _dev(plan, "base", None)
    zero = round_zero(plan)
    plan = replace(plan, shared=zero.version)
    zero_dev = _dev(plan, "round 0", zero)
    moved = learned(base_dev, zero_dev)
    rounds: list[Round] = []
    for number in range(1, plan.loop.rounds + 1):
        _in_time(ws, started, number)
        rounds.append(_round(plan, number, rounds[-1] if rounds else None, (zero, moved)))
        if _should_stop(plan, rounds):
            break
    return _end(plan, (base_dev, zero, zero_dev, moved), rounds)


def _round(
    plan: LoopPlan, number: int, last: Round | None, zero: tuple[ArmRound, Mapping[str, float]]
) -> Round:
    shared, moved = zero
    arms: dict[str, ArmRound] = {}
    aim = last.arms["targeted"] if last else shared
    results = acts_of(plan.ws, _lineup(plan, aim.runs), "dev", plan.loop.suite)
    for arm in plan.loop.arms:
        weights = weights_for(plan, arm, results, moved)
        arms[arm] = arm_round(plan, number, arm, last.arms[arm] if last else shared, weights)
    dev = {arm: _dev(plan, f"round {number} {arm}", made) for arm, made in arms.items()}
    names = plan_of(plan.ws.config.task, "control", "targeted")
    return Round(number, arms, dev, compare(dev["control"], dev["targeted"], names))


def _dev(plan: LoopPlan, label: str, made: ArmRound | None) -> list[Result]:
    who = _lineup(plan, made.runs if made else ())
    return evaluate(plan.ws, who, "dev", suite=plan.loop.suite, progress=plan.stages(f"{label}: dev"))


def _lineup(plan: LoopPlan, runs: Sequence[Run], *, base: bool = False) -> Lineup:
    """Return these runs as subjects, each once; without runs (or on request) the base.

    Arms that were given the same rows are the same run.
    """
    subjects = [run_subject(plan.ws, r, plan.base) for r in runs]
    if base or not runs:
        subjects.insert(0, base_subject(plan.base))
    return Lineup(plan.base, plan.contract, tuple({s.name: s for s in subjects}.values()))


def _in_time(ws: Workspace, started: float, number: int) -> None:
    limit = ws.config.limits.minutes
    if limit is not None and time.monotonic() - started > 60 * limit:
        raise Stopped(
            f"limits.minutes is {limit:g} and spent before round {number}; every round so far is kept",
            fix="raise it, and run the same command again",
        )


def _should_stop(plan: LoopPlan, rounds: Sequence[Round]) -> bool:
    """Say whether the last `stop_after` rounds all showed no effect that was large enough to be seen."""
    patience = plan.loop.stop_after
    if patience is None or len(rounds) < patience:
        return False
    return all(r.verdict.verdict != "better" for r in rounds[-patience:])


def choose(plan: LoopPlan, rounds: Sequence[Round]) -> Round:
    """Return the round whose pair of models the test is opened for, by the rule in assay.yaml.

    `best_dev` looks at the mean of both arms. The targeted model's own best round would carry its
    luck (training noise is real on test too) into the final difference, and its control's ill luck.
    """
    if plan.loop.candidate == "last":
        return rounds[-1]
    return max(rounds, key=lambda r: (r.verdict.quality, -r.number))


def _end(
    plan: LoopPlan,
    before: tuple[Sequence[Result], ArmRound, Sequence[Result], Mapping[str, float]],
    rounds: Sequence[Round],
) -> Outcome:
    base_dev, zero, zero_dev, moved = before
    best = choose(plan, rounds)
    pair = (best.arms["targeted"], best.arms["control"])
    probes = _probe(plan, pair)
    groups = {"round0": zero.runs, "targeted": pair[0].runs, "control": pair[1].runs}
    who = _lineup(plan, [r for runs in groups.values() for r in runs], base=True)
    results = evaluate(
        plan.ws,
        who,
        "test",
        suite=plan.loop.suite,
        reason=f"end of the loop: base, round 0, {pair[0].runs[0].group} and its control",
        progress=plan.stages("test"),
    )
    names = {BASE: [who.subjects[0].name]} | {g: [r.name for r in runs] for g, runs in groups.items()}
    test = _by_group(results, names)
    benchmarks = _benchmarks(plan, who, names)
    final = {
        "targeted_minus_base": _final(plan, test, BASE),
        "targeted_minus_control": _final(plan, test, "control"),
    }
    return Outcome(
        plan, base_dev, zero, zero_dev, moved, rounds, best.number, probes, test, final, benchmarks,
        _compared(plan, benchmarks),
    )  # fmt: skip


def _by_group(results: Sequence[Result], names: Mapping[str, Sequence[str]]) -> dict[str, list[Result]]:
    return {group: [r for r in results if r.run in wanted] for group, wanted in names.items()}


def _benchmarks(
    plan: LoopPlan, who: Lineup, names: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, list[Result]]]:
    """Score the models of the end on the suite's other tasks: open sets that nothing was tuned on."""
    suite = plan.loop.suite
    found = {}
    for task in plan.ws.config.suites[suite].tasks:
        if task != HELDOUT:
            progress = plan.stages(task)
            results = evaluate_suite(plan.ws, who, "dev", suite, tasks=[task], progress=progress)
            found[task] = _by_group(results, names)
    return found


def _compared(
    plan: LoopPlan, benchmarks: Mapping[str, Mapping[str, Sequence[Result]]]
) -> dict[str, Comparison]:
    task = plan.ws.config.task
    found = {}
    for name, groups in benchmarks.items():
        metric = metrics_of(task, groups[BASE])[0]
        for other in (BASE, "control"):
            names = plan_of(task, other, "targeted", metric=metric)
            found[f"{name}: targeted minus {other}"] = compare(groups[other], groups["targeted"], names)
    return found


def _probe(plan: LoopPlan, pair: Sequence[ArmRound]) -> list[Probed]:
    """Probe both final models, each on the rows it was trained on."""
    names = plan.ws.config.suites[plan.loop.suite].probes
    found: list[Probed] = []
    for arm in pair if names else ():
        progress = plan.stages(f"probe {arm.arm}")
        who = _lineup(plan, arm.runs)
        found += probe(plan.ws, who, base_subject(plan.base), arm.version, names, progress)
    return found


def _final(plan: LoopPlan, test: Mapping[str, Sequence[Result]], other: str) -> Comparison:
    names = plan_of(plan.ws.config.task, other, "targeted")
    return compare(test[other], test["targeted"], names)
