"""What every command shares: the global flags, the workspace, the answer on stdout, progress on stderr."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from assay.cli.flags import FLAGS, global_flags, merged
from assay.cli.progress import Bar
from assay.cli.visible import json_text, visible
from assay.files import Progress, silent

if TYPE_CHECKING:
    from assay.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])

SCHEMA = 1
"""The schema number of every --json document."""


class App:
    """The flags that hold for every command, and the ways out."""

    def __init__(self, flags: Mapping[str, Any]) -> None:
        self.folder: Path | None = flags["workspace"]
        self.as_json: bool = flags["as_json"]
        self.overrides: tuple[str, ...] = flags["overrides"]
        self.dry_run: bool = flags["dry_run"]
        self.yes: bool = flags["yes"]
        self.quiet: bool = flags["quiet"]
        self.verbose: bool = flags["verbose"]

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace, with the names in its assay.yaml compared with what there is."""
        from assay.verbs.known import known_names
        from assay.workspace import Workspace

        return Workspace.find(self.folder, overrides=self.overrides, known=known_names(self.folder))

    def answer(self, payload: Mapping[str, Any], text: str) -> None:
        """Print the answer: one JSON document with --json, else the text."""
        if self.as_json:
            click.echo(json_text({"schema": SCHEMA, **payload}))
        elif text:
            click.echo(visible(text))

    def note(self, text: str) -> None:
        """Say something beside the answer, on stderr."""
        if not self.quiet:
            click.echo(visible(text), err=True)

    def progress(self, label: str) -> Progress:
        """Return a progress callback that draws on stderr."""
        return silent if self.quiet else Bar(label)


def common(function: F) -> F:
    """Give a command the global flags, before or after the verb, and hand it one `App`."""

    @global_flags
    @functools.wraps(function)
    def command(**values: Any) -> Any:
        own = {n: values.pop(n) for n in FLAGS}
        return function(App(merged(click.get_current_context().find_root().obj or {}, own)), **values)

    return command  # type: ignore[return-value]


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Lay out rows under a head, numbers to the right."""
    if not rows:
        return ""
    cells = [[_cell(v) for v in row] for row in rows]
    right = [
        all(isinstance(row[i], (int, float)) or row[i] is None for row in rows) for i in range(len(head))
    ]
    widths = [max(len(r[i]) for r in [list(head), *cells]) for i in range(len(head))]
    lines = []
    for row in [list(head), *cells]:
        parts = [v.rjust(w) if r else v.ljust(w) for v, w, r in zip(row, widths, right, strict=True)]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else visible(str(value).replace("\n", "⏎"))


def is_terminal() -> bool:
    """Say whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
