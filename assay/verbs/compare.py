"""Compare models on held-out items, pairing item by item and seed by seed."""

from __future__ import annotations

from collections.abc import Sequence

from assay.records import Result
from assay.verbs.evaluate import evaluate
from assay.verbs.model import base_model
from assay.verbs.plan import Stages
from assay.verbs.subjects import BASE, lineup, subjects_of
from assay.workspace import Workspace
from evals.compare import Comparison, Plan, by_skill, compare


def compare_models(
    ws: Workspace,
    specs: Sequence[str],
    split: str,
    *,
    reason: str = "",
    margin: float | None = None,
    progress: Stages,
) -> dict[str, dict[str, Comparison]]:
    """Compare every further model with the first; per model "all" and then each skill.

    Models that are not evaluated yet are evaluated now.
    """
    base = base_model(ws, progress(f"pull {ws.config.model}"))
    who = lineup(ws, specs)
    results = evaluate(ws, who, split, reason=reason, progress=progress("eval"))
    groups = {s: _rows(results, {x.name for x in subjects_of(ws, s, base)}) for s in specs}
    task, first = ws.config.task, specs[0]
    found = {}
    for name in specs[1:]:
        plan = Plan(
            margin=task.margin if margin is None else margin, alpha=task.alpha, name_a=first, name_b=name
        )
        overall = {"all": compare(groups[first], groups[name], plan)}
        found[name] = overall | by_skill(groups[first], groups[name], plan)
    return found


def _rows(results: Sequence[Result], names: set[str]) -> list[Result]:
    return [r for r in results if r.run in names]


def differences(ws: Workspace, specs: Sequence[str]) -> str:
    """Return one line: in what the models differ, and what they share."""
    runs = {s: ws.find_runs(s)[0] for s in specs if s != BASE}
    facts = {
        "version": {r.version_label for r in runs.values()},
        "recipe": {r.group_key for r in runs.values()},
        "start": {r.start or BASE for r in runs.values()},
    }
    differ = [what for what, values in facts.items() if len(values) > 1]
    if BASE in specs:
        differ.insert(0, "training (base untrained)")
    versions = f" ({', '.join(sorted(facts['version']))})" if "version" in differ else ""
    return f"the arms differ in: {', '.join(differ) or 'nothing but their seeds'}{versions}"
