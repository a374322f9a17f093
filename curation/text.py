"""SQL text without its comments: what a rule's identity is made of, and what is parsed and run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_TOKEN = re.compile(
    r"""(?P<keep>[eE]'(?:\\.|''|[^'\\])*'      # escape string
        |'(?:''|[^'])*'                        # string
        |"(?:""|[^"])*"                        # quoted name
        |\$(?P<tag>[A-Za-z_]\w*|)\$.*?\$(?P=tag)\$)  # dollar-quoted string
      |(?P<comment>--[^\n]*|/\*.*?\*/)
      |(?P<param>\$[A-Za-z_]\w*)
      |(?P<space>\s+)
      |(?P<word>\w+)""",
    re.S | re.X,
)


def _rewrite(sql: str, change: Mapping[str, Callable[[str], str]]) -> str:
    def one(match: re.Match[str]) -> str:
        kind = match.lastgroup if match.lastgroup != "tag" else "keep"
        apply = change.get(kind or "")
        return apply(match[0]) if apply else match[0]

    return _TOKEN.sub(one, sql)


def blank_comments(sql: str) -> str:
    """Replace every comment by spaces, keeping each line where it is, and drop final semicolons."""
    blank = _rewrite(sql, {"comment": lambda c: re.sub(r"[^\n]", " ", c)})
    return re.sub(r"(\s*;)+\s*\Z", "", blank)


def squeeze(sql: str) -> str:
    """Return the SQL on one line without comments: equal for two files that differ only in layout."""
    return _rewrite(blank_comments(sql), {"space": lambda _: " "}).strip()


def cast_params(sql: str, types: Mapping[str, str]) -> str:
    """Give every `$name` its declared type, so that a bound value never decides a type."""

    def cast(token: str) -> str:
        name = token[1:]
        return f"CAST({token} AS {types[name]})" if name in types else token

    return _rewrite(sql, {"param": cast})


def tokens(sql: str) -> frozenset[str]:
    """Return the bare words outside strings and comments, in lower case."""
    found: set[str] = set()

    def note(word: str) -> str:
        found.add(word.lower())
        return word

    _rewrite(blank_comments(sql), {"word": note})
    return frozenset(found)


def line_at(sql: str, offset: int) -> int:
    """Return the line (from 1) of a byte offset."""
    return sql.encode()[:offset].count(b"\n") + 1
