"""assay sql QUERY: ask the locked database."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import click

from assay.cli.app import App, common, table


@click.command("sql")
@click.argument("query")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "csv", "md", "latex"]),
    default="table",
    show_default=True,
)
@common
def command(app: App, query: str, format_: str) -> None:
    """Run one SELECT over examples, origins, verdicts, scores, labels, eval_items and results."""
    from assay.verbs.sql import ask

    rows = ask(app.workspace, query)
    head = list(rows[0]) if rows else []
    values = [[r[h] for h in head] for r in rows]
    app.answer(
        {"rows": rows}, LAYOUTS[format_](head, values) if rows else ("no rows" if format_ == "table" else "")
    )


def _csv(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([head, *rows])
    return out.getvalue().rstrip("\n")


def _markdown(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(str(v).replace("|", "\\|").replace("\n", " ") for v in r) + " |" for r in lines
    )


def _latex(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    body = [" & ".join(_tex(v) for v in r) + r" \\" for r in [head, *rows]]
    body.insert(1, r"\midrule")
    lines = [rf"\begin{{tabular}}{{{'l' * len(head)}}}", r"\toprule", *body, r"\bottomrule", r"\end{tabular}"]
    return "\n".join(lines)


def _tex(value: Any) -> str:
    text = str(value).replace("\\", r"\textbackslash ").replace("\n", " ")
    for char in "&%$#_{}":
        text = text.replace(char, f"\\{char}")
    return text


LAYOUTS = {"table": table, "csv": _csv, "md": _markdown, "latex": _latex}
