"""What a loop works with, resolved once: recipes, held-out items, base model, contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from assay.chat import Contract
from assay.config import Loop, TrainRecipe
from assay.errors import UserError
from assay.files import Progress
from assay.models import Model
from assay.verbs.evaluate import check_tasks
from assay.verbs.heldout import heldout
from assay.verbs.model import base_model, contract_of
from assay.verbs.stock import Imported, Stock, stock_of
from assay.workspace import EvalSet, Version, Workspace
from evals.probes.probe import PROBE_TASK

Stages = Callable[[str], Progress]
"""Give a stage's label, get its progress."""


@dataclass(frozen=True)
class LoopPlan:
    """Everything a round needs besides the results of the round before."""

    ws: Workspace
    loop: Loop
    stock: Stock
    train: TrainRecipe
    held: EvalSet
    base: Model
    contract: Contract
    stages: Stages
    shared: Version | None = None
    """Round 0's version: the answer tokens of its rows set the level that every arm is held to."""
    tokens: dict[str, int] = field(default_factory=dict)
    """Example id → tokens with loss, filled as they are asked for."""


def plan_loop(ws: Workspace, stages: Stages) -> LoopPlan:
    """Read `loop:` of assay.yaml. Raises UserError when it is absent or its recipe cannot be weighted."""
    loop = ws.config.loop
    if loop is None:
        raise UserError(
            "assay.yaml has no loop", where="assay.yaml", fix="add `loop:`; assay demo DIR shows one"
        )
    held, stock = heldout(ws), stock_of(ws, loop)
    held.split("dev"), held.split("test")
    check_tasks(ws, loop.suite)
    _probes_fit(ws, loop, stock)
    base = base_model(ws, stages(f"pull {ws.config.model}"))
    train = ws.config.train[loop.train]
    return LoopPlan(ws, loop, stock, train, held, base, contract_of(ws, base), stages)


def _probes_fit(ws: Workspace, loop: Loop, stock: Stock) -> None:
    """Raise UserError for a probe that has nothing to compare here, before hours are spent."""
    from evals.probes import PROBES

    if not isinstance(stock, Imported):
        return
    judged = ws.config.task.metric != "bits_per_byte"
    fitting = [n for n, p in PROBES.items() if "twin" not in p.variants and (judged or p.task != PROBE_TASK)]
    for name in ws.config.suites[loop.suite].probes:
        if name not in fitting:
            why = (
                "needs twins of its rows"
                if "twin" in PROBES[name].variants
                else "needs answers that a check judges"
            )
            raise UserError(
                f"the probe {name} {why}, and rows of an import have none",
                where=f"assay.yaml: suites.{loop.suite}",
                fix=f"probes that fit: {', '.join(fitting)}",
            )
