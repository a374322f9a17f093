"""Read the comment header of a query file: a summary, the why, the scope and typed parameters."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from assay.errors import QueryError

Scope = Literal["row", "set"]

_TYPE = r"(?:BOOLEAN|INTEGER|BIGINT|DOUBLE|VARCHAR|DECIMAL\(\d+, ?\d+\))(?:\[\])?"
_PARAM = re.compile(rf"param (?P<name>[a-z_]\w*) (?P<type>{_TYPE}) = (?P<default>.+?): (?P<doc>\S.*)")
_KEYWORDS = ("scope", "param", "signal")


@dataclass(frozen=True)
class Param:
    """A declared parameter; `default` is a SQL literal."""

    name: str
    type: str
    default: str
    doc: str


@dataclass(frozen=True)
class Header:
    """What DuckDB cannot derive from the SELECT."""

    summary: str
    why: str
    scope: Scope
    params: tuple[Param, ...]
    signals: tuple[str, ...]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ` (nearest: X)` for a mistyped name, or nothing."""
    found = difflib.get_close_matches(name, list(known), 1, 0.5)
    return f" (nearest: {found[0]})" if found else ""


def parse_header(sql: str, path: str) -> Header:
    """Parse the leading comment lines of `sql`; raises QueryError with the line of the mistake."""
    prose: list[str] = []
    scope: Scope = "set"
    params: list[Param] = []
    signals: list[str] = []
    for number, line in _comment_lines(sql):
        where = f"{path}:{number}"
        if line.startswith("scope "):
            scope = _scope(line, where)
        elif line.startswith("param "):
            params.append(_param(line, where, {p.name for p in params}))
        elif line.startswith("signal "):
            signals.append(line.removeprefix("signal ").strip())
        else:
            prose.append(line)
    text = "\n".join(prose).strip()
    if not text:
        raise QueryError(
            "the header has no summary", where=f"{path}:1", fix="begin the file with `-- What it does.`"
        )
    summary, _, why = text.partition("\n")
    return Header(summary.strip(), why.strip(), scope, tuple(params), tuple(signals))


def _comment_lines(sql: str) -> Iterable[tuple[int, str]]:
    for number, line in enumerate(sql.splitlines(), 1):
        text = line.strip()
        if not text.startswith("--"):
            if text:
                return
            continue
        yield number, text.removeprefix("--").strip()


def _scope(line: str, where: str) -> Scope:
    value = line.removeprefix("scope ").strip()
    if value not in ("row", "set"):
        raise QueryError(f"scope {value!r} is unknown", where=where, fix="scope is `row` or `set`")
    return cast(Scope, value)


def _param(line: str, where: str, taken: set[str]) -> Param:
    match = _PARAM.fullmatch(line)
    if not match:
        raise QueryError(
            f"cannot read {line!r}",
            where=where,
            fix="write `param NAME TYPE = DEFAULT: what it is`, TYPE one of BOOLEAN INTEGER BIGINT DOUBLE "
            "VARCHAR DECIMAL(p,s), or a list of it as TYPE[]",
        )
    if match["name"] in taken:
        raise QueryError(f"parameter {match['name']!r} is declared twice", where=where)
    return Param(match["name"], match["type"], match["default"].strip(), match["doc"].strip())
