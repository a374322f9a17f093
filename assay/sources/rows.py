"""What a reader yields: a row, or a record that could not be read; reading goes on after either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LONGEST = 16 << 20
"""Bytes of one record; a longer one is named and skipped without being held in memory."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record: `line` is where it begins in a text, else its number from 1; values are plain JSON."""

    file: str
    line: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bad:
    """One record that could not be read or used, and why."""

    file: str
    line: int
    why: str


def too_long() -> str:
    """Say that a record is over the limit."""
    return f"longer than {LONGEST >> 20} MB"
