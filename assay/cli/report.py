"""assay report: the page and the tables of the loop that has run."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.app import App, common


@click.command("report")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("report.html"), show_default=True, help="The page."
)
@common
def command(app: App, out: Path) -> None:
    """Write one self-contained HTML page of the loop that has ended, and print the same tables."""
    from assay.cli.loop import run_loop
    from assay.errors import UserError
    from assay.outcome import report_data, summary
    from assay.report.terminal import render
    from assay.verbs.report import write_page
    from assay.verbs.status import loop_record

    if not loop_record(app.workspace).is_file():
        raise UserError(
            "the loop of this assay.yaml has not ended here, so there is nothing to report",
            fix="assay loop; or give --set as it was given to the loop",
        )
    outcome, seconds = run_loop(app)
    report = report_data(outcome, seconds)
    app.answer(summary(outcome, seconds) | {"page": str(out)}, render(report))
    if not app.dry_run:
        app.note(f"\nreport: {write_page(report, out)}")
