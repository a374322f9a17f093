"""assay report: the page and the tables of the loop that has run."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.app import App, common


@click.command("report")
@click.option("--out", type=click.Path(path_type=Path), default=Path("report.html"), show_default=True)
@common
def command(app: App, out: Path) -> None:
    """Write one self-contained HTML page and print the same tables; goes on with a loop that is not done."""
    from assay.cli.loop import run_loop
    from assay.outcome import report_data, summary
    from assay.report.terminal import render
    from assay.verbs.report import write_page

    outcome, seconds = run_loop(app)
    report = report_data(outcome, seconds)
    page = write_page(report, out)
    app.answer(summary(outcome, seconds) | {"page": str(page)}, render(report))
    app.note(f"\nreport: {page}")
