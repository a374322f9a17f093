"""Gather the rows that probes read: answers to probe items, and answers to prompts cut in half.

The cut prompt lacks the question and part of the facts, so its answer can come only from memory or
by luck; fresh rows cut alike measure the luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assay.chat import Contract
from assay.files import Progress, silent
from assay.records import EvalItem, Message, Result
from evals.answering import Ask
from evals.bench import Bench, Subject
from evals.probes.probe import PROBE_TASK, VERBATIM_TASK
from evals.run import evaluate_on, result_of, tokens_for

KEEP = 0.5
"""Share of the last user turn's words that a cut prompt keeps."""

CUT_VARIANTS = ("member", "fresh")


def probe_rows(
    bench: Bench,
    subjects: Sequence[Subject],
    items: Sequence[EvalItem],
    folder: Path,
    progress: Progress = silent,
) -> list[Result]:
    """Answer probe items (variants member, fresh, twin) and cut prompts for every subject.

    Include the base among the subjects: probes take its rows away from the run's.
    """
    rows = evaluate_on(bench, subjects, {PROBE_TASK: items}, folder, _part(progress, 0))
    return rows + verbatim_rows(bench, subjects, items, _part(progress, 1))


def verbatim_rows(
    bench: Bench, subjects: Sequence[Subject], items: Sequence[EvalItem], progress: Progress = silent
) -> list[Result]:
    """Continue every member's and fresh item's cut prompt; the score says whether its answer was copied."""
    chosen = [i for i in items if i.variant in CUT_VARIANTS]
    limit = tokens_for(bench.contract, chosen)
    asks = [Ask(tuple(_cut_ids(bench.contract, i)), limit) for i in chosen]
    rows: list[Result] = []
    for subject in subjects:
        replies = bench.answering(subject, progress).generate(asks)
        rows += [
            _copied(subject.name, i, bench.contract.decode(ids))
            for i, ids in zip(chosen, replies, strict=True)
        ]
    return rows


def cut(item: EvalItem) -> tuple[Message, ...]:
    """Keep the first half of the words of the last user turn."""
    last = item.messages[-1]
    words = last.content.split(" ")
    return (*item.messages[:-1], replace(last, content=" ".join(words[: max(1, int(KEEP * len(words)))])))


def _cut_ids(contract: Contract, item: EvalItem) -> list[int]:
    return contract.prompt_ids(cut(item))


def _copied(run: str, item: EvalItem, response: str) -> Result:
    same = response.split() == item.target.split()
    return result_of(run, VERBATIM_TASK, item, response, float(same), "copied" if same else "not copied")


def _part(progress: Progress, number: int) -> Progress:
    def report(done: int, total: int, note: str) -> None:
        progress(number * total + done, 2 * total, note)

    return report
