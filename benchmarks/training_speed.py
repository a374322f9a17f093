"""Tokens a second: `assay train` against plain TRL on the same rows, batches and loss tokens.

    python benchmarks/training_speed.py --model nano-test
    python benchmarks/training_speed.py --model smollm2-135m --steps 5 --runs 3

Both train a LoRA adapter with the loss on the answer only, in the same batches, with the same rank and
learning rate. "TRL" is SFTTrainer as it comes (a model by name, a prompt/completion dataset,
completion_only_loss); "TRL, tuned" has what a careful user sets: the base in this machine's dtype and
no gradient checkpointing. A run's first step warms up and is not timed; runs alternate; medians.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import random
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from assay import models
from assay.chat import Contract
from assay.config import TrainRecipe
from assay.engines.device import hardware
from assay.records import Example, Message
from training.data import Job, Plan, Row, encode, plan
from training.sft import build, quieten

NAMES = ("Ana", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hana")


def make_rows(count: int, seed: int = 0) -> list[Row]:
    """Return word problems of about 100 to 200 tokens, 30 to 70 of them in the answer."""
    rng = random.Random(seed)
    return [(_example(rng), 1.0) for _ in range(count)]


def _example(rng: random.Random) -> Example:
    total, story, steps = 0, [], []
    for _ in range(rng.randint(3, 6)):
        who, many = rng.choice(NAMES), rng.randint(2, 90)
        story.append(f"{who} brings {many} boxes of apples to the market in the morning.")
        steps.append(f"{total} + {many} = {total + many}")
        total += many
    question = " ".join(story) + " How many boxes of apples are at the market now?"
    answer = "\n".join(steps) + f"\nThe answer is {total}."
    return Example((Message("user", question), Message("assistant", answer)))


class Stopwatch:
    """Takes wall and CPU time of each step; CPU time still says something on a busy machine."""

    def __init__(self) -> None:
        self.times: list[tuple[float, float]] = []

    def callback(self) -> Any:
        """Return the trainer callback that fills this stopwatch."""
        from transformers import TrainerCallback

        times = self.times

        class Watch(TrainerCallback):  # type: ignore[misc]
            def on_step_begin(self, *_: Any, **__: Any) -> None:
                times.append((time.perf_counter(), time.process_time()))

            def on_step_end(self, *_: Any, **__: Any) -> None:
                wall, cpu = times[-1]
                times[-1] = (time.perf_counter() - wall, time.process_time() - cpu)

        return Watch()


@dataclass(frozen=True)
class Measured:
    """One run: seconds of the timed steps and the last loss."""

    wall: float
    cpu: float
    loss: float


def run(trainer: Any) -> Measured:
    """Train; return what the timed steps took."""
    watch = Stopwatch()
    trainer.add_callback(watch.callback())
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    wall, cpu = (sum(column) for column in zip(*watch.times[1:], strict=True))
    return Measured(wall, cpu, losses[-1])


def ours(rows: list[Row], job: Job, planned: Plan, folder: Path) -> Any:
    """Return Assay's trainer."""
    return build(job, encode(rows, job.contract, job.recipe.max_length), planned, folder)


def _as_text(example: Example, contract: Contract) -> dict[str, str]:
    """Return prompt and completion as text; TRL's own rendering also trains on the newline after the stop."""
    asked, target = example.messages[:-1], contract.target_ids(example.messages[:-1], example.response)
    return {"prompt": contract.prompt_text(asked), "completion": contract.tokenizer.decode(target)}


def plain(rows: list[Row], job: Job, planned: Plan, folder: Path, *, tuned: bool) -> Any:
    """Return TRL's trainer, on the same rows in the same order."""
    import datasets
    from peft import LoraConfig
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    order = [rows[i][0] for batch in planned.batches for i in batch]
    texts = [_as_text(e, job.contract) for e in order]
    machine, recipe = hardware(), job.recipe
    extra = {"gradient_checkpointing": False} if tuned else {}
    args = SFTConfig(
        output_dir=str(folder),
        per_device_train_batch_size=recipe.batch,
        max_steps=planned.steps,
        learning_rate=recipe.lr,
        lr_scheduler_type=recipe.schedule,
        warmup_steps=math.ceil(recipe.warmup * planned.steps),
        seed=job.seed,
        completion_only_loss=True,
        train_sampling_strategy="sequential",
        model_init_kwargs={"dtype": machine.dtype if tuned else "auto"},
        bf16=machine.dtype == "bfloat16",
        use_cpu=machine.device == "cpu",
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        **extra,
    )
    trainer = SFTTrainer(
        model=str(job.model.folder),
        args=args,
        train_dataset=datasets.Dataset.from_list(texts),
        peft_config=LoraConfig(r=recipe.rank, lora_alpha=2 * recipe.rank, target_modules="all-linear"),
    )
    trainer.remove_callback(PrinterCallback)
    encoded = encode([(e, 1.0) for e in order], job.contract, recipe.max_length)
    if [row.labels() for row in encoded] != list(trainer.train_dataset["labels"]):
        raise SystemExit("TRL would train on other tokens: not the same work")
    return trainer


def measure(ways: dict[str, Callable[[Path], Any]], runs: int) -> dict[str, list[Measured]]:
    """Run every way `runs` times, alternating."""
    found: dict[str, list[Measured]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(sys.stdout):
                found[name].append(run(way(Path(folder))))
    return found


def main() -> None:
    """Parse the command line, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="nano-test")
    parser.add_argument("--steps", type=int, default=10, help="timed steps a run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=8)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    quieten()
    model = models.resolve(asked.model)
    recipe = TrainRecipe(steps=asked.steps + 1, batch=asked.batch)
    job = Job(recipe, model, Contract.load(model.folder), seed=1)
    rows = make_rows(asked.batch * (asked.steps + 1))
    encoded = encode(rows, job.contract, recipe.max_length)
    planned = plan(rows, encoded, recipe, job.seed)
    timed = [i for batch in planned.batches[1:] for i in batch]
    tokens = sum(len(encoded[i].ids) for i in timed)
    answers = sum(encoded[i].answer_tokens for i in timed)
    print(f"{model.name}, {hardware()}: {asked.steps} steps of {asked.batch} rows, {asked.runs} runs each")
    print(
        f"{tokens / asked.steps:.0f} tokens a step without padding, {answers / asked.steps:.0f} with loss\n"
    )
    ways: dict[str, Callable[[Path], Any]] = {
        "TRL": lambda folder: plain(rows, job, planned, folder, tuned=False),
        "TRL, tuned": lambda folder: plain(rows, job, planned, folder, tuned=True),
        "Assay": lambda folder: ours(rows, job, planned, folder),
    }
    print(f"{'':12}{'s a step':>10}{'fastest':>10}{'CPU s':>10}{'tokens/s':>10}{'last loss':>11}")
    for name, found in measure(ways, asked.runs).items():
        wall = statistics.median(m.wall for m in found)
        print(
            f"{name:12}{wall / asked.steps:10.3f}{min(m.wall for m in found) / asked.steps:10.3f}"
            f"{statistics.median(m.cpu for m in found) / asked.steps:10.3f}"
            f"{tokens / wall:10.0f}{found[-1].loss:11.4f}"
        )


if __name__ == "__main__":
    main()
