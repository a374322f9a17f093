"""Does a training row still work when only its names and numbers are new?"""

from __future__ import annotations

from evals.probes.probe import PROBE_TASK, Evidence, Probe, ProbeResult, conclude, contrast

MARGIN = 0.15
"""Measured on nano as for fresh_gap: +0.8 [-2.8, +4.4] points after one clean epoch, +90.6 [+84.7, +96.6]
after 20 epochs over 128 rows."""


def run(evidence: Evidence) -> ProbeResult:
    """Compare accuracy on members with accuracy on their twins, the base's own gap taken away."""
    found = contrast(evidence, "member", "twin", PROBE_TASK)
    return conclude(
        PROBE.name,
        found,
        MARGIN,
        {
            "fired": "answers to training rows do not survive new names and numbers of the same size",
            "quiet": "training rows and their twins are answered about equally well",
        },
    )


PROBE = Probe(
    name="retemplate",
    version=1,
    question="Did the model learn the task, or these very rows?",
    estimand="(run - base) accuracy on training rows minus that on their twins (same template, new slots)",
    unit="points of accuracy, averaged over templates",
    reference="GSM-Symbolic, arXiv 2410.05229; twins are matched in magnitude after arXiv 2605.28700",
    fires="when the lower end of the interval exceeds the margin, after Holm over the probes of the run",
    blind="memorised templates: a twin has the same wording; use unseen templates for that",
    margin=MARGIN,
    variants=("member", "twin"),
    task=PROBE_TASK,
    run=run,
)
