"""What a probe is, what it says, and the contrast that all member-against-other probes share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assay.errors import UserError
from assay.records import Result
from evals import stats
from evals.pairing import cluster_of
from evals.stats import Estimate

PROBE_TASK = "probe"
VERBATIM_TASK = "verbatim"

ALPHA = 0.05
"""Two-sided, as the intervals; a probe fires by the lower side, so its own level is half of it."""

MIN_CLUSTERS = 5
"""With fewer templates a probe stays quiet and says so."""


@dataclass(frozen=True)
class Evidence:
    """Result rows of one run and of the base on the same probe items.

    Rows of the task `PROBE_TASK` answer the items, rows of `VERBATIM_TASK` finish begun answers.
    """

    run: Sequence[Result]
    base: Sequence[Result]


@dataclass(frozen=True)
class ProbeResult:
    """One probe's finding. It fires when the interval's lower end, and Holm's p, say value > margin."""

    name: str
    value: float
    lo: float
    hi: float
    margin: float
    fired: bool
    n: int
    sentence: str
    clusters: int = 0
    p: float = 1.0

    def summary(self) -> dict[str, float | bool | None]:
        """Return the keys of the loop's `summary.json`."""
        numbers = {k: getattr(self, k) for k in ("value", "lo", "hi", "margin")}
        finite: dict[str, float | bool | None] = {
            k: v if math.isfinite(v) else None for k, v in numbers.items()
        }
        return finite | {"fired": self.fired}


@dataclass(frozen=True)
class Probe:
    """A probe and its card; `run` returns a result that does not yet know the others (see `holm`)."""

    name: str
    version: int
    question: str
    estimand: str
    unit: str
    reference: str
    fires: str
    blind: str
    margin: float
    variants: tuple[str, str]
    task: str
    run: Callable[[Evidence], ProbeResult]


def contrast(evidence: Evidence, left: str, right: str, task: str) -> Estimate:
    """Estimate (run - base) on `left` items minus (run - base) on `right` items, paired by parent.

    Taking the base away removes what makes an item easy or hard by itself. Clusters are templates.
    """
    run, base = ({r.item_id: r for r in rows if r.task == task} for rows in (evidence.run, evidence.base))
    if missing := len(run.keys() ^ base.keys()):
        raise UserError(
            f"{missing} probe items were answered by only one of run and base",
            fix="run `assay eval probe` for both",
        )
    gains: dict[str, dict[str, list[float]]] = {left: {}, right: {}}
    templates: dict[str, str] = {}
    for item, row in run.items():
        before = base[item].score
        if row.variant in gains and row.score is not None and before is not None:
            gains[row.variant].setdefault(row.parent, []).append(row.score - before)
            templates[row.parent] = cluster_of(row)
    pairs = sorted(gains[left].keys() & gains[right].keys())
    if not pairs:
        raise UserError(
            f"no {left} items with a {right} partner", fix="make the probe set of this version first"
        )
    values = np.array([np.mean(gains[left][p]) - np.mean(gains[right][p]) for p in pairs])
    return stats.estimate(values, [templates[p] for p in pairs], alpha=ALPHA)


def conclude(name: str, found: Estimate, margin: float, says: Mapping[str, str]) -> ProbeResult:
    """Turn the estimate into a finding; `says` has the sentences `fired` and `quiet`."""
    known = found.clusters >= MIN_CLUSTERS and math.isfinite(found.lo)
    p = stats.t_tail((found.value - margin) / found.se, found.df) if known and found.se > 0 else 1.0
    result = ProbeResult(
        name, found.value, found.lo, found.hi, margin, known and found.lo > margin, found.n, "",
        clusters=found.clusters, p=p,
    )  # fmt: skip
    return replace(result, sentence=_sentence(result, says))


def _sentence(result: ProbeResult, says: Mapping[str, str]) -> str:
    if result.clusters < MIN_CLUSTERS:
        return f"{result.name} says nothing: {result.clusters} templates are too few."
    state = "fired" if result.fired else "quiet"
    numbers = f"{100 * result.value:+.1f} points [{100 * result.lo:+.1f}, {100 * result.hi:+.1f}]"
    return f"{result.name} {state}: {says[state]} ({numbers}, fires beyond {100 * result.margin:g})."


def holm(results: Iterable[ProbeResult]) -> list[ProbeResult]:
    """Correct for asking several probes at once: one that fired alone may fall quiet, never the reverse."""
    listed = list(results)
    adjusted = stats.holm([r.p for r in listed])
    out = []
    for result, p in zip(listed, adjusted, strict=True):
        fired = result.fired and p < ALPHA / 2
        sentence = result.sentence
        if result.fired and not fired:
            sentence = f"{result.name} quiet: over its margin alone, not among {len(listed)} probes (Holm)."
        out.append(replace(result, fired=fired, p=p, sentence=sentence))
    return out
