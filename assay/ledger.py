"""The ledger: who did what, when and why, append-only and hash-chained.

Entries are `.assay/ledger/0001.json`, `0002.json` …: each is created exclusively and holds the
digest of the one before, so a changed, missing or reordered entry shows.
"""

from __future__ import annotations

import datetime
import getpass
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.files import publish_json, read_json
from assay.fingerprint import canonical, digest

GENESIS = "0" * 32


@dataclass(frozen=True)
class Entry:
    """One act. `key` makes an act that must happen once (a test opening) idempotent."""

    number: int
    at: str
    who: str
    act: str
    reason: str
    what: Mapping[str, Any]
    key: str
    previous: str

    @property
    def digest(self) -> str:
        """The digest that the next entry carries."""
        return digest(canonical(self.__dict__).encode(), person=b"assay-ledger")


def now() -> str:
    """Return the time in UTC, to the second, as ISO 8601."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def who(configured: str | None = None) -> str:
    """Return who acts: `who:` in YAML (env:NAME is read), ASSAY_USER, git's user.email, the login."""
    if configured and configured.startswith("env:"):
        configured = os.environ.get(configured.removeprefix("env:"))
    return configured or os.environ.get("ASSAY_USER") or _git_email() or _login()


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user that has no name
        return f"uid {os.getuid()}"


def _git_email() -> str:
    try:
        found = subprocess.run(
            ["git", "config", "user.email"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip()


class Ledger:
    """The entries in one folder."""

    def __init__(self, folder: Path, who: str) -> None:
        self.folder, self.who = folder, who

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, oldest first."""
        for path in sorted(self.folder.glob("[0-9]*.json"), key=lambda p: int(p.stem)):
            yield Entry(**read_json(path))

    def append(self, act: str, *, reason: str = "", key: str = "", **what: Any) -> Entry:
        """Write one entry; with a `key` that stands in the ledger already, return that entry instead."""
        while True:
            last: Entry | None = None
            for last in self.entries():
                if key and last.key == key and last.act == act:
                    return last
            number, previous = (last.number + 1, last.digest) if last else (1, GENESIS)
            entry = Entry(number, now(), self.who, act, reason, what, key, previous)
            if publish_json(self.folder / f"{number:04}.json", entry.__dict__):
                return entry

    def count(self, act: str) -> int:
        """Return how many entries have this act."""
        return sum(e.act == act for e in self.entries())

    def damage(self) -> list[str]:
        """Return one line for each entry that breaks the chain."""
        lines, previous = [], GENESIS
        for number, entry in enumerate(self.entries(), start=1):
            if entry.number != number:
                lines.append(f"entry {number} is missing; found {entry.number}")
            if entry.previous != previous:
                lines.append(f"entry {entry.number} does not follow the entry before it")
            previous = entry.digest
        return lines
