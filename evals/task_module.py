"""Load and judge the held-out task in this folder; a copy of Assay's that needs only lm-eval to run.

Copied beside every task as `assay_task.py`: nothing of Assay is imported, and files are found next to
this one, so that plain `lm_eval run --include_path` works from any folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent


@lru_cache(maxsize=1)
def _card() -> dict[str, Any]:
    """Read task.json and compare every file it names with its digest."""
    card: dict[str, Any] = json.loads((HERE / "task.json").read_text(encoding="utf-8"))
    for name, expected in card["files"].items():
        data = (HERE / name).read_bytes()
        if hashlib.blake2b(data, digest_size=16, person=b"assay-file").hexdigest() != expected:
            raise ValueError(f"{HERE / name} was changed after the task was written; write the task again")
    return card


@lru_cache(maxsize=1)
def _checks() -> ModuleType:
    """Import the copied checks under a name of their own: other tasks may carry other versions."""
    _card()
    name = f"assay_checks_{hashlib.blake2b(str(HERE).encode(), digest_size=8).hexdigest()}"
    spec = importlib.util.spec_from_file_location(name, HERE / "checks.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot import {HERE / 'checks.py'}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def load(**_: Any) -> dict[str, Any]:
    """Return the items; lm-eval passes metadata that is not needed here."""
    import datasets

    _card()
    lines = (HERE / "data.jsonl").read_text(encoding="utf-8").splitlines()
    return {"test": datasets.Dataset.from_list([json.loads(line) for line in lines])}


def ask(doc: dict[str, Any]) -> str:
    """Return the user's turn; earlier turns, if any, stand before it (Assay itself sends real turns)."""
    turns = json.loads(doc["messages"])
    if len(turns) == 1:
        return str(turns[0]["content"])
    return "\n\n".join(f"{t['role']}: {t['content']}" for t in turns)


def grade(doc: dict[str, Any], results: list[Any]) -> dict[str, Any]:
    """Judge the response by the item's own check."""
    judgement = _checks().judge(json.loads(doc["check"]), str(results[0]).strip(), doc["answer"])
    return {"accuracy": float(judgement.passed)}


def weigh(doc: dict[str, Any], results: list[Any]) -> dict[str, Any]:
    """Return the target's negative log-likelihood and its bits per byte."""
    log_likelihood, _greedy = results[0]
    size = max(1, len(doc["target"].encode("utf-8")))
    return {"nll": -float(log_likelihood), "bits_per_byte": (float(log_likelihood), size)}
