"""Read lm-eval's `samples_*.jsonl`: one row per document and filter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assay.sources.rows import Bad, Row
from assay.sources.source import Part
from assay.verbs.importing.answers import Answer, number

KEYS = {"doc", "resps", "filtered_resps"}
PREFERRED = ("exact_match", "acc", "accuracy", "pass_at_1", "prompt_level_strict_acc", "em", "f1")
"""Metrics of a sample that are its score, the first that is there."""


def are_samples(sample: Sequence[Row]) -> bool:
    """Say whether rows look like lm-eval's."""
    return bool(sample) and sample[0].values.keys() >= KEYS


def answers(part: Part) -> Iterator[Answer | Bad]:
    """Yield the rows of the first filter; the others say the same document again."""
    first: str | None = None
    for row in part.rows():
        if isinstance(row, Bad):
            yield row
            continue
        name = str(row.values.get("filter", ""))
        first = name if first is None else first
        if name == first:
            yield _answer(row)


def _answer(row: Row) -> Answer | Bad:
    doc = row.values.get("doc")
    document: Mapping[str, Any] = doc if isinstance(doc, Mapping) else {}
    prompts = [v for v in document.values() if isinstance(v, str) and v.strip()]
    replies = row.values.get("filtered_resps")
    reply = replies[0] if isinstance(replies, list) and replies else None
    try:
        score = next((number(row.values[m]) for m in PREFERRED if m in row.values), None)
    except ValueError as error:
        return Bad(row.file, row.line, str(error))
    return Answer(
        row.file,
        row.line,
        item=str(document.get("item_id") or document.get("id") or ""),
        prompts=tuple(prompts),
        response=reply if isinstance(reply, str) else None,
        score=score,
    )
