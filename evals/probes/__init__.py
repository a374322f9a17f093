"""Overfitting probes: pure functions of result rows, each with its card; `PROBES` is the whole table."""

from __future__ import annotations

from collections.abc import Sequence

from assay.errors import UserError
from evals.probes import fresh_gap, retemplate, verbatim
from evals.probes.probe import Evidence, Probe, ProbeResult, holm

PROBES: dict[str, Probe] = {
    "fresh_gap": fresh_gap.PROBE,
    "retemplate": retemplate.PROBE,
    "verbatim": verbatim.PROBE,
}

__all__ = ["PROBES", "Evidence", "Probe", "ProbeResult", "run_probes"]


def run_probes(evidence: Evidence, names: Sequence[str] = ()) -> list[ProbeResult]:
    """Run the named probes (all when none is named) on one run's rows, Holm-corrected together."""
    chosen = list(names) or list(PROBES)
    if unknown := [n for n in chosen if n not in PROBES]:
        raise UserError(f"no probe {unknown[0]!r}", fix=f"use some of {', '.join(PROBES)}")
    return holm(PROBES[name].run(evidence) for name in chosen)
