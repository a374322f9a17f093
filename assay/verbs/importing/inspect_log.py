"""Read Inspect's logs: one JSON document, or a `.eval` archive with a JSON file per sample."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assay.errors import UserError
from assay.sources.rows import Bad
from assay.verbs.importing.answers import Answer, number

LARGEST = 1 << 30
"""Bytes of a JSON log that are read; Inspect itself writes archives beyond."""

LARGEST_SAMPLE = 64 << 20


def is_log(path: Path) -> bool:
    """Say whether a file is an Inspect log, by its ending or its first keys."""
    if not path.is_file():
        return False
    if path.suffix == ".eval":
        return True
    if path.suffix != ".json":
        return False
    with path.open("rb") as file:
        head = file.read(4096)
    return b'"eval"' in head and b'"status"' in head


def answers(path: Path) -> Iterator[Answer | Bad]:
    """Yield the answer of every sample. Raises UserError for a log that cannot be read."""
    for number_, sample in enumerate(_samples(path), start=1):
        yield _answer(str(path), number_, sample)


def _samples(path: Path) -> Iterator[Mapping[str, Any]]:
    if path.suffix == ".eval":
        yield from _archived(path)
        return
    if path.stat().st_size > LARGEST:
        raise UserError("the log is over 1 GB", where=str(path), fix="inspect log convert --to eval")
    try:
        log = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"it is no Inspect log: {error}", where=str(path), fix="export it again") from error
    for sample in log.get("samples") or () if isinstance(log, dict) else ():
        if isinstance(sample, dict):
            yield sample


def _archived(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.filename.startswith("samples/") and info.filename.endswith(".json"):
                    if info.file_size > LARGEST_SAMPLE:
                        raise UserError(f"{info.filename} is over 64 MB", where=str(path), fix="leave it out")
                    yield json.loads(archive.read(info))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, RecursionError) as error:
        raise UserError(f"it is no Inspect log: {error}", where=str(path), fix="export it again") from error


def _answer(file: str, line: int, sample: Mapping[str, Any]) -> Answer | Bad:
    asked = sample.get("input")
    prompts = [asked] if isinstance(asked, str) else _texts(asked)
    output = sample.get("output")
    completion = output.get("completion") if isinstance(output, Mapping) else None
    if completion is None and isinstance(output, Mapping):
        completion = next(iter(_texts([c.get("message") for c in output.get("choices") or ()])), None)
    try:
        return Answer(
            file,
            line,
            item=str(sample.get("id", "")),
            prompts=tuple(prompts),
            response=completion if isinstance(completion, str) else None,
            score=_score(sample.get("scores")),
        )
    except ValueError as error:
        return Bad(file, line, str(error))


def _texts(turns: Any) -> list[str]:
    """Return the texts of a list of messages, the last first."""
    found = []
    for turn in reversed(turns) if isinstance(turns, list) else ():
        content = turn.get("content") if isinstance(turn, Mapping) else None
        if isinstance(content, list):
            content = "".join(p.get("text", "") for p in content if isinstance(p, Mapping))
        if isinstance(content, str) and content.strip():
            found.append(content)
    return found


def _score(scores: Any) -> float | None:
    first = next(iter(scores.values()), None) if isinstance(scores, Mapping) else None
    return number(first.get("value")) if isinstance(first, Mapping) else None
