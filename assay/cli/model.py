"""assay model pull|list|show: names of models, and the folders and digests behind them."""

from __future__ import annotations

import click

from assay.cli.app import App, common, table


@click.group("model")
def command() -> None:
    """Models: a local folder, a Hub id, or an alias."""


@command.command()
@click.argument("names", nargs=-1, required=True)
@common
def pull(app: App, names: tuple[str, ...]) -> None:
    """Bring models here; cheap the second time."""
    from assay.verbs.model import pull as pull_model

    pulled = []
    for name in names:
        model = pull_model(name, app.progress(f"pull {name}"))
        app.note(f"{model.name}: digest {model.digest[:8]} · {size(model.size)} · {model.licence}")
        pulled.append(model.row())
    lines = [f"{r['name']}  {r['digest'][:8]}  {r['folder']}" for r in pulled]
    app.answer({"models": pulled}, "\n".join(lines))


@command.command("list")
@common
def list_(app: App) -> None:
    """List the models that are here, and the aliases that can be pulled."""
    from assay import models

    here = [m.row() for m in models.listing()]
    absent = {a: what for a, what in models.ALIASES.items() if a not in {r["name"] for r in here}}
    rows = [[r["name"], r["digest"][:8], size(r["bytes"]), r["licence"], r["source"]] for r in here]
    rows += [[a, "", "", "", f"not here: {what}"] for a, what in absent.items()]
    app.answer(
        {"models": here, "aliases": absent}, table(["model", "digest", "size", "licence", "source"], rows)
    )


@command.command()
@click.argument("name")
@common
def show(app: App, name: str) -> None:
    """Show one model: digest, size, licence, chat template or none."""
    from assay import models

    row = models.resolve(name).row()
    app.answer(row, "\n".join(f"{k:<14}{size(v) if k == 'bytes' else v}" for k, v in row.items()))


def size(count: int) -> str:
    """Return bytes as 12.3 MB."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
