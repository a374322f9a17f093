"""Run the cases beside a query: given rows, parameters, expected rows, and the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from assay.errors import QueryError
from curation.header import nearest
from curation.kinds import RELATIONS
from curation.loader import Query
from curation.session import Limits, Session

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
Filled = Mapping[str, Sequence[Sequence[object]]]


@dataclass(frozen=True)
class Case:
    """One test of a query."""

    name: str
    line: int
    given: Rows
    params: Mapping[str, Any]
    expect: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class CaseResult:
    """How one case went; `detail` is empty when it passed."""

    name: str
    where: str
    passed: bool
    detail: str = ""


def cases_path(query_path: Path) -> Path:
    """Return the cases file of a query file."""
    return query_path.with_name(f"{query_path.stem}.cases.yaml")


def load_cases(path: Path, shown: str) -> list[Case]:
    """Read a cases file; raises QueryError with its line."""
    if not path.is_file():
        raise QueryError(
            "no cases", where=shown, fix=f"write {path.name}: a list of {{name, given, params, expect}}"
        )
    try:
        text = path.read_text(encoding="utf-8")
        node, loaded = yaml.compose(text), yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise QueryError(f"not YAML: {getattr(error, 'problem', error)}", where=f"{shown}{line}") from error
    if not isinstance(loaded, list) or not loaded or not isinstance(node, yaml.SequenceNode):
        raise QueryError("a cases file is a list of cases", where=shown, fix="- name: …")
    lines = [child.start_mark.line + 1 for child in node.value]
    return [_case(item, line, f"{shown}:{line}") for item, line in zip(loaded, lines, strict=True)]


def _case(item: Any, line: int, where: str) -> Case:
    keys = ("name", "given", "params", "expect")
    if not isinstance(item, dict):
        raise QueryError("a case is a mapping", where=where, fix=f"keys: {', '.join(keys)}")
    for key in item:
        if key not in keys:
            raise QueryError(f"unknown key {key!r}{nearest(str(key), keys)}", where=where)
    if "expect" not in item:
        raise QueryError("a case needs `expect`", where=where, fix="expect: [] when no row comes back")
    return Case(
        str(item.get("name") or f"case at line {line}"),
        line,
        item.get("given") or {},
        item.get("params") or {},
        item["expect"] or [],
    )


def run_cases(query: Query) -> list[CaseResult]:
    """Run every case of a query; a file that cannot be read is one failed case."""
    path = cases_path(query.path)
    shown = query.shown.removesuffix(".sql") + ".cases.yaml"
    try:
        cases = load_cases(path, shown)
    except QueryError as error:
        return [CaseResult("cases", shown, False, str(error))]
    with _Bench(query) as bench:
        return [_run(bench, case, f"{shown}:{case.line}") for case in cases]


class _Bench:
    """A query with one locked session per number of threads, refilled for every question."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self._sessions = {n: Session.empty(Limits(memory="1GB", seconds=30, threads=n)) for n in (1, 2)}

    def ask(self, values: Mapping[str, Any], rows: Filled, threads: int = 1) -> list[Any]:
        """Return the query's rows over the given ones."""
        session = self._sessions[threads]
        session.fill(rows)
        answer: list[Any] = session.query(self.query.runnable, values, self.query.shown).to_pylist()
        return answer

    def __enter__(self) -> _Bench:
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions.values():
            session.close()


def _run(bench: _Bench, case: Case, where: str) -> CaseResult:
    query = bench.query
    try:
        values = query.bind(case.params).values
        rows = {t: _complete(query, t, given, where) for t, given in case.given.items()}
        first = bench.ask(values, rows)
        problem = _unlike(case.expect, first, ordered=query.kind == "report")
        problem = problem or next(_unstable(bench, values, rows, first), "")
        if query.scope == "row":
            problem = problem or next(_not_row_wise(bench, values, rows, first), "")
    except QueryError as error:
        problem = str(error)
    return CaseResult(case.name, where, not problem, problem)


def _unstable(bench: _Bench, values: Mapping[str, Any], rows: Filled, first: list[Any]) -> Iterator[str]:
    """Yield what differs when rows come in another order or on more threads."""
    turned = {t: list(reversed(r)) for t, r in rows.items()}
    mixed = {t: [*r[1::2], *r[::2]] for t, r in rows.items()}
    for order, given in (("as given", rows), ("reversed", turned), ("interleaved", mixed)):
        for threads in (1, 2):
            if _bytes(bench.ask(values, given, threads)) != _bytes(first):
                yield (
                    f"other bytes with rows {order} on {threads} thread(s): give every window, list() and "
                    "LIMIT a total order that ends in example_id, and sum DECIMALs, not doubles"
                )


