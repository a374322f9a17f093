"""assay curate RECIPE: the funnel of rules, and the version that is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from assay.cli.app import App, common, table

if TYPE_CHECKING:
    from assay.verbs.curate import Made


@click.command("curate")
@click.argument("recipe")
@click.option("--from", "sources", multiple=True, help="Versions to curate, instead of the recipe's.")
@click.option("--name", help="Name of the version, instead of the recipe's.")
@common
def command(app: App, recipe: str, sources: tuple[str, ...], name: str | None) -> int:
    """Reject, select and audit by RECIPE; exit 1 when an audit has failing rows."""
    from assay.verbs.curate import audit_rows, curate, recipe_of, summary

    ws = app.workspace
    versions = [ws.version(s) for s in sources or recipe_of(ws, recipe).from_]
    if app.dry_run:
        rows = sum(ws.manifest(v).rows for v in versions)
        rules = recipe_of(ws, recipe).reject
        app.answer({"rows": rows, "rules": rules}, f"{rows} rows through {', '.join(rules) or 'no rule'}")
        return 0
    made = curate(ws, recipe, sources=versions, name=name, progress=app.progress(f"curate {recipe}"))
    payload = summary(made)
    lines = [f"from {' + '.join(payload['sources'])}: {made.candidates} rows", funnel_table(made)]
    lines += [f"audit {rule}: {'ok' if not n else f'{n} failing rows'}" for rule, n in made.manifest.audits]
    state = "there already: " if made.skipped else "made "
    lines.append(f"{state}{made.version.label} {made.version.id[:8]}, {made.manifest.rows} rows")
    app.answer(payload, "\n".join(lines))
    return 1 if audit_rows(made.manifest) else 0


def funnel_table(made: Made) -> str:
    """Return what each rule dropped and what was left after it, the selection last."""
    left = made.candidates
    rows: list[list[Any]] = []
    for rule, dropped in made.manifest.funnel:
        left -= dropped
        rows.append([f"  {rule}", -dropped, left])
    select = made.manifest.recipe["select"]["query"]
    rows.append([f"  {select}", made.manifest.rows - left, made.manifest.rows])
    return table(["  rule", "rows", "left"], rows)
