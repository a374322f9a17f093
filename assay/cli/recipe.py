"""assay recipe list|show: the named blocks of assay.yaml with every key resolved."""

from __future__ import annotations

from typing import Any

import click
import yaml

from assay.cli.app import App, common, table
from assay.errors import UserError, nearest

BLOCKS = ("generate", "curate", "train", "suites")


@click.group("recipe")
def command() -> None:
    """Recipes of assay.yaml."""


def _recipes(app: App) -> dict[str, dict[str, Any]]:
    config = app.workspace.config
    return {
        f"{block}/{name}": recipe.resolved()
        for block in BLOCKS
        for name, recipe in getattr(config, block).items()
    }


@command.command("list")
@common
def list_(app: App) -> None:
    """List the recipes."""
    found = _recipes(app)
    rows = [
        [name, recipe.get("method") or " ".join(recipe.get("from", recipe.get("tasks", ())))]
        for name, recipe in found.items()
    ]
    app.answer({"recipes": list(found)}, table(["recipe", "what"], rows) or "assay.yaml names no recipe")


@command.command()
@click.argument("name")
@common
def show(app: App, name: str) -> None:
    """Show a recipe with every default filled in."""
    found = _recipes(app)
    names = [n for n in found if n == name or n.endswith(f"/{name}")]
    if len(names) != 1:
        what = f"there is no recipe {name!r}" if not names else f"{name!r} is {' and '.join(names)}"
        raise UserError(what, fix=nearest(name, found))
    recipe = found[names[0]]
    app.answer(
        {"name": names[0], "recipe": recipe},
        f"# {names[0]}\n{yaml.safe_dump(recipe, sort_keys=False)}".rstrip(),
    )
