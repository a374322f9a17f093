"""Render a report as one self-contained HTML file: no script, no network, nothing outside the file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.errors import MissingExtra
from assay.report import charts, numbers
from assay.report.data import BASE, SHARED, Cell, ReportData, Score

TEMPLATES = Path(__file__).parent / "templates"


def render(report: ReportData) -> str:
    """Return the whole page; the same report gives the same bytes. Raises MissingExtra without jinja2."""
    try:
        import jinja2
    except ImportError as error:
        raise MissingExtra("jinja2", "report") from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        n: getattr(numbers, n) for n in ("score", "difference", "count", "duration", "glued")
    }
    environment.globals |= {"interval": numbers.interval, "around": numbers.around}
    page = environment.get_template("page.html.jinja2").render(report=report, **_drawn(report))
    return numbers.showable(page) + "\n"


def _drawn(report: ReportData) -> dict[str, Any]:
    """Return what the template needs beside the report itself: charts, heat maps and sums."""
    arms = charts.arms_of(report.scores)
    reach = charts.probe_reach(report.probes)
    return {
        "arms": arms,
        "dev": list(_dev_charts(report, arms)),
        "test": _test_chart(report, arms),
        "differences": _differences(report),
        "tables": score_tables(report.scores),
        "heat": heat_maps(report.cells),
        "strips": [charts.strip(p, reach) for p in report.probes],
        "metric": named(report.metric),
        "skill_metric": named(report.skill_metric),
        "seconds": sum(s.seconds for s in report.stages),
        "tokens": sum(s.tokens for s in report.stages),
    }


PARTS = {"all": "all templates", "seen": "templates seen in training", "unseen": "templates never trained on"}


def named(metric: str) -> str:
    """Say the direction of a metric where fewer is better."""
    return f"{metric} (fewer is better)" if metric == "bits per byte" else metric


def _title(metric: str) -> str:
    words = named(metric)
    return words[:1].upper() + words[1:]


def _dev_charts(report: ReportData, arms: Sequence[str]) -> Iterable[tuple[str, str]]:
    for part, words in PARTS.items():
        some = [s for s in report.scores if s.split == "dev" and s.part == part and not math.isnan(s.value)]
        if some:
            yield words, charts.rounds(some, f"{_title(report.metric)} on dev by round, {words}", arms)


def _test_chart(report: ReportData, arms: Sequence[str]) -> str:
    scores = report.scores
    some = [s for s in scores if s.split == "test" and s.part == "all" and not math.isnan(s.value)]
    return charts.models(some, f"{_title(report.metric)} on the sealed test", arms) if some else ""


def _differences(report: ReportData) -> str:
    title = "Paired differences with their intervals"
    return charts.differences(report.comparisons, title) if report.comparisons else ""


@dataclass(frozen=True)
class ScoreTable:
    """The scores of one split: a row per (round, arm), a column per part that exists."""

    split: str
    parts: tuple[str, ...]
    rows: tuple[tuple[int, str, int, tuple[Score | None, ...]], ...]


def score_tables(scores: Sequence[Score]) -> list[ScoreTable]:
    """Arrange scores by split, round and arm; the base and the shared start come first."""
    tables = []
    for split in dict.fromkeys(s.split for s in scores):
        some = [s for s in scores if s.split == split]
        parts = tuple(p for p in PARTS if any(s.part == p for s in some))
        rows = sorted({(s.round, _rank(s.arm, scores), s.arm) for s in some})
        by = {(s.round, s.arm, s.part): s for s in some}
        lines = [(r, arm, tuple(by.get((r, arm, p)) for p in parts)) for r, _, arm in rows]
        filled = tuple((r, arm, max((s.n for s in line if s), default=0), line) for r, arm, line in lines)
        tables.append(ScoreTable(split, parts, filled))
    return tables


def _rank(arm: str, scores: Sequence[Score]) -> int:
    order = [BASE, SHARED, *charts.arms_of(scores)]
    return order.index(arm)


@dataclass(frozen=True)
class HeatMap:
    """One arm by skill (rows) and round (columns)."""

    arm: str
    rounds: tuple[int, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]


def heat_maps(cells: Sequence[Cell]) -> list[HeatMap]:
    """Arrange cells into one map per arm, with the same skills and rounds in each."""
    rounds = tuple(sorted({c.round for c in cells}))
    skills = tuple(dict.fromkeys(c.skill for c in cells))
    by = {(c.arm, c.skill, c.round): c for c in cells}
    return [
        HeatMap(arm, rounds, tuple((s, tuple(by.get((arm, s, r)) for r in rounds)) for s in skills))
        for arm in dict.fromkeys(c.arm for c in cells)
    ]
