"""Train versions: one run per version and seed, named after what it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assay.chat import LOSS_MASK, Contract
from assay.config import TrainRecipe
from assay.errors import UserError, nearest
from assay.files import Progress, silent
from assay.ledger import now
from assay.models import Model
from assay.verbs.costs import measured
from assay.verbs.model import base_model, contract_of
from assay.workspace import Run, Version, Workspace
from training.data import Job, Row, match
from training.sft import Trained, identity

Match = Literal["steps", "tokens", "epochs"]


@dataclass(frozen=True)
class Unit:
    """One run to train: a version's rows under one job, and the group name it belongs to."""

    version: Version
    rows: Sequence[Row]
    job: Job
    recipe: str
    start: str = ""


def recipe_of(ws: Workspace, name: str | None) -> tuple[str, TrainRecipe]:
    """Return a recipe of `train:`; without a name, the only one there is."""
    there = ws.config.train
    if name is None and len(there) == 1:
        name = next(iter(there))
    if name is None or name not in there:
        what = (
            "there are several train recipes"
            if name is None and there
            else f"there is no train recipe {name!r}"
        )
        raise UserError(what, where="assay.yaml", fix=f"--recipe NAME; {nearest(name or '', there)}")
    return name, there[name]


def units(
    ws: Workspace,
    versions: Sequence[Version],
    recipe_name: str | None,
    *,
    seeds: Sequence[int] | None = None,
    by: Match | None = None,
    progress: Progress = silent,
) -> list[Unit]:
    """Plan the runs of some versions; `by` gives every run the same budget."""
    name, recipe = recipe_of(ws, recipe_name)
    base = base_model(ws, progress)
    contract = contract_of(ws, base)
    planned = []
    for version in versions:
        rows = ws.training_rows(version)
        for seed in seeds or recipe.seeds:
            planned.append(Unit(version, rows, Job(recipe, base, contract, seed), name))
    if by:
        jobs = match([(u.rows, u.job) for u in planned], by)
        planned = [replace(u, job=job) for u, job in zip(planned, jobs, strict=True)]
    return planned


def train(ws: Workspace, unit: Unit, progress: Progress = silent) -> tuple[Run, Trained]:
    """Train one unit, or find that it is trained already, and give the run its name."""
    from training.sft import train as fit

    run_id = identity(unit.rows, unit.job)
    folder = ws.run_folder(run_id)
    if folder.is_dir():
        trained = Trained.load(folder)
    else:
        with measured(ws, "train", run_id) as cost:
            trained = fit(unit.rows, unit.job, folder, progress)
            cost.tokens, cost.seconds = trained.tokens, trained.seconds
    return ws.publish_run(_run(ws, unit, run_id, trained)), trained


def _run(ws: Workspace, unit: Unit, run_id: str, trained: Trained) -> Run:
    base: Model = unit.job.model
    contract: Contract = unit.job.contract
    for there in ws.runs():
        if there.id == run_id and there.version == unit.version.id:
            return there
    key = f"{unit.recipe} {unit.job.recipe.model_dump_json(exclude={'seeds'})} {base.digest} {contract.hash}"
    wanted = f"{unit.version.name}-v{unit.version.number}.{unit.recipe}"
    group = ws.run_group(wanted, key)
    return Run(
        name=f"{group}.s{unit.job.seed}",
        id=run_id,
        group=group,
        group_key=key,
        seed=unit.job.seed,
        version=unit.version.id,
        version_label=unit.version.label,
        base=base.name,
        base_digest=base.digest,
        adapter=trained.digest,
        contract=contract.hash,
        loss_mask=LOSS_MASK,
        start=unit.start,
        created=now(),
    )
