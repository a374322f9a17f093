"""A whole report with every section filled; the numbers are invented."""

from __future__ import annotations

import pytest

from assay.report.data import (
    Ancestor,
    Cell,
    Comparison,
    Funnel,
    Opening,
    Probe,
    ReportData,
    Score,
    Stage,
    Step,
)

SKILLS = ("arithmetic", "units", "table_sql", "extract_json")


def scores() -> tuple[Score, ...]:
    """Two arms over two rounds on dev, by part, and the four models of the sealed test."""
    rows = []
    for part, cut in (("all", 1.0), ("seen", 1.18), ("unseen", 0.62)):
        points = [
            (0, "base", 0.06),
            (0, "round 0", 0.41),
            (1, "targeted", 0.55),
            (1, "control", 0.52),
            (2, "targeted", 0.66),
            (2, "control", 0.61),
        ]
        for round_, arm, value in points:
            v = min(value * cut, 0.97)
            rows.append(Score(round_, arm, "dev", v, max(v - 0.07, 0.0), min(v + 0.07, 1.0), 160, part))
    test = [(0, "base", 0.05), (0, "round 0", 0.38), (2, "targeted", 0.63), (2, "control", 0.6)]
    rows += [Score(r, arm, "test", v, max(v - 0.06, 0.0), v + 0.06, 320) for r, arm, v in test]
    return tuple(rows)


def cells() -> tuple[Cell, ...]:
    """Four skills over three rounds for both arms."""
    start = {"arithmetic": 0.3, "units": 0.42, "table_sql": 0.55, "extract_json": 0.71}
    gain = {"targeted": 0.13, "control": 0.08}
    return tuple(
        Cell(arm, skill, r, min(start[skill] + gain[arm] * r, 1.0), 40)
        for arm in gain
        for skill in SKILLS
        for r in range(3)
    )


COMPARISONS = (
    Comparison(
        "targeted − base",
        "Training on the targeted data beat the base by .580 [.481 .679] on the sealed test.",
        "better",
        0.580,
        0.481,
        0.679,
        320,
        24,
        1,
        0.02,
        0.139,
        "t on cluster means, df 23",
    ),
    Comparison(
        "targeted − control",
        "Cannot tell: targeted data could be worse by 1 point or better by 7 than the same amount of "
        "untargeted data; about 900 items over 60 templates would settle an effect of 3 points.",
        "cannot tell",
        0.031,
        -0.012,
        0.074,
        320,
        24,
        1,
        0.02,
        0.061,
        "t on cluster means, df 23",
    ),
)

PROBES = (
    Probe(
        "fresh_gap",
        "Does it do better on rows it was trained on than on fresh rows of the same generator?",
        0.098,
        0.061,
        0.135,
        0.05,
        True,
        "targeted-v3.demo.s1",
        "what every fresh row shares with the training rows",
    ),
    Probe(
        "retemplate",
        "Does the same item with new names and numbers still succeed?",
        0.021,
        -0.030,
        0.072,
        0.05,
        False,
        "targeted-v3.demo.s1",
    ),
    Probe(
        "verbatim",
        "Does it copy the rest of a training row from its beginning?",
        0.004,
        -0.002,
        0.010,
        0.02,
        False,
        "targeted-v3.demo.s1",
    ),
)

FUNNELS = (
    Funnel(
        "targeted@v3",
        1204,
        (
            Step("exact_duplicate", 12, 1192),
            Step("near_duplicate", 96, 1096),
            Step("overlaps_heldout", 3, 1093),
            Step("check_fails", 0, 1093),
            Step("cap_per_skill (select)", 193, 900),
        ),
    ),
    Funnel("control@v3", 1198, (Step("exact_duplicate", 9, 1189), Step("cap_per_skill (select)", 289, 900))),
)


@pytest.fixture
def sample() -> ReportData:
    """Return the filled report."""
    return full()


def full() -> ReportData:
    """Build the filled report."""
    return ReportData(
        title="demo",
        headline="Cannot tell whether targeted data beat the same amount of untargeted data: +.031 "
        "[−.012 +.074]. Both beat the base by far; about 900 items would settle it.",
        facts=(
            ("model", "SmolLM2-135M-Instruct"),
            ("rounds", "2"),
            ("rows", "900"),
            ("time", "6 min 5 s"),
            ("sealed test opened", "1 time"),
        ),
        notes=("For these adapters; training noise not measured: one seed was trained.",),
        comparisons=COMPARISONS,
        scores=scores(),
        cells=cells(),
        probes=PROBES,
        funnels=FUNNELS,
        stages=(
            Stage("generate", 2.1),
            Stage("curate", 4.6),
            Stage("train", 214.0, 61200),
            Stage("eval", 144.7, 48311),
        ),
        lineage=(
            Ancestor("eval set", "demo:dev", "8f2c41d09b7714aa", (), "160 items, half on unseen templates"),
            Ancestor("eval set", "demo:test", "1d77c0ffeeaa4412", (), "320 items, sealed"),
            Ancestor("version", "targeted@v3", "3f9c21aa7be04410", ("targeted@v2",), "900 rows"),
            Ancestor("run", "targeted-v3.demo.s1", "b0a912ce55d1f0aa", ("targeted@v3", "shared-v1.demo.s1")),
        ),
        openings=(Opening("2026-11-24 10:12", "ada", "end of the loop", "demo:test"),),
    )
