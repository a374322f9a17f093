"""Is the model better on rows it was trained on than on fresh rows of the same generator cells?"""

from __future__ import annotations

from evals.probes.probe import PROBE_TASK, Evidence, Probe, ProbeResult, conclude, contrast

MARGIN = 0.15
"""Measured on nano, 128 members, 32 templates (one run each): +0.8 [-2.8, +4.4] points after one clean
epoch over 1,024 rows, +93.0 [+87.7, +98.2] after 20 epochs over 128. That clean run had learned little,
so the room for "members always look a bit better" is a guess."""


def run(evidence: Evidence) -> ProbeResult:
    """Compare accuracy on members with accuracy on fresh items, the base's own gap taken away."""
    found = contrast(evidence, "member", "fresh", PROBE_TASK)
    return conclude(
        PROBE.name,
        found,
        MARGIN,
        {
            "fired": "training rows are answered better than new rows of the same kind",
            "quiet": "training rows are answered about as well as new rows of the same kind",
        },
    )


PROBE = Probe(
    name="fresh_gap",
    version=1,
    question="Did the model memorise its training rows?",
    estimand="(run - base) accuracy on training rows minus that on fresh rows of the same cells",
    unit="points of accuracy, averaged over templates",
    reference="the train-test gap; as contamination test: Zhang et al., GSM1k, arXiv 2405.00332",
    fires="when the lower end of the interval exceeds the margin, after Holm over the probes of the run",
    blind="leaks of the held-out set; memorised rows of a skill that is also mastered on fresh rows",
    margin=MARGIN,
    variants=("member", "fresh"),
    task=PROBE_TASK,
    run=run,
)
