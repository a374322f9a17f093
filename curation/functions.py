"""Which DuckDB functions a rule may call: those that give the same value every time, derived from DuckDB."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from curation.header import nearest
from curation.text import blank_comments, tokens

MACROS = Path(__file__).with_name("macros.sql")
MACRO_NAMES = ("plain", "words", "ngrams")

DENIED: Mapping[str, str] = {
    **dict.fromkeys(
        ("current_localtime", "current_localtimestamp", "localtime", "localtimestamp", "age"),
        "reads the clock, though DuckDB calls it consistent",
    ),
    **dict.fromkeys(
        ("user", "session_user", "version", "pg_typeof", "get_block_size"), "depends on the machine"
    ),
    **dict.fromkeys(("hash", "create_sort_key"), "changes between DuckDB releases; use md5()"),
    **dict.fromkeys(
        ("approx_count_distinct", "approx_quantile", "approx_top_k", "reservoir_quantile", "lttb"),
        "depends on the order of rows or on the release",
    ),
    **dict.fromkeys(
        ("json_serialize_plan", "json_serialize_sql", "json_deserialize_sql", "parse_duckdb_log_message"),
        "handles statements, not rows",
    ),
}
"""Functions DuckDB calls consistent and that are refused all the same, with the reason."""

_CATALOGUE = ("current_", "pg_", "duckdb_", "__", "has_", "inet_", "pragma_")
PREFIXES = (*_CATALOGUE, "collate_", "icu_", "approx_", "list_approx_")

AGGREGATE_BY_NAME = frozenset({"list_aggr", "list_aggregate", "array_aggr", "array_aggregate", "aggregate"})
"""Functions whose second argument names an aggregate; the gate checks that name too."""

_SPECIAL = frozenset({"unnest", "list_value", "count_star", "coalesce", "grouping", "row"})
"""Function names of the syntax tree that the catalogue does not list as scalar functions."""


CLOCKS = frozenset(
    ("now", "today", "get_current_time", "get_current_timestamp", "transaction_timestamp", "ago", "age")
)
CHANCE = frozenset(["random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "setseed"])


@lru_cache(maxsize=1)
def existing() -> frozenset[str]:
    """Return the names of every function DuckDB has."""
    con = duckdb.connect(config={"threads": 1})
    try:
        rows = con.execute("SELECT DISTINCT lower(function_name) FROM duckdb_functions()").fetchall()
        return frozenset(r[0] for r in rows)
    finally:
        con.close()


@lru_cache(maxsize=1)
def allowed() -> frozenset[str]:
    """Return the lower-case names of every function a rule may call."""
    con = duckdb.connect(config={"threads": 1})
    try:
        rows = con.execute(
            "SELECT lower(function_name), function_type, stability, coalesce(has_side_effects, false), "
            "macro_definition FROM duckdb_functions() "
            "WHERE function_type IN ('scalar', 'aggregate', 'window', 'macro')"
        ).fetchall()
        plain = _consistent(rows) | _SPECIAL
        return plain | _macros(con, rows, plain) | frozenset(MACRO_NAMES)
    finally:
        con.close()


def why_denied(name: str) -> tuple[str, str]:
    """Say why a function is refused, and what to do instead."""
    if name in CHANCE:
        return "gives another value every time", "sample by md5(example_id || $seed)"
    if name in CLOCKS or "local" in name:
        return "reads the clock", "pass the time as a parameter"
    if name in DENIED:
        return DENIED[name], ""
    if name not in existing():
        return f"does not exist{nearest(name, allowed())}", ""
    return "is not on the list of functions that give the same value every time", ""


def _refused(name: str) -> bool:
    return name in DENIED or name.startswith(PREFIXES)


def _consistent(rows: Iterable[tuple[Any, ...]]) -> frozenset[str]:
    good: dict[str, bool] = {}
    for name, kind, stability, effects, _ in rows:
        if kind != "macro":
            good[name] = good.get(name, True) and stability == "CONSISTENT" and not effects
    return frozenset(n for n, ok in good.items() if ok and not _refused(n))


def _macros(
    con: duckdb.DuckDBPyConnection, rows: Iterable[tuple[Any, ...]], plain: frozenset[str]
) -> frozenset[str]:
    """Return the built-in macros that call only allowed functions and read no relation."""
    bodies: dict[str, list[str]] = {}
    for name, kind, _, _, body in rows:
        if kind == "macro" and not _refused(name):
            bodies.setdefault(name, []).append(body)
    found: frozenset[str] = frozenset()
    while True:  # a macro may call another one
        known = plain | found
        more = frozenset(n for n, texts in bodies.items() if all(_safe_body(con, t, known) for t in texts))
        if more == found:
            return found
        found = more


def _safe_body(con: duckdb.DuckDBPyConnection, body: str, plain: frozenset[str]) -> bool:
    tree = parse(con, f"SELECT {body}")
    if tree.get("error"):
        return False
    for node in walk(tree):
        if node.get("class") == "SUBQUERY":
            return False
        if "function_name" in node and node["function_name"].lower() not in plain:
            return False
        if node.get("class") == "COLUMN_REF" and node["column_names"][-1].lower().startswith("current_"):
            return False
    return True


def parse(con: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    """Return DuckDB's syntax tree of a statement as JSON."""
    ((text,),) = con.execute(
        "SELECT json_serialize_sql(?, skip_null := true, skip_empty := true, skip_default := true)", [sql]
    ).fetchall()
    tree: dict[str, Any] = json.loads(text)
    return tree


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a syntax tree."""
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def macro_text() -> str:
    """Return the statements that make the macros."""
    return MACROS.read_text(encoding="utf-8")


def uses_macros(sql: str) -> bool:
    """Say whether a query calls one of our macros (then their text is part of its identity)."""
    return not tokens(blank_comments(sql)).isdisjoint(MACRO_NAMES)
