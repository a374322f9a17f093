"""assay status: what there is, and the next command."""

from __future__ import annotations

import click

from assay.cli.app import App, common


@click.command("status")
@common
def command(app: App) -> None:
    """Check assay.yaml; list versions, runs and test openings; name the next command."""
    from assay.verbs.status import status

    found = status(app.workspace)
    app.answer(
        found,
        f"assay.yaml ok · versions {len(found['versions'])} · runs {len(found['runs'])} · "
        f"test openings {found['test_openings']}\nnext: {found['next']}",
    )
