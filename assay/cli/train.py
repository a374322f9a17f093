"""assay train VERSION…: fine-tune on versions, after a pre-flight that shows what is trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from assay.cli.app import App, common
from assay.cli.progress import clock

if TYPE_CHECKING:
    from training.preflight import Preflight


@click.command("train")
@click.argument("versions", nargs=-1, required=True)
@click.option("--recipe", help="A recipe of train: (default: the only one).")
@click.option("--seeds", help="As 1-5 or 1,3.")
@click.option(
    "--match", type=click.Choice(["tokens", "steps", "epochs"]), help="Give every run the same budget."
)
@common
def command(app: App, versions: tuple[str, ...], recipe: str | None, seeds: str | None, match: Any) -> None:
    """Train on VERSIONS, one run per version and seed."""
    from assay.verbs.train import train, units
    from training.preflight import preflight

    ws = app.workspace
    planned = units(
        ws,
        [ws.version(v) for v in versions],
        recipe,
        seeds=parse_seeds(seeds),
        by=match,
        progress=app.progress(f"pull {ws.config.model}"),
    )
    flights = {u.version.label: preflight(u.rows, u.job) for u in planned}
    for label, flight in flights.items():
        app.note(f"{label}: {flight_line(flight)}\n{flight.text}")
    if app.dry_run:
        names = [f"{u.version.label} {u.recipe} seed {u.job.seed}" for u in planned]
        app.answer({"units": names}, "\n".join(names))
        return
    done = []
    for unit in planned:
        run, trained = train(ws, unit, app.progress(f"train {unit.version.label} seed {unit.job.seed}"))
        loss = trained.losses[-1] if trained.losses else float("nan")
        app.note(f"{run.name}: {trained.steps} steps, {clock(trained.seconds)}, last loss {loss:.3f}")
        done.append({"run": run.name, "id": run.id, "adapter": run.adapter, "steps": trained.steps})
    app.answer({"runs": done}, "\n".join(str(r["run"]) for r in done))


def flight_line(flight: Preflight) -> str:
    """Return what a run will see and cost, in one line."""
    return (
        f"{flight.rows} rows · {flight.steps} steps ({flight.epochs:g} epochs) · "
        f"{flight.answer_tokens:,} of {flight.tokens:,} tokens have loss · {flight.n_cut} answers cut · "
        f"about {flight.memory / 1e9:.1f} GB · what is trained on stands between ⟦ and ⟧:"
    )


def parse_seeds(text: str | None) -> list[int] | None:
    """Read 1-5 or 1,3."""
    if not text:
        return None
    seeds: list[int] = []
    try:
        for part in text.split(","):
            low, dash, high = part.partition("-")
            found = range(int(low), int(high) + 1) if dash else [int(low)]
            if not found:
                raise ValueError(part)
            seeds += found
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is no list of seeds; write 1-5 or 1,3", param_hint="--seeds"
        ) from error
    return list(dict.fromkeys(seeds))
