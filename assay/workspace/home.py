"""The folder of a workspace: its page, its stores, its ledger."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from assay import ledger
from assay.config import NAME, Config
from assay.errors import UserError
from assay.ledger import Ledger
from assay.store import Store


class Home:
    """Where everything of one workspace lies."""

    def __init__(self, root: Path, config: Config) -> None:
        self.root, self.config = root, config
        self.home = root / ".assay"
        self.store = Store(self.home)
        self.sealed = Store(self.home / "sealed")

    @cached_property
    def ledger(self) -> Ledger:
        """Who did what, when and why."""
        return Ledger(self.home / "ledger", ledger.who(self.config.who))


def check_name(name: str) -> None:
    """Raise UserError unless the name may stand in a reference."""
    if "@" in name:
        raise UserError(
            f"{name!r} names a version; versions never change",
            fix=f"--name {name.split('@')[0]} makes the next one",
        )
    if not NAME.fullmatch(name):
        raise UserError(f"{name!r} is no name", fix="letters, digits, '.', '_' and '-' only")
