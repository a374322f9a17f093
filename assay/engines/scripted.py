"""An engine that follows a script: a real class for offline tests and dry runs, no model behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assay.records import Message

Script = Callable[[Sequence[Message]], str]


class Scripted:
    """Answer each conversation by a function of its text; remembers what it was asked."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.asked: list[tuple[Message, ...]] = []

    def __call__(self, conversations: Sequence[Sequence[Message]]) -> list[str]:
        """Return one text per conversation, in order."""
        self.asked.extend(tuple(c) for c in conversations)
        return [self._script(c) for c in conversations]
