"""Standard tasks: Assay's score against plain lm-eval's, item by item, on the same model in float32.

    python benchmarks/parity.py --model nano --limit 20
    python benchmarks/parity.py --model smollm2-135m --task sst2 --task gsm8k --limit 40

The task definitions are the YAML files of the installed lm-eval; only the data comes from local files
(../shared/data), with the fields that the definitions read. "lm_eval" is simple_evaluate with its own
`hf` model, --apply_chat_template and the same system prompt.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import logging
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import yaml

from assay import models
from assay.chat import Contract
from assay.cli.environment import quiet
from assay.engines.device import Hardware
from assay.engines.local import LocalModel
from assay.models import Model
from assay.records import Result
from evals.bench import Bench, Subject
from evals.standard import Standard, evaluate_standard, load, rows

DATA = Path(__file__).parents[2] / "shared" / "data"
SYSTEM = "Answer the question."
BATCH = 32
MODEL_THREADS = int(os.environ.get("OMP_NUM_THREADS", "2"))

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Source:
    """Where lm-eval's definition stands, and its splits as local rows."""

    yaml: str
    splits: Mapping[str, Callable[[], Rows]]


def arc_easy() -> Rows:
    """Return ARC-Easy's test rows, parsed back from one text to question, options and key."""
    whole = json.loads(gzip.decompress((DATA / "commonsense_mcq" / "ARC-Easy.test.json.gz").read_bytes()))
    return [_arc_row(row["instruction"], row["answer"]) for row in whole]


def _arc_row(text: str, answer: str) -> dict[str, Any]:
    body = text.removeprefix("Please choose the correct answer to the question: ").rsplit("\n\n", 1)[0]
    question, listed = body.rsplit("\n\nAnswer1: ", 1)
    options = re.split(r" Answer[2-9]: ", listed)
    labels = "ABCDE"[: len(options)]
    key = labels[int(answer.removeprefix("answer")) - 1]
    return {"question": question, "choices": {"text": options, "label": list(labels)}, "answerKey": key}


def sst2() -> Rows:
    """Return SST-2's dev rows; the label stands before the sentence."""
    lines = gzip.decompress((DATA / "sst2" / "stsa.binary.dev.gz").read_bytes()).decode().splitlines()
    return [{"label": int(line[0]), "sentence": line[2:]} for line in lines]


