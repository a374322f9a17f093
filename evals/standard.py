"""Standard lm-eval tasks: load one, run it as lm-eval would, and make one result row per document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assay.chat import Contract
from assay.errors import UserError
from assay.files import Progress, silent
from assay.fingerprint import digest, fingerprint
from assay.records import Result
from evals.bench import Bench, Subject

VERSION = 1
"""Raise it when a standard task would be asked or scored otherwise."""

PREFIX = "lm_eval:"

Sample = Mapping[str, Any]


@dataclass(frozen=True)
class Standard:
    """A loaded standard task and the hash of all that decides a score: definition, documents, examples."""

    name: str
    task: Any
    hash: str

    @property
    def label(self) -> str:
        """The name in result rows."""
        return PREFIX + self.name

    @property
    def count(self) -> int:
        """How many documents it has."""
        return len(self.task.eval_docs)


def load(name: str, root: Path, shots: int | None = None) -> Standard:
    """Load a task by its lm-eval name; YAML files in `root`/tasks come before lm-eval's own."""
    from evals import harness

    task = harness.load_standard(name, root, shots)
    with harness.contained():
        docs = [_text(doc) for doc in task.eval_docs]
        shown = task.fewshot_docs() if task.get_config("num_fewshot") else ()
        examples = [_text(doc) for doc in shown or ()]
    made = fingerprint(
        "standard task",
        scheme=VERSION,
        lm_eval=version("lm_eval"),
        config=re.sub(r" at 0x[0-9a-f]+", "", _text(task.dump_config())),
        docs=digest("\n".join(docs).encode()),
        examples=digest("\n".join(examples).encode()),
    )
    return Standard(name, task, made)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)


def evaluate_standard(
    bench: Bench,
    subject: Subject,
    standard: Standard,
    progress: Progress = silent,
    limit: int | None = None,
) -> list[Result]:
    """Score one subject on a standard task: the task's own metric by document, as plain lm-eval gives it."""
    from evals import harness

    note: Progress = lambda done, total, act: progress(done, total, f"{subject.name}: {act}")  # noqa: E731
    answering = bench.answering(subject, note)
    lm = harness.StandardLM(answering, bench.contract, bench.identity(subject), bench.base.folder)
    system = bench.contract.system
    samples = harness.run(lm, {standard.name: standard.task}, system=system, limit=limit)[standard.name]
    return rows(subject.name, standard, samples, lm.asked)


def rows(run: str, standard: Standard, samples: Sequence[Sample], asked: Mapping[str, str]) -> list[Result]:
    """Return one row per document; further metrics and filters stand in its detail.

    Raises UserError when no metric of the task is a mean over documents.
    """
    by_doc: dict[int, list[Sample]] = {}
    for sample in samples:
        by_doc.setdefault(sample["doc_id"], []).append(sample)
    rolling = standard.task.OUTPUT_TYPE == "loglikelihood_rolling"
    metric = None if rolling else _metric(standard, [s[0] for s in by_doc.values()])
    return [_row(run, standard, found, metric, asked) for found in by_doc.values()]


def _metric(standard: Standard, samples: Sequence[Sample]) -> str:
    """Return the first metric that is a mean of values from 0 to 1 in which more is better."""
    better = standard.task.higher_is_better()
    for name, combine in standard.task.aggregation().items():
        if getattr(combine, "__name__", "") == "mean" and better.get(name, True) is not False:
            values = [s.get(name) for s in samples]
            if all(isinstance(v, (int, float)) or hasattr(v, "item") for v in values) and all(
                0 <= float(v) <= 1 for v in values if v is not None
            ):
                return str(name)
    raise UserError(
        f"no metric of {standard.label} is a mean over its documents: "
        f"{', '.join(standard.task.aggregation()) or 'there is none'}",
        fix="give it a metric such as acc or exact_match in a YAML of your own under tasks/",
    )


def _row(
    run: str, standard: Standard, found: Sequence[Sample], metric: str | None, asked: Mapping[str, str]
) -> Result:
    first = found[0]
    response, answer, nll, size = _said(standard, first)
    context = str(first["arguments"][0][0])
    return Result(
        run=run,
        task=standard.label,
        item_id=fingerprint(
            "standard item", task=standard.name, doc=first["doc_id"], hash=str(first["doc_hash"])
        ),
        prompt=asked.get(context, context),
        response=response,
        answer=answer,
        score=None if metric is None else float(first[metric]),
        detail=_detail(found, metric),
        nll=nll,
        target_bytes=size,
        skill="",
        template="",
        difficulty=0,
        seen=True,
        variant="",
        parent="",
    )


def _detail(found: Sequence[Sample], metric: str | None) -> str:
    """Name every metric and filter with its value, the one that is the score first."""
    parts = []
    for sample in found:
        named = f" ({sample['filter']})" if len(found) > 1 else ""
        for name in sorted(sample["metrics"], key=lambda n: n != metric):
            parts.append(f"{name}{named} {_shown(sample[name])}")
    return " · ".join(parts)


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return " / ".join(map(_shown, value))[:60]
    return f"{float(value):.4g}" if isinstance(value, (int, float)) else str(value)[:60]


def _said(standard: Standard, sample: Sample) -> tuple[str, str, float | None, int]:
    """Return the response, the gold answer, and the gold's nll with its length where it was scored."""
    kind, replies = standard.task.OUTPUT_TYPE, sample["filtered_resps"]
    if kind == "multiple_choice":
        return _chosen(standard, sample)
    if kind == "loglikelihood_rolling":
        text = str(sample["arguments"][0][0])
        return "", "", -float(replies[0]), len(text.encode())
    answer = _gold(sample["target"])
    if kind == "loglikelihood":
        total, greedy = replies[0]
        said = str(sample["arguments"][0][1])
        return said.strip() if greedy else "", answer, -float(total), len(said.encode())
    return _gold(replies[0]), answer, None, len(answer.encode())


def _chosen(standard: Standard, sample: Sample) -> tuple[str, str, float | None, int]:
    """Return the likeliest option and the gold one; a task may name the gold by number or by text."""
    task, doc = standard.task, sample["doc"]
    options = [str(o) for o in task.doc_to_choice(doc)]
    totals = [float(total) for total, _greedy in sample["filtered_resps"][: len(options)]]
    response = options[totals.index(max(totals))]
    gold = task.doc_to_text(doc) if getattr(task, "multiple_input", 0) else sample["target"]
    number = options.index(gold) if gold in options else gold
    if not isinstance(number, int) or not 0 <= number < len(options):
        return response, _gold(gold), None, len(_gold(gold).encode())
    said = str(sample["arguments"][number][1])
    return response, options[number], -totals[number], len(said.encode())


def _gold(value: Any) -> str:
    return " | ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def plain_command(
    name: str, contract: Contract, root: Path, who: tuple[Path, Path | None], shots: int | None = None
) -> list[str]:
    """Return the plain lm-eval command that gives the same score; to be run in the workspace `root`.

    `who` is the model's folder and the adapter's.
    """
    model, adapter = who
    peft = f",peft={adapter}" if adapter else ""
    command = ["lm_eval", "run", "--model", "hf", "--model_args", f"pretrained={model},dtype=float32{peft}"]
    command += ["--tasks", name, "--apply_chat_template"]
    if (root / "tasks").is_dir():
        command += ["--include_path", "tasks"]
    if shots is not None:
        command += ["--num_fewshot", str(shots)]
    if contract.system:
        command += ["--system_instruction", contract.system]
    return [*command, "--batch_size", "32", "--device", "cpu"]
