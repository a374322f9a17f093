"""Evaluate a base and its adapters on eval sets, through lm-eval, into one result row per item."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assay import checks
from assay.chat import Contract
from assay.files import Progress, silent
from assay.models import Model
from assay.records import EvalItem, Result
from evals import stats, tasks
from evals.bench import Bench, Subject
from evals.pairing import METRICS, by_run, cluster_of
from evals.stats import Estimate

__all__ = ["Score", "Subject", "evaluate", "evaluate_on", "result_of", "scores", "tokens_for"]

Items = Mapping[str, Sequence[EvalItem]]


def evaluate(
    models: Sequence[Subject],
    base: Model,
    contract: Contract,
    items: Items,
    folder: Path,
    progress: Progress = silent,
    max_new_tokens: int | None = None,
) -> list[Result]:
    """Score every subject on every task: accuracy by the item's check, and nll of its reference answer.

    The lm-eval task folders are written under `folder` and stay there. One loaded base serves all;
    answers are cached by (model, adapter, contract, request), so a second call computes nothing.
    `max_new_tokens` None gives each task half as much again as its longest reference answer.
    """
    return evaluate_on(Bench(base, contract), models, items, folder, progress, max_new_tokens)


def evaluate_on(
    bench: Bench,
    models: Sequence[Subject],
    items: Items,
    folder: Path,
    progress: Progress = silent,
    max_new_tokens: int | None = None,
    *,
    weigh: bool = True,
) -> list[Result]:
    """Do what `evaluate` says on a bench that may be shared; `weigh` false leaves the nll out."""
    from evals import harness  # lm_eval loads here

    written = [
        tasks.write(name, rows, _how(bench.contract, rows, max_new_tokens), folder)
        for name, rows in items.items()
    ]
    names = [name for task in written for name in ((task.gen, task.nll) if weigh else (task.gen,))]
    loaded = harness.load_tasks([task.folder for task in written], names)
    results: list[Result] = []
    for number, subject in enumerate(models):
        note = _stage(progress, (number, len(models)), 2 if weigh else 1, subject.name)
        answering = bench.answering(subject, note)
        lm = harness.ContractLM(answering, bench.contract, bench.identity(subject))
        samples = harness.run(lm, loaded)
        for task in written:
            results += _rows(subject.name, task, items[task.name], samples)
    return results


def tokens_for(contract: Contract, items: Sequence[EvalItem]) -> int:
    """Return room for half as much again as the longest reference answer, in steps of 16 tokens."""
    longest = max((len(contract.target_ids(i.messages, i.target)) for i in items), default=1)
    return 16 * math.ceil((1.5 * longest + 8) / 16)


def _how(contract: Contract, items: Sequence[EvalItem], limit: int | None) -> tasks.HowToAsk:
    until = tuple(contract.tokenizer.decode([i]) for i in contract.stop_ids)
    return tasks.HowToAsk(limit or tokens_for(contract, items), until, contract.system)


def _stage(progress: Progress, place: tuple[int, int], passes: int, name: str) -> Progress:
    """Report one subject's passes (generate, nll) as its even share of the whole."""
    number, subjects = place

    def report(done: int, total: int, act: str) -> None:
        before = passes * number + (1 if act == "nll" else 0)
        progress(before * total + done, passes * subjects * total, f"{name}: {act}")

    return report


def _rows(
    run: str, task: tasks.Task, items: Sequence[EvalItem], samples: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[Result]:
    by_id = {item.id: item for item in items}
    weights = {s["doc"]["item_id"]: float(s["nll"]) for s in samples.get(task.nll, ())}
    return [
        _row(run, task.name, by_id[s["doc"]["item_id"]], s, weights.get(s["doc"]["item_id"]))
        for s in samples[task.gen]
    ]


def _row(run: str, task: str, item: EvalItem, sample: Mapping[str, Any], nll: float | None) -> Result:
    response = str(sample["filtered_resps"][0])
    judgement = checks.judge(json.loads(item.check.dump()), response, item.answer)
    made = result_of(run, task, item, response, float(sample["accuracy"]), judgement.detail)
    return replace(made, nll=nll)


def result_of(run: str, task: str, item: EvalItem, response: str, score: float, detail: str) -> Result:
    """Make the result row of one answered item; log-probabilities are added where they were asked."""
    return Result(
        run=run,
        task=task,
        item_id=item.id,
        prompt="\n\n".join(m.content for m in item.messages),
        response=response,
        answer=item.answer,
        score=score,
        detail=detail,
        nll=None,
        target_bytes=len(item.target.encode()),
        skill=item.skill,
        template=item.template,
        difficulty=item.difficulty,
        seen=item.seen,
        variant=item.variant,
        parent=item.parent,
    )


@dataclass(frozen=True)
class Score:
    """One line of a score table: a slice of one run on one task."""

    run: str
    task: str
    slice: str
    accuracy: Estimate
    bits_per_byte: float | None
    items: int
    correct: float


def scores(results: Iterable[Result]) -> list[Score]:
    """Summarise by run and task: all items, seen and unseen templates apart, then every skill."""
    lines: list[Score] = []
    for run, of_run in by_run(results).items():
        for task in sorted({r.task for r in of_run}):
            rows = [r for r in of_run if r.task == task]
            for name, part in _slices(rows).items():
                lines.append(_score(run, task, name, part))
    return lines


def _slices(rows: Sequence[Result]) -> dict[str, list[Result]]:
    parts = {"all": list(rows)}
    if len({r.seen for r in rows}) == 2:
        parts["seen templates"] = [r for r in rows if r.seen]
        parts["unseen templates"] = [r for r in rows if not r.seen]
    skills = sorted({r.skill for r in rows})
    if len(skills) > 1:
        parts |= {f"skill {s}": [r for r in rows if r.skill == s] for s in skills}
    return parts


def _score(run: str, task: str, name: str, rows: Sequence[Result]) -> Score:
    import numpy as np

    bits = [b for r in rows if (b := METRICS["bits_per_byte"](r)) is not None]
    return Score(
        run=run,
        task=task,
        slice=name,
        accuracy=stats.score(np.array([r.score for r in rows]), [cluster_of(r) for r in rows]),
        bits_per_byte=sum(bits) / len(bits) if bits else None,
        items=len(rows),
        correct=sum(r.score for r in rows),
    )
