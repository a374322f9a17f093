"""assay run list|show: what was trained, from what, by what."""

from __future__ import annotations

from dataclasses import asdict

import click

from assay.cli.app import App, common, table


@click.group("run")
def command() -> None:
    """Training runs."""


@command.command("list")
@common
def list_(app: App) -> None:
    """List the runs."""
    runs = app.workspace.runs()
    rows = [[r.name, r.version_label, r.base, r.start or "base", r.adapter[:8], r.created] for r in runs]
    text = table(["run", "version", "base", "start", "adapter", "when"], rows)
    app.answer({"runs": [asdict(r) for r in runs]}, text or "no runs yet; next: assay train VERSION")


@command.command()
@click.argument("name")
@common
def show(app: App, name: str) -> None:
    """Show a run: everything that made it, library versions, device, the loss curve."""
    from assay.files import read_json
    from training.sft import NOTE

    ws = app.workspace
    found = []
    lines: list[str] = []
    for run in ws.find_runs(name):
        note = read_json(ws.run_folder(run.id) / NOTE)
        found.append({**asdict(run), "folder": str(ws.run_folder(run.id)), "training": note})
        losses = note["losses"]
        points = [losses[i * (len(losses) - 1) // 7] for i in range(8)] if len(losses) > 8 else losses
        lines += [f"{k:<14}{v}" for k, v in asdict(run).items()]
        lines += [
            f"{'folder':<14}{ws.run_folder(run.id)}",
            f"{'loss':<14}{' '.join(f'{x:.2f}' for x in points)}",
        ]
        lines += [f"{k:<14}{v}" for k, v in note.items() if k not in ("losses", "recipe")] + [""]
    app.answer({"runs": found}, "\n".join(lines).rstrip())
