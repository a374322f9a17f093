"""assay demo [DIR]: the whole loop, offline, with a real small model."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.app import App, common
from assay.config import FILE


@click.command("demo")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("demo"), metavar="[DIR]")
@click.option("--rounds", type=click.IntRange(min=1), help="Rounds, instead of two.")
@common
def command(app: App, folder: Path, rounds: int | None) -> None:
    """Make a workspace in DIR (default: demo) and run its loop; a second time only what is missing."""
    from assay.cli.loop import dry_run, finish, run_loop
    from assay.verbs.demo import make_demo

    made = make_demo(folder)
    app.folder = folder
    app.overrides += (f"loop.rounds={rounds}",) if rounds else ()
    app.note(f"{folder / FILE}: {'made; read its comments' if made else 'there already'}")
    if app.dry_run:
        app.answer(dry_run(app), "\n".join(f"{k:<10}{v}" for k, v in dry_run(app).items()))
        return
    outcome, seconds = run_loop(app)
    finish(app, outcome, seconds, folder)
