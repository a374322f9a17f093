"""One thing that is damaged, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ASIDE = "assay doctor --fix sets it aside"


@dataclass(frozen=True)
class Finding:
    """Damage: where, what, how to put it right. `aside` is what --fix moves into the quarantine."""

    path: Path
    what: str
    fix: str = ""
    aside: tuple[Path, ...] = ()


def unfit(path: Path, what: str, fix: str = ASIDE) -> Finding:
    """Return a finding about a file that only stands in the way: --fix sets it aside."""
    return Finding(path, what, fix, (path,))


def because(error: BaseException) -> str:
    """Return what an error says, on one line."""
    return " ".join(f"{error}".split())[:160] or type(error).__name__