def _not_row_wise(bench: _Bench, values: Mapping[str, Any], rows: Filled, first: list[Any]) -> Iterator[str]:
    """Yield a breach of f(A ∪ B) = f(A) ∪ f(B) over the examples."""
    examples = rows.get("examples", [])
    for a, b in ((examples[::2], examples[1::2]), (examples[:1], examples[1:])):
        parts = [bench.ask(values, {**rows, "examples": part}) for part in (a, b)]
        if sorted(map(_line, parts[0] + parts[1])) != sorted(map(_line, first)):
            yield "scope row, yet the answer for a row depends on other rows: write `scope set`"


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, default=str, sort_keys=True, ensure_ascii=False)


def _bytes(rows: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(map(_line, rows))


def _unlike(expect: Sequence[Mapping[str, Any]], got: list[Any], *, ordered: bool) -> str:
    """Compare on the columns that the case names; return the difference in one line, or nothing."""
    columns = sorted({c for row in expect for c in row})
    unknown = [c for c in columns if got and c not in got[0]]
    if unknown:
        return f"no column {unknown[0]!r}{nearest(unknown[0], got[0])} in the answer"
    wanted = [tuple(_value(row.get(c)) for c in columns) for row in expect]
    found = [tuple(_value(row[c]) for c in columns) for row in got] if columns else [()] * len(got)
    if not ordered:
        wanted, found = sorted(wanted), sorted(found)
    if wanted == found:
        return ""
    missing = [dict(zip(columns, w, strict=True)) for w in wanted if w not in found]
    extra = [dict(zip(columns, f, strict=True)) for f in found if f not in wanted]
    if not missing and not extra:
        return f"expected {len(wanted)} rows in this order, got {len(found)}: {got}"
    extra = extra if columns else list(got)
    return f"missing {missing}, not expected {extra}"


def _value(value: Any) -> str:
    """Write numbers alike (1, 1.0 and DECIMAL 1.000), everything else as text; sortable."""
    if value is None:
        return "null"
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return _number(str(value))
    if isinstance(value, (list, dict)):
        return json.dumps(value, default=lambda v: _number(str(v)), sort_keys=True, ensure_ascii=False)
    return str(value)


def _number(text: str) -> str:
    try:
        return format(Decimal(text).normalize(), "f")
    except InvalidOperation:
        return text


def _complete(query: Query, table: str, given: Any, where: str) -> list[list[object]]:
    """Fill rows to all columns of the relation; raises QueryError on an unknown table or column."""
    if table not in query.reads:
        raise QueryError(
            f"the query does not read {table!r}{nearest(table, query.reads)}", where=where, fix="drop it"
        )
    rows = []
    for row in given or []:
        for column in row:
            if column not in RELATIONS[table]:
                known = RELATIONS[table]
                raise QueryError(
                    f"{table} has no column {column!r}{nearest(column, known)}",
                    where=where,
                    fix=f"its columns: {', '.join(known)}",
                )
        filled = _defaults(table) | _derived(table, row) | row
        rows.append([filled[c] for c in RELATIONS[table]])
    return rows


_EMPTY: Mapping[str, Any] = {"VARCHAR": "", "INTEGER": 0, "BIGINT": 0, "BOOLEAN": True, "DOUBLE": 0.0}
_UNSET = frozenset({"answer", "check_spec", "nll", "other_id", "span"})
_USUAL: Mapping[str, Mapping[str, Any]] = {
    "examples": {"kind": "sft", "skill": "s", "variant": "plain"},
    "eval_items": {"role": "dev", "eval_set": "heldout", "skill": "s", "variant": "plain"},
    "scores": {"signal_version": 1, "score": 0},
    "selection": {"weight": 1},
}


def _defaults(table: str) -> dict[str, Any]:
    """Return what a case may leave out: empty text, zero, empty lists, and the usual kind and role."""
    filled: dict[str, Any] = {}
    for column, kind in RELATIONS[table].items():
        filled[column] = [] if kind.endswith("[]") else _EMPTY.get(kind)
        if column in _UNSET:
            filled[column] = None
    return filled | dict(_USUAL.get(table, {}))


def _derived(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Build `messages` from prompt and response."""
    if table not in ("examples", "eval_items"):
        return {}
    turns = [{"role": "user", "content": str(row.get("prompt", ""))}]
    if table == "examples":
        turns.append({"role": "assistant", "content": str(row.get("response", ""))})
    return {"messages": turns}
