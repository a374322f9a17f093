"""Write a report as plain text: the sentence first, then the same tables as the page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from assay.report.data import Funnel, ReportData
from assay.report.numbers import around, count, difference, duration, interval, score, showable
from assay.report.page import HeatMap, ScoreTable, heat_maps, named, score_tables

WIDTH = 100


def render(report: ReportData) -> str:
    """Return the whole text; sections without rows are left out."""
    parts = [_head(report), *(p for p in _sections(report) if p)]
    return showable("\n\n".join(parts)) + "\n"


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Align rows in columns: a column whose head starts with `>` is flush right."""
    if not rows:
        return ""
    right = [h.startswith(">") for h in head]
    lines = [[h.lstrip(">") for h in head], *([" ".join(c.split()) for c in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join([title, *("  " + _aligned(line, widths, right) for line in lines)])


def _aligned(line: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = zip(line, widths, right, strict=True)
    return "  ".join(text.rjust(w) if r else text.ljust(w) for text, w, r in cells).rstrip()


def _head(report: ReportData) -> str:
    facts = " · ".join(f"{label} {value}" for label, value in report.facts)
    blocks = [report.title, textwrap.fill(report.headline, WIDTH), *report.notes, facts]
    return "\n".join(b for b in blocks if b)


def _sections(report: ReportData) -> Iterable[str]:
    yield _comparisons(report)
    yield from (_scores(t, report.metric) for t in score_tables(report.scores))
    yield from (_heat(m, report.skill_metric) for m in heat_maps(report.cells))
    yield _probes(report)
    yield from (_funnel(f) for f in report.funnels)
    yield _cost(report)
    yield _lineage(report)
    yield _openings(report)


def _comparisons(report: ReportData) -> str:
    head = ("comparison", "verdict", ">diff", ">interval", ">margin", ">mde", ">items", ">clusters", ">seeds")
    rows = [
        (
            *(c.name, c.verdict, difference(c.diff), around(c.lo, c.hi)),
            *(score(c.margin, 3), score(c.mde, 3), count(c.n), count(c.clusters), str(c.seeds)),
        )
        for c in report.comparisons
    ]
    sentences = [
        textwrap.fill(f"{c.sentence} ({c.method})", WIDTH, initial_indent="  ", subsequent_indent="  ")
        for c in report.comparisons
    ]
    return "\n".join([table("is it better?", head, rows), *sentences]) if rows else ""


def _scores(scores: ScoreTable, metric: str) -> str:
    head = [">round", "arm", ">items", *scores.parts]
    rows = [
        [str(r), arm, count(n), *(f"{score(s.value)} {interval(s.lo, s.hi)}" if s else "–" for s in line)]
        for r, arm, n, line in scores.rows
    ]
    return table(f"{scores.split}: {named(metric)} [interval]", head, rows)


def _heat(heat: HeatMap, metric: str) -> str:
    head = ["skill", *(f">round {r}" for r in heat.rounds)]
    rows = [[skill, *(score(c.value) if c else "–" for c in row)] for skill, row in heat.rows]
    return table(f"{heat.arm}: {named(metric)} by skill on dev", head, rows)


def _probes(report: ReportData) -> str:
    rows = [
        (
            *(p.name, "fired" if p.fired else "quiet", difference(p.value), around(p.lo, p.hi)),
            *(score(p.margin, 3), p.run or "–"),
        )
        for p in report.probes
    ]
    return table("overfitting probes", ("probe", "state", ">value", ">interval", ">margin", "run"), rows)


def _funnel(funnel: Funnel) -> str:
    rows = [("candidates", "", count(funnel.candidates))]
    rows += [(s.rule, count(s.dropped), count(s.left)) for s in funnel.steps]
    return table(f"data of {funnel.version}", ("rule", ">dropped", ">left"), rows)


def _cost(report: ReportData) -> str:
    rows = [(s.name, duration(s.seconds), count(s.tokens) if s.tokens else "–") for s in report.stages]
    if rows:
        tokens = sum(s.tokens for s in report.stages)
        total = duration(sum(s.seconds for s in report.stages))
        rows.append(("total", total, count(tokens) if tokens else "–"))
    return table("cost", ("stage", ">time", ">tokens"), rows)


def _lineage(report: ReportData) -> str:
    rows = [(a.kind, a.name, a.id[:12], ", ".join(a.parents) or "–", a.detail) for a in report.lineage]
    return table("lineage", ("kind", "name", "id", "made from", "detail"), rows)


def _openings(report: ReportData) -> str:
    if not report.openings:
        return "the sealed test has not been opened"
    rows = [(o.when, o.who, o.eval_set or "–", o.reason) for o in report.openings]
    return table("openings of the sealed test", ("when", "who", "eval set", "why"), rows)
