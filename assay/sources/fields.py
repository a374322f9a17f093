"""Values of a row by the name of a field, nested ones by a path with dots, and as text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from assay.fingerprint import canonical
from assay.sources.objects import flaw

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9.]+")
_DEEP = 3


def plain_name(name: str) -> str:
    """Return a name in lower case with underscores: `answerKey` and `Answer Key` become the same."""
    return _OTHER.sub("_", _CAMEL.sub("_", name).lower()).strip("_")


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """Return the field of that very name, else what the path leads to (numbers index lists); else None."""
    if path in values:
        return values[path]
    node: Any = values
    for key in path.split("."):
        if isinstance(node, Mapping):
            node = node.get(key)
        elif isinstance(node, list) and key.isdecimal() and len(key) < 6:
            node = node[int(key)] if int(key) < len(node) else None
        else:
            return None
    return node


def names_in(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the fields of some rows in the order they come, nested objects as `outer.inner` too."""
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(_paths(row, "", _DEEP)))
    return tuple(names)


def _paths(value: Mapping[str, Any], before: str, deep: int) -> Iterable[str]:
    for key, inner in value.items():
        yield before + key
        if isinstance(inner, Mapping) and deep > 1:
            yield from _paths(inner, f"{before}{key}.", deep - 1)


def text_of(value: Any) -> str:
    """Write a value as text: numbers as they are, without an exponent; objects as canonical JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = repr(value)
        return format(Decimal(text), "f") if "e" in text and abs(value) < 1e40 else text
    return str(value) if isinstance(value, int) else canonical(value)


def is_empty(value: Any) -> bool:
    """Say whether nothing is there: null, NaN, white space, an empty list or object."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, float):
        return value != value
    return value is None or value == [] or value == {}


def unpacked(value: Any) -> Any:
    """Return what a text holds when it is a JSON list or object (a CSV cell, a column of tools)."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            inner = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return inner if flaw(inner) is None else value
    return value


def joined(values: Mapping[str, Any], fields: Sequence[str]) -> str:
    """Join the parts that are there: by a blank line after an instruction, else by a newline."""
    if plain_name(fields[0]) == "instruction" and is_empty(value_at(values, fields[0])):
        return ""
    parts = [v for f in fields if not is_empty(v := value_at(values, f))]
    return ("\n\n" if plain_name(fields[0]) == "instruction" else "\n").join(map(text_of, parts))
