"""Curate versions by a recipe: every verdict is kept, the selection becomes the next version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.config import CurateRecipe
from assay.errors import UserError, nearest
from assay.files import Progress, silent
from assay.fingerprint import fingerprint
from assay.manifest import Manifest, Selection, version_id
from assay.store import SCHEMAS, Snapshot
from assay.verbs.costs import measured
from assay.verbs.heldout import heldout
from assay.verbs.relations import of_snapshot
from assay.workspace import EvalSet, Version, Workspace
from curation.curate import Curated, Plan, prepare
from curation.curate import curate as run_plan
from curation.loader import Library

READS = ("examples", "origins", "labels")
"""Tables a curation's result depends on. Scores are computed from examples, verdicts are its own."""


@dataclass(frozen=True)
class Made:
    """The version a curation made; `candidates` rows went in, `skipped` says it was there already."""

    version: Version
    manifest: Manifest
    candidates: int
    skipped: bool


def recipe_of(ws: Workspace, name: str) -> CurateRecipe:
    """Return a recipe of `curate:`. Raises UserError with the nearest name."""
    if name not in ws.config.curate:
        fix = nearest(name, ws.config.curate)
        raise UserError(f"there is no curate recipe {name!r}", where="assay.yaml", fix=fix)
    return ws.config.curate[name]


def curate(
    ws: Workspace,
    recipe_name: str,
    *,
    sources: Sequence[Version] | None = None,
    name: str | None = None,
    progress: Progress = silent,
) -> Made:
    """Run a recipe over its `from:` (or `sources`) and make the version `name` (default: the recipe's name).

    Raises UserError when no row goes in or none is left.
    """
    recipe = recipe_of(ws, recipe_name)
    held = heldout(ws)
    versions = list(sources) if sources is not None else [ws.version(s) for s in recipe.from_]
    plan = prepare(recipe, Library(ws.root), f"assay.yaml: curate.{recipe_name}")
    inputs = _inputs(ws, versions)
    against = _against(plan, held)
    act = _act(plan, versions, inputs, _ids(against))
    skipped = ws.store.has("verdicts", act)
    there = _there(ws, name or recipe_name, act)
    if skipped and there:
        return Made(there, ws.manifest(there), ws.manifest(there).context["candidates"], skipped=True)
    with measured(ws, "curate", act):
        curated = derive(ws, plan, act, versions, (inputs, against), progress)
    evals = _ids(against)
    return _publish(ws, (recipe_name, name or recipe_name), act, versions, inputs, evals, plan, curated)


def derive(
    ws: Workspace,
    plan: Plan,
    act: str,
    versions: Sequence[Version],
    reads: tuple[Mapping[str, Sequence[str]], Sequence[EvalSet]],
    progress: Progress = silent,
) -> Curated:
    """Compute a curation from exactly these segments and eval sets; publishes nothing."""
    inputs, against = reads
    scores = ws.store.snapshot(["scores"]).segments
    held = {"eval_items": tuple(f.segment for e in against for s, f in e.splits.items() if s != "test")}
    snapshot = Snapshot(ws.home, {**{t: tuple(inputs.get(t, ())) for t in SCHEMAS}, **scores, **held})
    sealed = Snapshot(
        ws.sealed.root,
        {"eval_items": tuple(f.segment for e in against for s, f in e.splits.items() if s == "test")},
    )
    over = of_snapshot(ws, snapshot, versions, sealed)
    curated = run_plan(plan, over, act, progress=progress)
    if not curated.candidates:
        raise UserError(
            "no rows go in: the pool is empty",
            where=", ".join(v.label for v in versions) or "from:",
            fix="assay generate RECIPE makes rows",
        )
    return curated


def _inputs(ws: Workspace, versions: Sequence[Version]) -> dict[str, list[str]]:
    """List the segments that hold the rows of the sources: what else lies in the pool does not matter."""
    found: dict[str, set[str]] = {t: set() for t in READS}
    for version in versions:
        for table, segments in ws.manifest(version).inputs.items():
            if table in found:
                found[table].update(segments)
    found["labels"] = set(ws.store.snapshot(["labels"]).segments["labels"])
    return {t: sorted(s) for t, s in found.items()}


def _against(plan: Plan, held: EvalSet) -> list[EvalSet]:
    """Return the eval sets that the plan's queries read: pinned, whatever other sets there are."""
    return [held] if plan.reads_items else []


def _ids(against: Sequence[EvalSet]) -> dict[str, str]:
    return {f"{e.name}:{split}": e.id(split) for e in against for split in e.splits}


def _act(
    plan: Plan,
    versions: Sequence[Version],
    inputs: Mapping[str, Sequence[str]],
    evals: Mapping[str, str],
) -> str:
    return fingerprint(
        "curate",
        plan=plan.identity,
        sources=sorted(v.id for v in versions),
        inputs=inputs,
        evals=evals,
    )


def _there(ws: Workspace, name: str, act: str) -> Version | None:
    return next((v for v in ws.versions(name) if v.manifest == act), None)


def _publish(
    ws: Workspace,
    names: tuple[str, str],
    act: str,
    versions: Sequence[Version],
    inputs: Mapping[str, Sequence[str]],
    evals: Mapping[str, str],
    plan: Plan,
    curated: Curated,
) -> Made:
    recipe_name, name = names
    selection: Selection = curated.selection
    if not selection:
        funnel = ", ".join(f"{rule} {n}" for rule, n in curated.funnel)
        raise UserError(
            f"no row is left of {curated.candidates}",
            where=f"curate.{recipe_name}",
            fix=f"loosen a rule: {funnel}" if funnel else "look at the select query",
        )
    manifest = Manifest(
        version=version_id(selection),
        fingerprint=act,
        act="curate",
        recipe={"name": recipe_name, **recipe_of(ws, recipe_name).resolved()},
        rows=len(selection),
        parents=tuple(v.id for v in versions),
        inputs=inputs,
        evals=evals,
        queries=plan.identity,
        funnel=curated.funnel,
        audits=tuple((rule, len(rows)) for rule, rows in curated.audits),
        context={
            "candidates": curated.candidates,
            "sources": [v.label for v in versions],
        },
    )
    if curated.scores.num_rows:
        ws.store.append("scores", act, curated.scores.to_pylist())
    version = ws.publish_version(name, selection, manifest)
    ws.store.append("verdicts", act, curated.verdicts)
    return Made(version, manifest, curated.candidates, skipped=False)


def audit_rows(manifest: Manifest) -> list[str]:
    """Return one line per audit that has failing rows."""
    return [f"audit {rule}: {n} rows" for rule, n in manifest.audits if n]


def summary(made: Made) -> dict[str, Any]:
    """Return the funnel as JSON."""
    m = made.manifest
    return {
        "version": made.version.label,
        "id": made.version.id,
        "candidates": made.candidates,
        "rows": m.rows,
        "funnel": [{"rule": rule, "dropped": n} for rule, n in m.funnel],
        "audits": [{"rule": rule, "rows": n} for rule, n in m.audits],
        "sources": m.context["sources"],
    }
