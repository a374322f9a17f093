"""What can be evaluated: the base, a run, or all seeds of a run group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.chat import Contract
from assay.files import Progress, silent
from assay.models import Model
from assay.verbs.model import base_model, contract_of
from assay.workspace import Run, Workspace
from evals.bench import Subject

BASE = "base"


@dataclass(frozen=True)
class Lineup:
    """The base model, the contract, and what stands on them."""

    base: Model
    contract: Contract
    subjects: tuple[Subject, ...]


def lineup(ws: Workspace, specs: Sequence[str], progress: Progress = silent) -> Lineup:
    """Return the subjects that `base`, run names and group names stand for, each once.

    Raises UserError for an unknown name; an adapter of another base or contract is refused when it is
    evaluated.
    """
    base = base_model(ws, progress)
    subjects = [s for spec in specs for s in subjects_of(ws, spec, base)]
    return Lineup(base, contract_of(ws, base), tuple({s.name: s for s in subjects}.values()))


def subjects_of(ws: Workspace, spec: str, base: Model) -> list[Subject]:
    """Return the base, or the runs of a name."""
    if spec == BASE:
        return [base_subject(base)]
    return [run_subject(ws, run, base) for run in ws.find_runs(spec)]


def base_subject(base: Model) -> Subject:
    """Return the untrained model; its name carries its digest, so that two bases are never mixed up."""
    return Subject(f"{BASE}-{base.digest[:8]}")


def run_subject(ws: Workspace, run: Run, base: Model) -> Subject:
    """Return a trained run. Raises UserError when it was trained on another base."""
    from assay.errors import UserError

    if run.base_digest != base.digest:
        raise UserError(
            f"{run.name} was trained on another base, {run.base} {run.base_digest[:8]}",
            fix=f"--set model={run.base}",
        )
    return Subject(run.name, ws.run_folder(run.id), run.adapter, run.contract)
