"""assay eval run|compare|probe|show: is it better, and how sure is that?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from assay.cli.app import App, common, table


@click.group("eval")
def command() -> None:
    """Scores with intervals, paired comparisons, overfitting probes."""


@command.command()
@click.argument("models", nargs=-1, required=True)
@click.option("--split", type=click.Choice(["dev", "test"]), default="dev", show_default=True)
@click.option("--reason", default="", help="Why the sealed test is opened; goes into the ledger.")
@click.option("--suite", default="main", show_default=True)
@common
def run(app: App, models: tuple[str, ...], split: str, reason: str, suite: str) -> None:
    """Score MODELS (base, runs, groups) on the held-out items."""
    from assay.verbs.evaluate import evaluate
    from assay.verbs.heldout import heldout
    from assay.verbs.subjects import lineup

    ws = app.workspace
    check_suite(app, suite)
    if app.dry_run:
        held = heldout(ws)
        n = held.splits[split]["n"]
        app.answer({"items": n, "models": models}, f"{len(models)} models × {n} items of {held.name}:{split}")
        return
    who = lineup(ws, models, app.progress(f"pull {ws.config.model}"))
    results = evaluate(ws, who, split, suite=suite, reason=reason, progress=app.progress("eval"))
    lines = score_lines(results)
    app.answer({"split": split, "scores": lines}, score_table(lines, [s.name for s in who.subjects]))


def check_suite(app: App, suite: str) -> None:
    """Raise UserError unless assay.yaml has this suite."""
    from assay.errors import UserError, nearest

    if suite not in app.workspace.config.suites:
        fix = nearest(suite, app.workspace.config.suites)
        raise UserError(f"there is no suite {suite!r}", where="assay.yaml", fix=fix)


def score_lines(results: Sequence[Any]) -> list[dict[str, Any]]:
    """Return accuracy with its interval, and bits per byte, by run and slice."""
    from evals.run import scores

    return [
        {
            "run": s.run,
            "task": s.task,
            "slice": s.slice,
            "accuracy": s.accuracy.value,
            "lo": s.accuracy.lo,
            "hi": s.accuracy.hi,
            "correct": s.correct,
            "n": s.items,
            "bits_per_byte": s.bits_per_byte,
        }
        for s in scores(results)
    ]


def score_table(lines: Sequence[dict[str, Any]], order: Sequence[str]) -> str:
    """Lay scores out, runs in the order asked."""
    rank = {name: i for i, name in enumerate(order)}
    rows = [
        [
            s["run"],
            s["slice"],
            f"{s['accuracy']:.3f} [{s['lo']:.3f} {s['hi']:.3f}]",
            f"{s['correct']:g}/{s['n']}",
            s["bits_per_byte"],
        ]
        for s in sorted(lines, key=lambda s: rank.get(s["run"], 0))
    ]
    return table(["run", "slice", "accuracy", "correct", "bits/byte"], rows)


@command.command()
@click.argument("models", nargs=-1, required=True)
@click.option("--split", type=click.Choice(["dev", "test"]), default="dev", show_default=True)
@click.option("--reason", default="", help="Why the sealed test is opened; goes into the ledger.")
@click.option("--margin", type=float, help="Differences inside ± this count as same (default: task.margin).")
@click.option("--by", type=click.Choice(["skill"]), help="Compare inside each skill too.")
@common
def compare(
    app: App, models: tuple[str, ...], split: str, reason: str, margin: float | None, by: str | None
) -> None:
    """Compare each further model with the first: paired difference, verdict, what would settle it."""
    from assay.verbs.compare import compare_models, differences

    if len(models) < 2:
        raise click.UsageError("give two models or more; the first is what the others are compared with")
    if margin is not None and not 0 <= margin < 1:
        raise click.UsageError(f"--margin is a share of the items, as 0.02, not {margin:g}")
    ws = app.workspace
    found = compare_models(ws, models, split, reason=reason, margin=margin, progress=app.progress)
    payload, lines = [], [differences(ws, models)]
    for name, pairs in found.items():
        parts = pairs if by else {"all": pairs["all"]}
        for part, c in parts.items():
            payload.append({"a": models[0], "b": name, "part": part, "sentence": c.sentence, **c.summary()})
            lines.append(f"{'' if part == 'all' else f'  {part}: '}{c.sentence}")
            if c.settle:
                lines.append(f"  {c.settle.sentence}")
    app.answer({"split": split, "comparisons": payload}, "\n".join(lines))


@command.command()
@click.argument("models", nargs=-1, required=True)
@click.option("--probe", "names", help="Names, with commas between (default: all).")
@click.option("--version", help="Rows to probe with (default: what the run was trained on).")
@common
def probe(app: App, models: tuple[str, ...], names: str | None, version: str | None) -> None:
    """Probe MODELS for overfitting on their own training rows."""
    from assay.verbs.probe import probe as probe_models
    from assay.verbs.probe import version_of
    from assay.verbs.subjects import base_subject, lineup
    from evals.probes import PROBES

    ws = app.workspace
    who = lineup(ws, models, app.progress(f"pull {ws.config.model}"))
    runs = [r for m in models if m != "base" for r in ws.find_runs(m)]
    chosen = [n.strip() for n in names.split(",")] if names else list(PROBES)
    on = version_of(ws, runs, version)
    found = probe_models(ws, who, base_subject(who.base), on, chosen, app.progress("probe"))
    payload = [
        {"run": p.run, "version": p.version, "probe": r.name, "n": r.n, "sentence": r.sentence, **r.summary()}
        for p in found
        for r in p.results
    ]
    lines = [f"{p.run} on {p.version}: {r.sentence}" for p in found for r in p.results]
    lines += [f"{name} cannot see: {PROBES[name].blind}" for name in chosen]
    app.answer({"probes": payload}, "\n".join(lines))


@command.command()
@click.argument("run")
@click.option("-n", "count", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--skill", help="Only this skill.")
@click.option("--worst", is_flag=True, help="Failures only, hardest first.")
@click.option("--flips", metavar="RUN", help="Only items that RUN judged otherwise.")
@common
def show(app: App, run: str, count: int, skill: str | None, worst: bool, flips: str | None) -> None:
    """Show dev items of a run: prompt, answer, gold, what the check said."""
    from assay.verbs.evaluate import evaluate
    from assay.verbs.subjects import lineup

    ws = app.workspace
    who = lineup(ws, [run, *([flips] if flips else [])], app.progress(f"pull {ws.config.model}"))
    results = evaluate(ws, who, "dev", progress=app.progress("eval"))
    first = who.subjects[0].name
    items = [r for r in results if r.run == first and (not skill or r.skill == skill)]
    if flips:
        other = {r.item_id: r.score for r in results if r.run != first}
        items = [r for r in items if other.get(r.item_id, r.score) != r.score]
    if worst:
        items = sorted(
            (r for r in items if r.score < 1), key=lambda r: -(r.nll or 0.0) / max(r.target_bytes, 1)
        )
    lines = [
        f"{r.item_id}  {r.skill} / {r.template}{'' if r.seen else ' (unseen)'}\n{r.prompt}\n"
        f"→ {r.response}\ngold {r.answer} · score {r.score:g} · {r.detail}\n"
        for r in items[:count]
    ]
    app.answer({"run": first, "items": [r.row() for r in items[:count]]}, "\n".join(lines) or "no such item")


@command.command("score")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--response", required=True, metavar="FIELD", help="The field with the model's text.")
@click.option("--answer", required=True, metavar="FIELD", help="The field with the gold answer.")
@click.option("--check", "kind", default="exact", show_default=True, help="number, exact, choice, contains …")
@common
def score_file(app: App, file: Path, response: str, answer: str, kind: str) -> None:
    """Score the responses in FILE (JSONL, JSON, CSV, TSV) by a check; needs no workspace and no model."""
    from assay.verbs.score import SHOWN
    from assay.verbs.score import score_file as score

    found = score(file, response, answer, {"kind": kind})
    lines = [f"{found.correct} of {found.n} correct = {found.accuracy:.3f} [{found.lo:.3f} {found.hi:.3f}]"]
    lines += [f"  line {line}: {detail}" for line, detail in found.failed[:SHOWN]]
    if len(found.failed) > SHOWN:
        lines.append(f"  … {len(found.failed) - SHOWN} more failed")
    payload = {k: getattr(found, k) for k in ("n", "correct", "accuracy", "lo", "hi")}
    app.answer(payload, "\n".join(lines))
