"""Supervised fine-tuning: `train` turns rows and a job into a published adapter folder.

The batches come from `training.data`, the loop from TRL, the files from PEFT. The same rows and job
give, on one CPU, the same bytes whether or not the run was killed on the way: `kill -9` and the same
call goes on from the last whole checkpoint, SIGTERM and Ctrl-C first save one.
"""

from __future__ import annotations

import importlib.metadata
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay import fingerprint as fp
from assay.chat import LOSS_MASK
from assay.engines.device import Hardware, hardware
from assay.errors import MissingExtra, Stopped
from assay.files import Progress, publish_folder, publish_json, read_json, silent
from training import adapter
from training.checkpoints import Checkpoints
from training.data import Encoded, Job, Plan, Row, encode, plan
from training.preflight import refuse_padding_stop

if TYPE_CHECKING:
    from training.trainer import AnswerTrainer, Signals

VERSION = 2
"""Raise it when the same rows and job would give other weights."""

PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")
NOTE = "train.json"
SAVE_STEPS, SAVE_SECONDS = 50, 60.0
"""A checkpoint of SmolLM2's adapter (20 MB and twice that of optimizer) takes 0.3 s."""


@dataclass(frozen=True)
class Trained:
    """A published run: `tokens` and `answer_tokens` count what was trained on, repeats included."""

    folder: Path
    digest: str
    steps: int
    tokens: int
    answer_tokens: int
    seconds: float
    losses: tuple[float, ...]

    @staticmethod
    def load(folder: Path) -> Trained:
        """Read a published run."""
        note = read_json(folder / NOTE)
        numbers = {k: note[k] for k in ("digest", "steps", "tokens", "answer_tokens", "seconds")}
        return Trained(folder, losses=tuple(note["losses"]), **numbers)


@dataclass(frozen=True)
class Pace:
    """How often a checkpoint is saved."""

    steps: int = SAVE_STEPS
    seconds: float = SAVE_SECONDS


def identity(rows: Sequence[Row], job: Job) -> str:
    """Return the fingerprint of a training run: rows, recipe, base, contract, seed and start."""
    return fp.fingerprint(
        "train",
        version=VERSION,
        rows=fp.of_rows(sorted(f"{e.id} {float(w)!r}" for e, w in rows)),
        recipe=job.recipe.model_dump(mode="json", exclude={"seeds"}),
        base=job.model.digest,
        contract=job.contract.hash,
        loss_mask=LOSS_MASK,
        seed=job.seed,
        start="" if job.start is None else adapter.digest_of(job.start),
    )


def train(
    rows: Sequence[Row], job: Job, out: Path, progress: Progress = silent, pace: Pace | None = None
) -> Trained:
    """Train and publish `out`; a run that is published already is read, one half done goes on.

    Raises Stopped after SIGTERM or Ctrl-C, when a checkpoint is saved; UserError for rows that cannot
    be trained on; MissingExtra without the extra `train`.
    """
    if (out / NOTE).is_file():
        return Trained.load(out)
    refuse_padding_stop(job.contract)
    encoded = encode(rows, job.contract, job.recipe.max_length)
    planned = plan(rows, encoded, job.recipe, job.seed)
    checkpoints = Checkpoints.beside(out)
    with checkpoints.locked():
        if (out / NOTE).is_file():  # another process published it between the first look and the lock
            return Trained.load(out)
        run = identity(rows, job)
        checkpoints.open(run)
        trainer, seconds = _fit(_Run(job, encoded, planned, checkpoints, pace or Pace()), progress)
        with publish_folder(out) as folder:
            adapter.save(trainer.model, folder, job.model)
            publish_json(
                folder / NOTE, _note(job, planned, trainer, folder) | {"run": run, "seconds": seconds}
            )
        checkpoints.clear()
    return Trained.load(out)


@dataclass(frozen=True)
class _Run:
    job: Job
    encoded: Sequence[Encoded]
    plan: Plan
    checkpoints: Checkpoints
    pace: Pace

    def step_tokens(self) -> list[int]:
        """Return the tokens of each step, padding not counted."""
        return [sum(len(self.encoded[i].ids) for i in batch) for batch in self.plan.batches]


