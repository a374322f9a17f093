"""The global flags; they may stand before the verb (`assay -C DIR status`) or after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

FLAGS = ("workspace", "as_json", "overrides", "dry_run", "yes", "quiet", "verbose")

_OPTIONS = (
    click.option("-C", "--workspace", type=click.Path(path_type=Path), help="The workspace folder."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
    click.option(
        "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key of assay.yaml."
    ),
    click.option("--dry-run", is_flag=True, help="Say what would be done; do nothing."),
    click.option("--yes", is_flag=True, help="Do not ask."),
    click.option("-q", "--quiet", is_flag=True, help="No progress, no notes."),
    click.option("-v", "--verbose", is_flag=True, help="More notes."),
)


def global_flags(function: F) -> F:
    """Add the flags that every command has."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def merged(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Join the flags given before the verb with those given after it; the later wins, lists add up."""
    flags = {n: after[n] or before.get(n) or after[n] for n in FLAGS}
    return flags | {"overrides": (*before.get("overrides", ()), *after["overrides"])}
