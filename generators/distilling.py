"""Drive distilabel tasks in this process: their prompts and parsing, our engine's text.

The only importer of distilabel. No pipeline is started (that costs 3 s and a barrier per batch) and
its log, which warns at every task without a pipeline, is switched off.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from assay.errors import MissingExtra
from assay.records import Message

Speak = Callable[[Sequence[Sequence[Message]]], list[str]]
"""Says one text for each conversation, in order; caching is its business."""

PROMPT = (
    "Say the following in other words. Keep all numbers, names and quoted words exactly as they are. "
    "Do not answer it. Reply with the new text only.\n\nText: {text}"
)
PROMPT_NAME = "rephrase/1"
"""Raise the number when the wording above changes: it is kept in the origin of every rewrite."""


@lru_cache(maxsize=1)
def _rewrite_task() -> Callable[[Speak, str], Any]:
    """Return the maker of the task, built on first use: importing this module loads nothing heavy."""
    logging.getLogger("distilabel").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():  # of pydantic, about distilabel's own fields
            warnings.simplefilter("ignore")
            return _build()
    except ImportError as error:
        raise MissingExtra("distilabel", "generate") from error


def _build() -> Callable[[Speak, str], Any]:
    from distilabel.models.llms import LLM
    from distilabel.steps.tasks import Task

    class Spoken(LLM):  # type: ignore[misc]
        """A distilabel LLM whose text our engine says."""

        speak: Any
        name: str

        @property
        def model_name(self) -> str:
            return self.name

        # No **kwargs here: distilabel's check of runtime parameters breaks on them.
        def generate(self, inputs: list[Any], num_generations: int = 1) -> list[Any]:
            turns = [[Message(m["role"], m["content"]) for m in chat] for chat in inputs]
            texts = self.speak([t for t in turns for _ in range(num_generations)])
            groups = [texts[i : i + num_generations] for i in range(0, len(texts), num_generations)]
            return [{"generations": g, "statistics": {}} for g in groups]

    class Rewrite(Task):  # type: ignore[misc]
        """Say a text in other words."""

        @property
        def inputs(self) -> list[str]:
            return ["text"]

        @property
        def outputs(self) -> list[str]:
            return ["rewrite", "model_name"]

        def format_input(self, input: dict[str, Any]) -> list[dict[str, str]]:
            return [{"role": "user", "content": PROMPT.format(text=input["text"])}]

        def format_output(self, output: str | None, input: dict[str, Any] | None = None) -> dict[str, Any]:
            return {"rewrite": _bare(output or "")}

    def build(speak: Speak, name: str) -> Any:
        return Rewrite(name="rewrite", llm=Spoken(speak=speak, name=name))

    return build


def _bare(text: str) -> str:
    """Take off what small models put around a rewrite: a label, a fence, quotes around the whole."""
    text = text.strip().removeprefix("Text:").strip()
    if text.startswith("```") and text.endswith("```") and len(text) > 6:
        text = text[3:-3].strip()
    if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        text = text[1:-1].strip()
    return text


def rewrites(texts: Sequence[str], speak: Speak, teacher: str) -> list[str]:
    """Return one rewrite per text, empty where nothing came."""
    if not texts:
        return []
    task = _rewrite_task()(speak, teacher)
    task.load()
    rows = next(task.process([{"text": t} for t in texts]))
    return [row["rewrite"] or "" for row in rows]
