"""What can be compared: models, evaluated here, and results imported under a name; each on one task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.errors import UserError
from assay.records import Result
from assay.verbs.evaluate import HELDOUT, evaluate, evaluate_suite
from assay.verbs.importing.results import imported_results, items_of, result_names
from assay.verbs.model import base_model
from assay.verbs.plan import Stages
from assay.verbs.subjects import lineup, subjects_of
from assay.workspace import Workspace


@dataclass(frozen=True)
class Contestant:
    """`NAME` or `NAME:TASK`: a model or the name of imported results, and the task it is looked at on."""

    spec: str
    name: str
    task: str
    imported: bool


def contestants(ws: Workspace, specs: Sequence[str]) -> list[Contestant]:
    """Read the specs. Without a task it is the held-out items, or the one task that imported results have.

    Raises UserError when imported results have several tasks and none is named.
    """
    names = result_names(ws)
    parts = [(spec, *spec.partition(":")[::2]) for spec in specs]
    common = {t for _, name, task in parts if not task and name in names for t in _tasks(ws, name)}
    fallback = next(iter(common)) if len(common) == 1 else HELDOUT
    found = []
    for spec, name, task in parts:
        if name in names and not task and len(_tasks(ws, name)) > 1:
            several = ", ".join(f"{name}:{t}" for t in _tasks(ws, name))
            raise UserError(f"{name} has results on several tasks", fix=f"one of: {several}")
        found.append(Contestant(spec, name, task or fallback, name in names))
    return found


def _tasks(ws: Workspace, name: str) -> list[str]:
    """Return the tasks of imported results as a user writes them."""
    held = ws.config.heldout
    dev = f"{held.name}_dev" if held else ""
    return [HELDOUT if t == dev else t for t in dict.fromkeys(r.task for r in imported_results(ws, name))]


def answers(
    ws: Workspace, who: Sequence[Contestant], split: str, *, reason: str = "", progress: Stages
) -> dict[str, list[Result]]:
    """Return the result rows of each contestant; models that are not evaluated yet are evaluated now."""
    found = {c.spec: _imported(ws, c, split) for c in who if c.imported}
    models = [c for c in who if not c.imported]
    if not models:
        return found
    base = base_model(ws, progress(f"pull {ws.config.model}"))
    for task in dict.fromkeys(c.task for c in models):
        of_task = [c for c in models if c.task == task]
        line = lineup(ws, [c.name for c in of_task])
        bar = progress("eval")
        if task == HELDOUT:
            rows = evaluate(ws, line, split, reason=reason, progress=bar)
        else:
            rows = evaluate_suite(ws, line, "dev", tasks=[task], progress=bar)
        for c in of_task:
            names = {s.name for s in subjects_of(ws, c.name, base)}
            found[c.spec] = [r for r in rows if r.run in names]
    return found


def _imported(ws: Workspace, c: Contestant, split: str) -> list[Result]:
    if c.task == HELDOUT and split == "test":
        fix = "compare on dev, or score the file: assay eval score"
        raise UserError(f"{c.name} is imported, and imports say nothing of the sealed test", fix=fix)
    task, _ = items_of(ws, c.task)
    if rows := imported_results(ws, c.name, task):
        return rows
    raise UserError(f"{c.name} has no results on {c.task}", fix=f"it has: {', '.join(_tasks(ws, c.name))}")
