"""assay generate RECIPE: make rows by a recipe of assay.yaml."""

from __future__ import annotations

import click

from assay.cli.app import App, common


@click.command("generate")
@click.argument("recipe")
@click.option("--n", type=click.IntRange(min=1), help="Rows to make, instead of the recipe's n.")
@click.option("--name", help="Name of the version, instead of the recipe's.")
@common
def command(app: App, recipe: str, n: int | None, name: str | None) -> None:
    """Make rows by RECIPE and a version of them."""
    from assay.verbs.generate import generate, recipe_of

    wanted = recipe_of(app.workspace, recipe)
    if app.dry_run:
        rows = n or wanted.n
        app.answer(
            {"rows": rows, "leaves": []}, f"{rows} rows by {wanted.method} · leaves this machine: nothing"
        )
        return
    made = generate(app.workspace, recipe, name=name, n=n, progress=app.progress(f"generate {recipe}"))
    rejected = "".join(f" · {count} {reason}" for reason, count in made.rejected.items())
    state = "there already: " if made.skipped else ""
    app.answer(
        {"version": made.version.label, "id": made.version.id, "rows": made.rows, "rejected": made.rejected},
        f"{state}{made.rows} rows{rejected} · made {made.version.label}",
    )
