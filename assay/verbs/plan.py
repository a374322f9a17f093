"""What a loop works with, resolved once: recipes, held-out items, base model, contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from assay.chat import Contract
from assay.config import Loop, TrainRecipe
from assay.errors import UserError
from assay.files import Progress
from assay.models import Model
from assay.verbs.heldout import heldout
from assay.verbs.model import base_model, contract_of
from assay.verbs.stock import Stock, stock_of
from assay.workspace import EvalSet, Version, Workspace

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
    base = base_model(ws, stages(f"pull {ws.config.model}"))
    train = ws.config.train[loop.train]
    return LoopPlan(ws, loop, stock, train, held, base, contract_of(ws, base), stages)
