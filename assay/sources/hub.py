"""Read `hf:ID[@CONFIG][:SPLIT]` through `datasets`: from the Hub, or offline from its cache."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.errors import MissingExtra, UserError, nearest
from assay.sources.columnar import BATCH, rows_of
from assay.sources.rows import Bad, Row

PREFIX = "hf:"
_FORM = re.compile(
    r"hf:(?P<id>[\w][\w.-]*(?:/[\w][\w.-]*)?)(?:@(?P<config>[\w.+-]+))?(?::(?P<split>[\w.-]+))?"
)


@dataclass(frozen=True)
class HubSet:
    """One split of a dataset, loaded by `datasets` and memory-mapped."""

    name: str
    split: str
    data: Any

    def rows(self) -> Iterator[Row | Bad]:
        """Yield its rows, numbered from 1."""
        tables = self.data.with_format("arrow").iter(batch_size=BATCH)
        yield from rows_of(self.name, (batch for table in tables for batch in table.to_batches()))


def open_hub(source: str) -> HubSet:
    """Load the split that `hf:…` names. Raises UserError when it cannot be had or must be named."""
    found = _FORM.fullmatch(source)
    if not found:
        raise UserError(
            "no name of a dataset",
            where=source,
            fix="hf:OWNER/NAME, hf:OWNER/NAME:train, hf:NAME@CONFIG:train",
        )
    if Path(found["id"]).exists():
        fix = f"name it without hf: ({found['id']}), or run from another folder"
        raise UserError(
            f"there is a {found['id']!r} right here, which `datasets` would read", where=source, fix=fix
        )
    splits = _load(source, found["id"], found["config"])
    split = found["split"] or _only(source, splits)
    if split not in splits:
        raise UserError(f"it has no split {split!r}", where=source, fix=nearest(split, splits))
    return HubSet(source, split, splits[split])


def _only(source: str, splits: dict[str, Any]) -> str:
    if len(splits) != 1:
        names = ", ".join(splits)
        fix = f"name one: {source}:{next(iter(splits), 'train')}"
        raise UserError(f"it has several splits: {names}", where=source, fix=fix)
    return next(iter(splits))


def _load(source: str, name: str, config: str | None) -> dict[str, Any]:
    try:
        import datasets
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError as error:
        raise MissingExtra("datasets", "train") from error
    try:
        return dict(datasets.load_dataset(name, config))
    except (
        datasets.exceptions.DatasetsError,
        HfHubHTTPError,
        OSError,
        ValueError,
        RuntimeError,
        TypeError,
        KeyError,
        ImportError,
        NotImplementedError,
    ) as error:
        raise UserError(_why(error), where=source, fix=_fix(str(error), source)) from error


def _why(error: Exception) -> str:
    why = " ".join(str(error).split())[:300] or type(error).__name__
    return f"`datasets` cannot load it: {why}"


def _fix(text: str, source: str) -> str:
    if "onfig" in text and "pick" in text.lower():
        return f"name one of the configs: {source.split(':', 2)[0]}:ID@CONFIG:SPLIT"
    if "gated" in text or "401" in text or "403" in text:
        return "accept its terms on huggingface.co and log in: hf auth login"
    return "check its name on huggingface.co/datasets, and the network; offline, load it once online before"
