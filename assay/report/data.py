"""What a report shows, as frozen rows: whoever knows the numbers builds this, the rest only draws it.

Scores of accuracy and macro-F1 are fractions in [0, 1], those of bits per byte are not, and fewer are
better; differences are in the same unit. An end that too few clusters leave open
is infinite, a number that does not exist is NaN. Ids are shown cut to twelve digits. An empty table
leaves its section out. Order is kept as given, except that rounds are sorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["better", "worse", "same", "cannot tell"]

BASE = "base"
"""The arm of the model nothing was trained on: drawn as a line across the rounds."""

SHARED = "round 0"
"""The arm of the adapter both arms start from: drawn as the first point of every line."""


@dataclass(frozen=True)
class Step:
    """One rule of a curation: how many rows it dropped, and how many were left after it."""

    rule: str
    dropped: int
    left: int


@dataclass(frozen=True)
class Funnel:
    """What became of the candidates of one dataset version; `version` is its name, e.g. `main@v3`."""

    version: str
    candidates: int
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Score:
    """The metric of one arm after one round on one split; `part` is all, seen or unseen templates."""

    round: int
    arm: str
    split: str
    value: float
    lo: float
    hi: float
    n: int
    part: str = "all"


@dataclass(frozen=True)
class Cell:
    """The skill metric of one arm on one skill after one round, on dev."""

    arm: str
    skill: str
    round: int
    value: float
    n: int


@dataclass(frozen=True)
class Comparison:
    """One paired comparison on the test split: `name` says what minus what, `sentence` says it in words."""

    name: str
    sentence: str
    verdict: Verdict
    diff: float
    lo: float
    hi: float
    n: int
    clusters: int
    seeds: int
    margin: float
    mde: float
    method: str


@dataclass(frozen=True)
class Probe:
    """One overfitting probe; it fires when its whole interval lies beyond its margin."""

    name: str
    question: str
    value: float
    lo: float
    hi: float
    margin: float
    fired: bool
    run: str = ""
    blind_to: str = ""


@dataclass(frozen=True)
class Stage:
    """What one stage cost; `tokens` counts what a model read and wrote, 0 where no model ran."""

    name: str
    seconds: float
    tokens: int = 0


@dataclass(frozen=True)
class Ancestor:
    """One thing the numbers rest on: an eval set, a version, a run; `parents` are names of others."""

    kind: str
    name: str
    id: str
    parents: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True)
class Opening:
    """One opening of the sealed test split, as it stands in the ledger."""

    when: str
    who: str
    reason: str
    eval_set: str = ""


@dataclass(frozen=True)
class ReportData:
    """A whole report. `headline` is the honest sentence; `facts` are short (label, value) pairs under it.

    `metric` names what scores and comparisons measure, `skill_metric` what cells do.
    """

    title: str
    headline: str
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    scores: tuple[Score, ...] = ()
    cells: tuple[Cell, ...] = ()
    probes: tuple[Probe, ...] = ()
    funnels: tuple[Funnel, ...] = ()
    stages: tuple[Stage, ...] = ()
    lineage: tuple[Ancestor, ...] = ()
    openings: tuple[Opening, ...] = ()
    metric: str = "accuracy"
    skill_metric: str = "accuracy"
