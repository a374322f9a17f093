"""The gate every query passes before it runs: an allow-list over DuckDB's own syntax tree.

One SELECT; relations only the kind's tables, CTEs in scope, `unnest`, `range` and `generate_series`;
no function that can give another value tomorrow; no sample, no file, no setting. What the gate does
not know is refused. The connection (curation/session.py) is locked as well: two walls, not one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import duckdb

from assay.errors import QueryError
from curation.functions import AGGREGATE_BY_NAME, allowed, parse, why_denied
from curation.header import nearest
from curation.text import line_at

TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})

_QUERY_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_TABLE_REFS = frozenset({"BASE_TABLE", "JOIN", "SUBQUERY", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY"})
_MODIFIERS = frozenset({"ORDER_MODIFIER", "LIMIT_MODIFIER", "DISTINCT_MODIFIER"})
_ORDERS = frozenset({"ORDER_DEFAULT", "ASCENDING", "DESCENDING"})
_TYPES = _QUERY_NODES | _TABLE_REFS | _MODIFIERS | _ORDERS
_EXPRESSIONS = frozenset(
    (
        *("BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT"),
        *("FUNCTION", "LAMBDA", "LAMBDA_REF", "OPERATOR", "PARAMETER", "STAR", "SUBQUERY", "TYPE", "WINDOW"),
    )
)
_CLOCKS = frozenset({"localtime", "localtimestamp", "user", "session_user", "now", "today"})


@dataclass(frozen=True)
class Reads:
    """What a statement that passed the gate uses."""

    relations: frozenset[str]
    params: frozenset[str]


@dataclass
class _Gate:
    sql: str
    path: str
    relations: frozenset[str]
    functions: frozenset[str]
    read: set[str] = field(default_factory=set)
    params: set[str] = field(default_factory=set)

    def refuse(self, node: Mapping[str, Any], what: str, fix: str = "") -> QueryError:
        line = line_at(self.sql, int(node.get("query_location", 0)))
        return QueryError(what, where=f"{self.path}:{line}", fix=fix)

    def visit(self, node: Any, scope: frozenset[str]) -> None:
        if isinstance(node, list):
            for item in node:
                self.visit(item, scope)
        elif isinstance(node, dict):
            scope = self.ctes(node, scope)
            self.check(node, scope)
            for key, value in node.items():
                if key != "cte_map":
                    self.visit(value, scope)

    def ctes(self, node: dict[str, Any], scope: frozenset[str]) -> frozenset[str]:
        """Visit the CTEs of a node in order; each sees those before it, and itself when recursive."""
        for entry in (node.get("cte_map") or {}).get("map", ()):
            name, value = entry["key"].lower(), entry["value"]
            body = value.get("query_node") or value.get("query")
            recursive = "RECURSIVE_CTE_NODE" in str((body or {}).get("type"))
            self.visit(value, scope | {name} if recursive else scope)
            scope = scope | {name}
        return scope

    def check(self, node: dict[str, Any], scope: frozenset[str]) -> None:
        if "sample" in node:
            raise self.refuse(node, "a sample is random", "order by md5(example_id || $seed) and LIMIT")
        if "at_clause" in node:
            raise self.refuse(node, "AT (…) reads another state of a table")
        if "class" in node:
            self.expression(node)
        elif isinstance(node.get("type"), str):
            self.reference(node, scope)

    def reference(self, node: dict[str, Any], scope: frozenset[str]) -> None:
        kind = node["type"]
        if kind == "BASE_TABLE":
            self.table(node, scope)
        elif kind == "TABLE_FUNCTION":
            name = node["function"].get("function_name", "").lower()
            if node["function"].get("class") != "FUNCTION" or name not in TABLE_FUNCTIONS:
                fix = "relations are tables, CTEs, unnest(), range() and generate_series()"
                raise self.refuse(node, f"the table function {name}() is not allowed", fix)
        elif kind not in _TYPES:
            raise self.refuse(node, f"{kind.lower().replace('_', ' ')} is not allowed in a query")

    def table(self, node: dict[str, Any], scope: frozenset[str]) -> None:
        path = node.get("qualified_name", {}).get("path", [node["table_name"]])
        name = str(path[-1]).lower()
        recurring = len(path) == 2 and str(path[0]).lower() == "recurring"  # a CTE's rows so far
        if name in scope and (len(path) == 1 or recurring):
            return
        if len(path) == 1 and name in self.relations:
            self.read.add(name)
            return
        shown = ".".join(path)
        fix = f"it may read {', '.join(sorted(self.relations))}{nearest(name, self.relations | scope)}"
        raise self.refuse(node, f"the relation {shown!r} is not one this query may read", fix)

    def expression(self, node: dict[str, Any]) -> None:
        kind = node["class"]
        if kind not in _EXPRESSIONS:
            raise self.refuse(node, f"{kind.lower()} is not allowed in a query")
        if kind == "COLUMN_REF":
            self.column(node)
        elif kind == "PARAMETER":
            self.params.add(str(node["identifier"]))
        elif "function_name" in node:
            self.function(node)

    def column(self, node: dict[str, Any]) -> None:
        name = node["column_names"][-1].lower()
        if len(node["column_names"]) == 1 and (name in _CLOCKS or name.startswith("current_")):
            raise self.refuse(node, f"{name} depends on the clock or the session", "pass it as a parameter")

    def function(self, node: dict[str, Any]) -> None:
        name = node["function_name"].lower()
        if name in TABLE_FUNCTIONS:
            return
        if name not in self.functions:
            why, fix = why_denied(name)
            raise self.refuse(node, f"the function {name}() {why}", fix)
        if name in AGGREGATE_BY_NAME:
            self.aggregate(node)

    def aggregate(self, node: dict[str, Any]) -> None:
        """`list_aggr(l, 'name')` calls the aggregate it names: that must be an allowed constant."""
        given = [a.get("expression", a) for a in node.get("arguments", node.get("children", []))]
        literal = given[1].get("literal", {}) if len(given) > 1 else {}
        called = str(literal.get("text", "")).lower()
        if literal.get("kind") != "STRING" or called not in self.functions:
            raise self.refuse(
                node, "list_aggregate() must name an allowed aggregate", "use list_sum(), list_max() …"
            )


@lru_cache(maxsize=1)
def _scratch() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def scratch() -> duckdb.DuckDBPyConnection:
    """Return a cursor of an empty database, to parse and to cast constants; never for a user's relation."""
    return _scratch().cursor()


def check(sql: str, relations: Iterable[str], path: str = "query") -> Reads:
    """Pass one SELECT through the gate; raises QueryError with the line of what is refused."""
    tree = parse(scratch(), sql)
    if tree.get("error"):
        raise _unparsed(tree, sql, path)
    if len(tree["statements"]) != 1:
        raise QueryError(f"{len(tree['statements'])} statements", where=path, fix="write exactly one SELECT")
    names = frozenset(r.lower() for r in relations)
    gate = _Gate(sql, path, names, allowed())
    gate.visit(tree["statements"][0]["node"], frozenset())
    return Reads(frozenset(gate.read), frozenset(gate.params))


def _unparsed(tree: Mapping[str, Any], sql: str, path: str) -> QueryError:
    message = str(tree.get("error_message", "not a statement"))
    line = line_at(sql, int(tree.get("position", 0) or 0))
    if tree.get("error_type") == "not implemented" or not sql.strip():
        return QueryError("this is not a SELECT", where=f"{path}:{line}", fix="write exactly one SELECT")
    return QueryError(message.split("\n")[0], where=f"{path}:{line}")
