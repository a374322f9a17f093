"""assay probe list|show: the overfitting probes, what fires them and what they cannot see."""

from __future__ import annotations

from typing import Any

import click

from assay.cli.app import App, common, table
from assay.errors import UserError, nearest

CARD = ("question", "estimand", "unit", "fires", "blind", "reference", "margin", "version")


@click.group("probe")
def command() -> None:
    """Overfitting probes."""


def _cards() -> dict[str, dict[str, Any]]:
    from evals.probes import PROBES

    return {name: {k: getattr(p, k) for k in CARD} for name, p in PROBES.items()}


@command.command("list")
@common
def list_(app: App) -> None:
    """List the probes."""
    cards = _cards()
    rows = [[name, card["question"]] for name, card in cards.items()]
    app.answer({"probes": cards}, table(["probe", "question"], rows))


@command.command()
@click.argument("name")
@common
def show(app: App, name: str) -> None:
    """Show a probe's card."""
    cards = _cards()
    if name not in cards:
        raise UserError(f"there is no probe {name!r}", fix=nearest(name, cards))
    app.answer({"name": name, **cards[name]}, "\n".join(f"{k:<10}{v}" for k, v in cards[name].items()))