def gsm8k(split: str) -> Rows:
    """Return GSM8K's rows as they are."""
    text = (DATA / "gsm8k" / f"{split}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


SOURCES = {
    "sst2": Source("glue/sst2/default.yaml", {"validation": sst2}),
    "arc_easy": Source("arc/arc_easy.yaml", {"test": arc_easy}),
    "gsm8k": Source("gsm8k/gsm8k.yaml", {"train": lambda: gsm8k("train"), "test": lambda: gsm8k("test")}),
}


def localize(name: str, root: Path) -> None:
    """Write lm-eval's definition into `root`/tasks with nothing changed but where its data is."""
    import lm_eval.tasks

    source = SOURCES[name]
    official = Path(lm_eval.tasks.__file__).parent / source.yaml
    definition = yaml.safe_load(official.read_text(encoding="utf-8"))
    files = {}
    for split, read in source.splits.items():
        path = root / "data" / f"{name}.{split}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in read()), encoding="utf-8")
        files[split] = f"data/{path.name}"
    for key in ("training_split", "validation_split", "test_split", "fewshot_split"):
        if definition.get(key) not in files:
            definition.pop(key, None)
    definition.pop("dataset_name", None)
    definition |= {"dataset_path": "json", "dataset_kwargs": {"data_files": files}}
    (root / "tasks").mkdir(exist_ok=True)
    (root / "tasks" / f"{name}.yaml").write_text(yaml.safe_dump(definition), encoding="utf-8")


@dataclass
class Memory:
    """A response cache that ends with this process: both sides compute."""

    kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    def get_many(self, keys: Sequence[str]) -> Mapping[str, dict[str, Any]]:
        return {k: self.kept[k] for k in keys if k in self.kept}

    def put_many(self, values: Mapping[str, dict[str, Any]]) -> None:
        self.kept.update(values)


@dataclass(frozen=True)
class Side:
    """One side's rows, what the model said before any filter, and the score it reports."""

    rows: list[Result]
    raw: list[str]
    score: float


def ours(model: Model, standard: Standard, limit: int | None) -> Side:
    """Score with Assay."""
    contract = Contract.load(model.folder, SYSTEM)
    engine = Hardware("cpu", "float32", MODEL_THREADS)
    bench = Bench(model, contract, cache=Memory(), load=lambda folder: LocalModel(folder, chosen=engine))
    found = evaluate_standard(bench, Subject("base"), standard, limit=limit)
    said = sorted(standard.task.instances, key=lambda i: (i.doc_id, i.idx))
    mean = sum(r.score or 0.0 for r in found) / len(found)
    return Side(found, [str(i.resps[0]) for i in said if i.request_type == "generate_until"], mean)


def theirs(model: Model, standard: Standard, root: Path, limit: int | None) -> Side:
    """Score with lm-eval's own model, and make rows of its samples."""
    import contextlib

    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    with contextlib.chdir(root):
        found = simple_evaluate(
            model="hf",
            model_args={"pretrained": str(model.folder), "dtype": "float32"},
            tasks=[standard.name],
            task_manager=TaskManager(include_path=str(root / "tasks"), include_defaults=False),
            batch_size=BATCH,
            device="cpu",
            limit=limit,
            bootstrap_iters=0,
            system_instruction=SYSTEM,
            apply_chat_template=True,
            fewshot_as_multiturn=True,
        )
    samples = found["samples"][standard.name]
    metric, first = samples[0]["metrics"][0], samples[0]["filter"]
    texts = standard.task.OUTPUT_TYPE == "generate_until"
    said = [str(s["resps"][0][0]) for s in samples if texts and s["filter"] == first]
    score = float(found["results"][standard.name][f"{metric},{first}"])
    return Side(rows("lm_eval", standard, samples, {}), said, score)


@dataclass(frozen=True)
class Line:
    """One task: items, both scores, and why items differ."""

    task: str
    items: int
    assay: float
    lm_eval: float
    differ: tuple[str, ...]
    furthest: float
    """The largest difference of a gold option's log-likelihood, in nats."""


def compare(model: Model, name: str, root: Path, limit: int | None) -> Line:
    """Score one task twice."""
    localize(name, root)
    standard = load(name, root)
    mine, other = ours(model, standard, limit), theirs(model, standard, root, limit)
    gaps = [
        abs(a.nll - b.nll)
        for a, b in zip(mine.rows, other.rows, strict=True)
        if a.nll is not None and b.nll is not None
    ]
    differ = tuple(differences(mine, other))
    return Line(name, len(mine.rows), mine.score, other.score, differ, max(gaps, default=0.0))


def differences(a: Side, b: Side) -> Iterator[str]:
    """Name every item whose score, choice, detail or unfiltered text is not the same on both sides."""
    for x, y in zip(a.rows, b.rows, strict=True):
        mine, other = (x.item_id, x.score, x.response, x.detail), (y.item_id, y.score, y.response, y.detail)
        if mine != other:
            yield f"{x.item_id[:8]}: {x.response[:30]!r} {x.detail} / {y.response[:30]!r} {y.detail}"
    for number, (said, heard) in enumerate(zip(a.raw, b.raw, strict=True)):
        if said != heard:
            alike = (p == q for p, q in zip(said, heard, strict=False))
            same = len(list(itertools.takewhile(bool, alike)))
            there = (said[same : same + 20], heard[same : same + 20])
            yield f"document {number}: the texts part after {same} characters: {there!r}"


def main() -> None:
    """Compare every task asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--task", action="append", choices=list(SOURCES))
    parser.add_argument("--limit", type=int, help="items per task (default: all)")
    given = parser.parse_args()
    quiet()
    logging.disable(logging.WARNING)
    if not DATA.is_dir():
        sys.exit(f"{DATA} is not there: this benchmark reads its data from it")
    model = models.pull(given.model)
    print(f"{'task':10} {'items':>5} {'Assay':>8} {'lm_eval':>8} {'differ':>6}  largest gap in nats")
    with tempfile.TemporaryDirectory() as folder:
        for name in given.task or SOURCES:
            line = compare(model, name, Path(folder), given.limit)
            print(
                f"{line.task:10} {line.items:5} {line.assay:8.5f} {line.lm_eval:8.5f} {len(line.differ):6}"
                f"  {line.furthest:.1e}",
                flush=True,
            )
            for why in line.differ[:5]:
                print(f"    {why}")


if __name__ == "__main__":
    main()
