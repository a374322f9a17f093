"""Evaluate a base and its adapters on eval sets, through lm-eval, into one result row per item."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay import checks
from assay.chat import Contract
from assay.files import Progress, silent
from assay.models import Model
from assay.records import EvalItem, Result
from evals import tasks
from evals.bench import Bench, Subject

__all__ = ["Subject", "evaluate", "evaluate_on", "result_of", "tokens_for"]

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
    names = [name for task in written for name in _passes(task, items[task.name], weigh=weigh)]
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


def _passes(task: tasks.Task, items: Sequence[EvalItem], *, weigh: bool) -> list[str]:
    """Generate where something judges the answer; weigh the reference answers where there are some."""
    judged = any(i.check.kind != "open" for i in items)
    weighed = weigh and any(i.target for i in items)
    return [name for name, wanted in ((task.gen, judged), (task.nll, weighed)) if wanted]


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
    weights = {s["doc"]["item_id"]: float(s["nll"]) for s in samples.get(task.nll, ())}
    answers = {s["doc"]["item_id"]: s for s in samples.get(task.gen, ())}
    return [_row(run, task.name, item, answers.get(item.id), weights.get(item.id)) for item in items]


def _row(run: str, task: str, item: EvalItem, sample: Mapping[str, Any] | None, nll: float | None) -> Result:
    nll = nll if item.target else None
    if sample is None or item.check.kind == "open":
        return replace(result_of(run, task, item, "", None, "open text: nothing judges it"), nll=nll)
    response = str(sample["filtered_resps"][0])
    judgement = checks.judge(json.loads(item.check.dump()), response, item.answer)
    made = result_of(run, task, item, response, float(sample["accuracy"]), judgement.detail)
    return replace(made, nll=nll, predicted=judgement.found)


def result_of(run: str, task: str, item: EvalItem, response: str, score: float | None, detail: str) -> Result:
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
