"""The models a workspace stands on, pulled when a verb needs them."""

from __future__ import annotations

from collections.abc import Iterable

from assay import models
from assay.chat import Contract
from assay.files import Progress, silent
from assay.workspace import Workspace

CORPUS_ROWS = 8_000
"""Texts of the skills' training split that nano's tokenizer and weights are made from."""


def pull(name: str, progress: Progress = silent) -> models.Model:
    """Bring a model here; `nano` is made from the skills' text."""
    return models.pull(name, progress, skills_text)


def skills_text() -> Iterable[str]:
    """Yield the text that nano is made from: training rows of every skill, never held-out ones."""
    from generators.programmatic import corpus

    return corpus(CORPUS_ROWS, 0)


def base_model(ws: Workspace, progress: Progress = silent) -> models.Model:
    """Return the workspace's base model, pulling it when it is not here."""
    return pull(ws.config.model, progress)


def contract_of(ws: Workspace, base: models.Model) -> Contract:
    """Return the chat contract: the base's template and the task's system prompt."""
    return Contract.load(base.folder, ws.config.task.system)
