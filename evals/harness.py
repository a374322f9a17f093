"""The one lm-eval model: contract token ids for context and continuation, cached responses, honest names.

The only importer of lm_eval. lm-eval hands text around, and its HF model renders, cuts and names
things in ways that change scores, so here "text" is the conversation as JSON: `apply_chat_template`
dumps it, and the requests are rendered to ids by the chat contract, as in training and generation.
"""

from __future__ import annotations

import contextlib
import json
import logging
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assay.chat import Contract
from assay.errors import MissingExtra, UserError
from assay.records import Message
from evals.answering import Answering, Ask, Weigh

try:
    import lm_eval
    import lm_eval.api.task
    from lm_eval.api.model import LM
    from lm_eval.tasks import TaskManager
    from lm_eval.utils import get_rolling_token_windows, make_disjoint_window
except ImportError as error:
    raise MissingExtra("lm-eval", "eval") from error

WINDOW = 1024
"""Tokens of a rolling-perplexity window."""

DEFAULT_TOKENS = 256
"""What a standard task gets when it names no limit, as in lm-eval."""


class ContractLM(LM):  # type: ignore[misc]
    """Answer lm-eval's requests under a chat contract; knows itself as (base, adapter, contract)."""

    def __init__(self, answering: Answering, contract: Contract, identity: Mapping[str, str]) -> None:
        super().__init__()
        self.answering, self.contract, self.identity = answering, contract, dict(identity)

    @property
    def tokenizer_name(self) -> str:
        """Name the rendering; lm-eval keys request caches by it."""
        return str(self.contract.hash)

    def get_model_info(self) -> dict[str, str]:
        """Name base, adapter and contract; lm-eval alone names an adapter by its base's path."""
        return self.identity

    def apply_chat_template(
        self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True
    ) -> str:
        """Keep the conversation whole; the contract renders it later."""
        if not add_generation_prompt:
            raise UserError(
                "a task that begins the answer itself (gen_prefix) has no place in the chat contract",
                fix="use a variant of the task without gen_prefix",
            )
        return json.dumps(chat_history, ensure_ascii=False)

    def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
        """Generate greedily (or as the task says) up to the contract's stop token or the task's stop text."""
        asks = [self._ask(r) for r in requests]
        replies = self.answering.generate(asks)
        return [
            _cut(self.contract.decode(ids), r.args[1].get("until") or ())
            for r, ids in zip(requests, replies, strict=True)
        ]

    def loglikelihood(self, requests: list[Any], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """Score the continuation as a whole answer: its tokens and the stop token after it."""
        pairs = []
        for r in requests:
            turns = _turns(r)
            ids = self.contract.prompt_ids(turns), self.contract.target_ids(turns, r.args[1])
            pairs.append(Weigh(tuple(ids[0]), tuple(ids[1])))
        return [(-w.total, w.greedy) for w in self.answering.weigh(pairs)]

    def loglikelihood_rolling(self, requests: list[Any], disable_tqdm: bool = False) -> list[float]:
        """Score raw text, exempt from the contract: no template, no system prompt."""
        start = self.contract.stop_ids[0]
        pairs, owner = [], []
        for i, r in enumerate(requests):
            ids = self.contract.tokenizer.encode(r.args[0], add_special_tokens=False)
            windows = get_rolling_token_windows(ids, start, WINDOW, 1)
            for context, continuation in map(make_disjoint_window, windows):
                pairs.append(Weigh(tuple(context), tuple(continuation)))
                owner.append(i)
        totals = [0.0] * len(requests)
        for i, weight in zip(owner, self.answering.weigh(pairs), strict=True):
            totals[i] -= weight.total
        return totals

    def _ask(self, request: Any) -> Ask:
        settings = request.args[1]
        limit = next(
            (settings[k] for k in ("max_gen_toks", "max_new_tokens") if k in settings), DEFAULT_TOKENS
        )
        temperature = float(settings.get("temperature") or 0.0) if settings.get("do_sample") else 0.0
        return Ask(tuple(self.contract.prompt_ids(_turns(request))), int(limit), temperature)


def _turns(request: Any) -> list[Message]:
    """Read the conversation back; our own items with several turns replace lm-eval's single text."""
    try:
        history = json.loads(request.args[0])
    except json.JSONDecodeError as error:
        raise UserError(
            "this task was run without its chat template", where=str(request.task_name)
        ) from error
    turns = [Message(t["role"], t["content"]) for t in history]
    own = json.loads(request.doc["messages"]) if isinstance(request.doc.get("messages"), str) else []
    return turns[:-1] + [Message(t["role"], t["content"]) for t in own] if len(own) > 1 else turns


def _cut(text: str, until: Sequence[str]) -> str:
    for stop in until:
        text = text.split(stop)[0] if stop else text
    return text.strip()


def load_tasks(folders: Sequence[Path], names: Sequence[str]) -> dict[str, Any]:
    """Load tasks by name from `folders` only; lm-eval's own index of 14,000 files is left alone."""
    with contained():
        manager = TaskManager(include_path=[str(f) for f in folders], include_defaults=False)
        tasks: dict[str, Any] = dict(manager.load(list(names)))
    return tasks


def run(lm: ContractLM, tasks: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Evaluate and return the samples of every task; touches no global random state."""
    with contained():
        found = lm_eval.evaluate(
            lm,
            tasks,
            bootstrap_iters=0,
            log_samples=True,
            apply_chat_template=True,
            fewshot_as_multiturn=True,
        )
    samples: dict[str, list[dict[str, Any]]] = found["samples"]
    return samples


@contextlib.contextmanager
def contained() -> Iterator[None]:
    """Silence lm-eval's bars and its log below errors, and give the global random states back.

    It draws from `random` wherever it asks for a task's name.
    """
    logger, module = logging.getLogger("lm_eval"), lm_eval.api.task
    level, bar = logger.level, module.tqdm
    states = random.getstate(), np.random.get_state()
    logger.setLevel(logging.ERROR)
    module.tqdm = lambda iterable, **_: iterable
    try:
        yield
    finally:
        logger.setLevel(level)
        module.tqdm = bar
        random.setstate(states[0])
        np.random.set_state(states[1])
