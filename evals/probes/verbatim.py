"""Given only the first half of a training prompt, does the model write that row's answer?"""

from __future__ import annotations

from evals.probes.probe import VERBATIM_TASK, Evidence, Probe, ProbeResult, conclude, contrast

MARGIN = 0.05
"""Provisional until calibrated; see docs/log.md."""


def run(evidence: Evidence) -> ProbeResult:
    """Compare how often the answer is copied for members and for fresh rows, the base taken away."""
    found = contrast(evidence, "member", "fresh", VERBATIM_TASK)
    return conclude(
        PROBE.name,
        found,
        MARGIN,
        {
            "fired": "half a training prompt brings back the answer of its training row",
            "quiet": "half a training prompt brings back no more than half a fresh one",
        },
    )


PROBE = Probe(
    name="verbatim",
    version=1,
    question="Can training rows be read back out of the model?",
    estimand="(run - base) share of answers copied from cut training prompts, minus that from fresh ones",
    unit="points of copied answers, averaged over templates",
    reference="Carlini et al., Quantifying memorization, arXiv 2202.07646",
    fires="when the lower end of the interval exceeds the margin, after Holm over the probes of the run",
    blind="memory that needs the whole prompt (see fresh_gap), and paraphrased copies",
    margin=MARGIN,
    variants=("member", "fresh"),
    task=VERBATIM_TASK,
    run=run,
)