def _fit(run: _Run, progress: Progress) -> tuple[AnswerTrainer, float]:
    quieten()
    try:
        from training.trainer import Clock, Signals, Watch
    except ImportError as error:
        raise MissingExtra(error.name or "trl", "train") from error
    with Signals() as signals:
        trainer = build(run.job, run.encoded, run.plan, run.checkpoints.folder)
        clock = Clock(run.pace.steps, run.pace.seconds, before=run.checkpoints.seconds())
        trainer.add_callback(Watch(run.checkpoints, clock, run.step_tokens(), progress, signals))
        newest = run.checkpoints.newest()
        trainer.train(resume_from_checkpoint=None if newest is None else str(newest))
        _stop_if_asked(trainer, signals)
    return trainer, round(clock.total(), 2)


def _stop_if_asked(trainer: AnswerTrainer, signals: Signals) -> None:
    step, steps = trainer.state.global_step, trainer.state.max_steps
    if signals.came and step < steps:
        raise Stopped(
            f"stopped after step {step} of {steps}; a checkpoint is saved", fix="run the same command again"
        )


def quieten() -> None:
    """Turn off telemetry, trackers and chatter of the libraries underneath, before they are imported."""
    for name in ("HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ[name] = "1"
    for name in ("TOKENIZERS_PARALLELISM", "DATASETS_VERBOSITY"):
        os.environ.setdefault(name, "false" if name.startswith("TOK") else "error")
    try:
        import datasets
        from transformers.utils import logging
    except ImportError as error:
        raise MissingExtra(error.name or "transformers", "train") from error
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    datasets.disable_progress_bars()


def build(job: Job, encoded: Sequence[Encoded], planned: Plan, folder: Path) -> AnswerTrainer:
    """Return the trainer of a job, ready to train on the planned batches in their order."""
    import datasets
    import torch
    from transformers import PrinterCallback
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    from training.trainer import AnswerTrainer

    machine = hardware()
    torch.set_num_threads(machine.threads)
    columns = {"input_ids": [list(x.ids) for x in encoded], "labels": [x.labels() for x in encoded]}
    order = [i for batch in planned.batches for i in batch]
    trainer = AnswerTrainer(
        model=adapter.trainable(job, getattr(torch, machine.dtype)),
        args=settings(job, planned, folder, machine),
        data_collator=DataCollatorForLanguageModeling(pad_token_id=job.contract.pad_id),
        train_dataset=datasets.Dataset.from_dict(columns).select(order, keep_in_memory=True),
        processing_class=job.contract.tokenizer,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def settings(job: Job, planned: Plan, folder: Path, machine: Hardware) -> Any:
    """Return the SFTConfig of a job. Every source of chance and of network is set here, none is left."""
    from trl import SFTConfig

    recipe = job.recipe
    schedule = "constant_with_warmup" if recipe.schedule == "constant" else recipe.schedule
    return SFTConfig(
        output_dir=str(folder),
        per_device_train_batch_size=recipe.batch,
        max_steps=planned.steps,
        num_train_epochs=1,
        train_sampling_strategy="sequential",
        learning_rate=recipe.lr,
        lr_scheduler_type=schedule,
        warmup_steps=math.ceil(recipe.warmup * planned.steps),
        weight_decay=recipe.weight_decay,
        seed=job.seed,
        data_seed=job.seed,
        bf16=machine.dtype == "bfloat16",
        fp16=machine.dtype == "float16",
        use_cpu=machine.device == "cpu",
        gradient_checkpointing=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=None,
        dataloader_num_workers=0,
        dataloader_pin_memory=machine.device == "cuda",
        logging_strategy="steps",
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to="none",
        push_to_hub=False,
        disable_tqdm=True,
        log_level="error",
    )


def _note(job: Job, planned: Plan, trainer: AnswerTrainer, folder: Path) -> dict[str, Any]:
    """Return train.json; no path of this machine is in it."""
    machine = hardware()
    return {
        "recipe": job.recipe.model_dump(mode="json"),
        "seed": job.seed,
        "base": {"name": adapter.plain_name(job.model), "digest": job.model.digest},
        "start": "" if job.start is None else adapter.digest_of(job.start),
        "contract": job.contract.hash,
        "loss_mask": LOSS_MASK,
        "digest": adapter.digest_of(folder),
        "steps": planned.steps,
        "tokens": planned.tokens,
        "answer_tokens": planned.answer_tokens,
        "losses": [h["loss"] for h in trainer.state.log_history if "loss" in h],
        "device": asdict(machine),
        "libraries": {p: importlib.metadata.version(p) for p in PACKAGES},
    }
