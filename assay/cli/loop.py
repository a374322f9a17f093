"""assay loop: targeted data against a control, round by round, and the sentence at the end."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.app import App, common

if TYPE_CHECKING:
    from assay.loop import Outcome


@click.command("loop")
@click.option("--rounds", type=click.IntRange(min=1), help="Rounds, instead of loop.rounds.")
@click.option("--seeds", help="Training seeds, as 1-3, instead of loop.seeds.")
@click.option(
    "--max-minutes", type=float, help="Stop before a round when so much is spent; the same command goes on."
)
@common
def command(app: App, rounds: int | None, seeds: str | None, max_minutes: float | None) -> None:
    """Run the loop of assay.yaml; whatever is done already is skipped."""
    from assay.cli.train import parse_seeds

    given = {"loop.rounds": rounds, "loop.seeds": parse_seeds(seeds), "limits.minutes": max_minutes}
    app.overrides += tuple(f"{key}={value}" for key, value in given.items() if value is not None)
    if app.dry_run:
        app.answer(dry_run(app), "\n".join(f"{k:<10}{v}" for k, v in dry_run(app).items()))
        return
    outcome, seconds = run_loop(app)
    finish(app, outcome, seconds, app.workspace.root)


def run_loop(app: App) -> tuple[Outcome, float]:
    """Run the loop and return its outcome and its wall time; a loop found done keeps its first time.

    A loop that went on after a kill took at least as long as the work that is on record.
    """
    from assay.files import publish_json, read_json
    from assay.loop import loop
    from assay.outcome import spent
    from assay.verbs.status import loop_record

    started = time.monotonic()
    outcome = loop(app.workspace, app.progress)
    record = loop_record(app.workspace)
    wall, work = time.monotonic() - started, sum(c.seconds for c in spent(outcome).values())
    publish_json(record, {"seconds": max(wall, work)})
    return outcome, float(read_json(record)["seconds"])


def finish(app: App, outcome: Outcome, seconds: float, folder: Path) -> None:
    """Write summary.json and report.html into `folder` and print the tables."""
    from assay.files import publish_json
    from assay.outcome import report_data, summary
    from assay.report.terminal import render
    from assay.verbs.report import write_page

    document, report = summary(outcome, seconds), report_data(outcome, seconds)
    publish_json(folder / "summary.json", document, replace=True)
    page = write_page(report, folder / "report.html")
    app.answer(document, render(report))
    app.note(f"\nreport: {page}\nsummary: {folder / 'summary.json'}")


def dry_run(app: App) -> dict[str, str]:
    """Return what the loop would do."""
    ws = app.workspace
    plan = ws.config.loop
    if plan is None:
        return {"loop": "assay.yaml has none"}
    trainings = len(plan.seeds) * (1 + plan.rounds * len(plan.arms))
    return {
        "model": ws.config.model,
        "rows": f"{plan.initial} shared, then {plan.size} per arm and round",
        "trainings": str(trainings),
        "test": "opened once, at the end",
        "leaves": "this machine: nothing",
    }
