"""Summarise results: every metric with its interval, by run, task and slice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assay.records import Result
from evals import metrics, stats
from evals.labels import NONE, Labels, Recall, recalls
from evals.pairing import LOWER_IS_BETTER, align, align_labels, by_run
from evals.stats import Estimate


@dataclass(frozen=True)
class Score:
    """One line of a score table: a slice of one run on one task; None where a metric says nothing there.

    `correct` counts what the check passed; `recalls` is empty unless the task is a classification.
    """

    run: str
    task: str
    slice: str
    accuracy: Estimate | None
    macro_f1: Estimate | None
    bits_per_byte: Estimate | None
    recalls: tuple[Recall, ...]
    items: int
    correct: float


def measured(rows: Sequence[Result], metric: str, labels: Sequence[str] = ()) -> Estimate | None:
    """Estimate a metric of all runs in `rows` together, on the items they share; None where none has it.

    The value is the one that `compare` takes differences of.
    """
    if metric == "macro_f1":
        said = align_labels(rows, Labels(labels))
        return metrics.score(said) if said else None
    found = align(rows, metric)
    if found is None:
        return None
    if metric in LOWER_IS_BETTER:
        return stats.estimate(found.values, found.clusters, bounded=False)
    return stats.score(found.values, found.clusters)


def scores(results: Iterable[Result], labels: Sequence[str] = ()) -> list[Score]:
    """Summarise by run and task: all items, seen and unseen templates apart, then every skill.

    With the `labels` of a classification macro-F1 and the recall of every label come along for tasks whose
    gold answers are among them. A skill whose items have one gold label has no macro-F1: its accuracy is
    the label's recall.
    """
    lines: list[Score] = []
    for run, of_run in by_run(results).items():
        for task in sorted({r.task for r in of_run}):
            rows = [r for r in of_run if r.task == task]
            own = labels if labels and _labelled(rows, labels) else ()
            for name, part in slices(rows).items():
                lines.append(_score(run, task, (name, part), own))
    return lines


def _labelled(rows: Sequence[Result], labels: Sequence[str]) -> bool:
    """Say whether the task is the classification: a benchmark beside it has other answers."""
    known = Labels(labels)
    return all(known.place(r.answer) != NONE for r in rows)


def slices(rows: Sequence[Result]) -> dict[str, list[Result]]:
    """Cut rows into all, seen and unseen templates (where there are both), and skills (where several)."""
    parts = {"all": list(rows)}
    if len({r.seen for r in rows}) == 2:
        parts["seen templates"] = [r for r in rows if r.seen]
        parts["unseen templates"] = [r for r in rows if not r.seen]
    skills = sorted({r.skill for r in rows})
    if len(skills) > 1:
        parts |= {f"skill {s}": [r for r in rows if r.skill == s] for s in skills}
    return parts


def _score(run: str, task: str, part: tuple[str, Sequence[Result]], labels: Sequence[str]) -> Score:
    name, rows = part
    said = align_labels(rows, Labels(labels)) if labels else None
    return Score(
        run=run,
        task=task,
        slice=name,
        accuracy=measured(rows, "accuracy"),
        macro_f1=metrics.score(said) if said and len(said.present) > 1 else None,
        bits_per_byte=measured(rows, "bits_per_byte"),
        recalls=recalls(said) if said else (),
        items=len(rows),
        correct=sum(r.score or 0.0 for r in rows),
    )
