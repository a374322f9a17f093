"""Score the responses in a file by a check: no workspace, no model."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay import checks
from assay.errors import UserError, nearest

SHOWN = 5
"""Bad lines that a message names."""


@dataclass(frozen=True)
class Scored:
    """How many responses passed, with Wilson's 95 % interval; `failed` are (line, what the check said)."""

    n: int
    correct: int
    accuracy: float
    lo: float
    hi: float
    failed: tuple[tuple[int, str], ...]


def score_file(path: Path, response: str, answer: str, check: Mapping[str, Any]) -> Scored:
    """Judge the field `response` of every row by the check, against the field `answer`.

    Reads JSONL, JSON (a list of objects), CSV and TSV by their ending. Raises UserError for a file
    that cannot be read and for rows without the fields, by line; nothing is scored then.
    """
    try:
        checks.validate(check)
    except ValueError as error:
        raise UserError(str(error), fix="--check number, exact, choice …") from error
    rows = list(read_rows(path))
    if not rows:
        raise UserError("there are no rows", where=str(path))
    _have_fields(path, rows, (response, answer))
    judged = [(line, checks.judge(check, _text(row[response]), _text(row[answer]))) for line, row in rows]
    correct = sum(j.passed for _, j in judged)
    lo, hi = wilson(correct, len(rows))
    failed = tuple((line, j.detail) for line, j in judged if not j.passed)
    return Scored(len(rows), correct, correct / len(rows), lo, hi, failed)


def wilson(correct: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Return Wilson's interval of a share (Wilson 1927); rows count as independent."""
    p, worth = correct / n, 1 + z * z / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (middle - half) / worth), min(1.0, (middle + half) / worth)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _have_fields(path: Path, rows: Sequence[tuple[int, Mapping[str, Any]]], fields: Sequence[str]) -> None:
    there = {name for _, row in rows for name in row}
    for field in fields:
        if field not in there:
            raise UserError(f"no row has the field {field!r}", where=str(path), fix=nearest(field, there))
        lacking = [line for line, row in rows if row.get(field) is None]
        if lacking:
            more = f" and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
            lines = ", ".join(map(str, lacking[:SHOWN]))
            raise UserError(
                f"no {field!r} in line {lines}{more}", where=str(path), fix="fill or remove these rows"
            )


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line, row) of a JSONL, JSON, CSV or TSV file. Raises UserError with line and fix."""
    if not path.is_file():
        raise UserError("there is no such file", where=str(path))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"not UTF-8 at byte {error.start}", where=str(path), fix="save it as UTF-8"
        ) from error
    ending = path.suffix.lower()
    if ending in (".csv", ".tsv"):
        yield from _delimited(path, text, "\t" if ending == ".tsv" else ",")
    elif ending in (".jsonl", ".ndjson"):
        yield from _json_lines(path, text)
    elif ending == ".json":
        yield from _json_list(path, text)
    else:
        raise UserError(f"unknown kind of file {ending!r}", where=str(path), fix="JSONL, JSON, CSV or TSV")


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _object(path, number, line)


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        what = getattr(error, "msg", "nested too deep")
        raise UserError(f"line {number} is not JSON: {what}", where=str(path)) from error
    if not isinstance(row, dict):
        raise UserError(f"line {number} is no object", where=str(path), fix="one {…} a line")
    return row


def _json_list(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        line, what = getattr(error, "lineno", 1), getattr(error, "msg", "nested too deep")
        raise UserError(f"line {line} is not JSON: {what}", where=str(path)) from error
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise UserError(
            "it is no list of objects", where=str(path), fix="[{…}, {…}], or one {…} a line as .jsonl"
        )
    yield from enumerate(rows, start=1)


def _delimited(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if None in row:
                raise UserError(f"line {reader.line_num} has more cells than the head", where=str(path))
            yield reader.line_num, dict(row)
    except csv.Error as error:
        raise UserError(f"line {reader.reader.line_num}: {error}", where=str(path)) from error
