"""Lay comparisons out for the terminal and for --json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.verbs.compare import Compared


def comparison_documents(found: Compared, first: str, by: str | None) -> list[dict[str, Any]]:
    """Return the rows of --json: the metric that was asked, the skills, then what decides nothing."""
    parts = [("all", found.main), *(found.skills.items() if by else ()), *(("all", c) for c in found.others)]
    shared = {"a": first, "b": found.name}
    rows = [
        shared
        | {"part": part, "metric": c.metric, "decides": c.decides, "sentence": c.sentence}
        | {"score_a": c.score_a, "score_b": c.score_b, "left_out": list(c.left_out), **c.summary()}
        for part, c in parts
    ]
    rows[0]["recall"] = {
        r.a.label: {"a": r.a.right, "b": r.b.right, "n": r.a.n, "of": r.b.n} for r in found.recalls
    }
    return rows


def comparison_lines(found: Compared, by: str | None) -> list[str]:
    """Say the metric that was asked, the skills, and beside them the other metrics and recall counts."""
    from evals.compare import NAMES

    lines = [found.main.sentence]
    lines += [f"  {skill}: {c.sentence}" for skill, c in (found.skills.items() if by else ())]
    for c in found.others:
        digits = 3 if c.metric == "bits_per_byte" else 2
        scores = f"{c.score_a:.{digits}f} → {c.score_b:.{digits}f}"
        lines.append(
            f"  beside it, {NAMES[c.metric]} {scores}, {c.diff:+.3f} [{c.lo:+.3f} {c.hi:+.3f}]: {c.verdict}"
            + ("" if c.decides else " (secondary)")
        )
    if found.recalls:
        counts = " · ".join(r.sentence for r in found.recalls)
        lines.append(f"  {counts} (counts, no verdict)")
    return lines
