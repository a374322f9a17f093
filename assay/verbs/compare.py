"""Compare models on held-out items, pairing item by item and seed by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.config import Metric, Task
from assay.errors import UserError
from assay.records import Result
from assay.verbs.contestants import answers, contestants
from assay.verbs.plan import Stages
from assay.verbs.subjects import BASE
from assay.workspace import Workspace
from evals.compare import MARGIN, Comparison, Plan, RecallChange, by_skill, compare, recall_changes


@dataclass(frozen=True)
class Compared:
    """One model against the first: by the metric that decides, by skill, by the others, recall by label.

    `others` and `recalls` are shown beside and decide nothing.
    """

    name: str
    main: Comparison
    skills: Mapping[str, Comparison]
    others: tuple[Comparison, ...]
    recalls: tuple[RecallChange, ...]


def plan_of(
    task: Task, name_a: str, name_b: str, *, metric: Metric | None = None, margin: float | None = None
) -> Plan:
    """Return how this task is compared: its metric, margin, alpha and labels, unless told otherwise.

    The margin holds in the unit of the task's metric; another metric in another unit takes its default.
    """
    chosen = metric or task.metric
    same_unit = (chosen == "bits_per_byte") == (task.metric == "bits_per_byte")
    return Plan(
        metric=chosen,
        margin=margin if margin is not None else task.margin if same_unit else MARGIN,
        alpha=task.alpha,
        name_a=name_a,
        name_b=name_b,
        labels=task.labels,
        primary=task.metric,
    )


def compare_models(
    ws: Workspace,
    specs: Sequence[str],
    split: str,
    *,
    reason: str = "",
    margin: float | None = None,
    metric: Metric | None = None,
    progress: Stages,
) -> list[Compared]:
    """Compare every further model, or imported results, with the first.

    Models that are not evaluated yet are evaluated now. `NAME:TASK` looks at one task.
    """
    if len(set(specs)) < len(specs):
        raise UserError("a model is compared with itself", where=" ".join(specs), fix="name each once")
    groups = answers(ws, contestants(ws, specs), split, reason=reason, progress=progress)
    first, *rest = specs
    plans = {s: plan_of(ws.config.task, first, s, metric=metric, margin=margin) for s in rest}
    return [compared(groups[first], groups[s], plan, ws.config.task) for s, plan in plans.items()]


def compared(a: Sequence[Result], b: Sequence[Result], plan: Plan, task: Task) -> Compared:
    """Compare two groups of result rows in every way that the task allows."""
    others = [m for m in metrics_of(task, [*a, *b]) if m != plan.metric]
    return Compared(
        plan.name_b,
        compare(a, b, plan),
        by_skill(a, b, plan),
        tuple(compare(a, b, plan_of(task, plan.name_a, plan.name_b, metric=m)) for m in others),
        recall_changes(a, b, task.labels, alpha=plan.alpha) if labels_of(task) else (),
    )


def metrics_of(task: Task, rows: Sequence[Result]) -> list[Metric]:
    """Return the metrics that say something about these rows."""
    found: list[Metric] = ["accuracy"] if any(r.score is not None for r in rows) else []
    if found and labels_of(task):
        found.append("macro_f1")
    return [*found, "bits_per_byte"] if any(r.nll is not None and r.target_bytes for r in rows) else found


def labels_of(task: Task) -> tuple[str, ...]:
    """Return the labels of a classification, nothing for any other task."""
    return task.labels if task.kind == "classification" or task.metric == "macro_f1" else ()


def differences(ws: Workspace, specs: Sequence[str]) -> str:
    """Return one line: in what the models differ, and what they share."""
    who = contestants(ws, specs)
    if elsewhere := [c.spec for c in who if c.imported]:
        return f"made elsewhere: {', '.join(elsewhere)}; what else differs is not known here"
    if len({c.task for c in who}) > 1:
        return f"not the same items: {', '.join(c.spec for c in who)}"
    runs = {c.name: ws.find_runs(c.name)[0] for c in who if c.name != BASE}
    facts = {
        "version": {r.version_label for r in runs.values()},
        "recipe": {r.group_key for r in runs.values()},
        "start": {r.start or BASE for r in runs.values()},
    }
    differ = [what for what, values in facts.items() if len(values) > 1]
    if any(c.name == BASE for c in who):
        differ.insert(0, "training (base untrained)")
    versions = f" ({', '.join(sorted(facts['version']))})" if "version" in differ else ""
    return f"the arms differ in: {', '.join(differ) or 'nothing but their seeds'}{versions}"
