"""Judge a response against a gold answer: one implementation filters rows, scores evals and rewards RL.

Only the standard library is imported here and nothing of Assay, because this file is copied beside
every held-out task so that plain `lm_eval` judges alike. jsonschema and duckdb load when a check of
their kind runs. A check never raises on a response, whatever its text, and accepts its own gold.
"""

from __future__ import annotations

import json
import math
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

VERSION = 1
"""Raise it when any judgement changes: it is part of the fingerprint of what a check decided."""

LONGEST = 20_000
"""Characters of a response that are read; more is a runaway generation, not an answer."""

SQL_SECONDS = 5.0
SQL_MEMORY = "256MB"
SQL_ROWS = 10_000


@dataclass(frozen=True)
class Judgement:
    """Whether the response passes, and one line that says why."""

    passed: bool
    detail: str


def judge(spec: Mapping[str, Any], response: str, answer: str) -> Judgement:
    """Judge `response` by the check `spec` ({"kind": …, **params}) and the gold `answer`."""
    validate(spec)
    passed, detail = KINDS[spec["kind"]](spec, response[:LONGEST], answer)
    return Judgement(passed, " ".join(detail.split())[:200])


def validate(spec: Mapping[str, Any]) -> None:
    """Raise ValueError with one line when `spec` is no check."""
    kind = spec.get("kind")
    if kind not in KINDS:
        raise ValueError(f"unknown check {kind!r}; there are {', '.join(KINDS)}")
    allowed = PARAMS[kind]
    for name, value in spec.items():
        if name == "kind":
            continue
        if name not in allowed:
            known = ", ".join(allowed) or "none"
            raise ValueError(f"check {kind!r} has no parameter {name!r}; it has {known}")
        if not isinstance(value, allowed[name]):
            raise ValueError(f"parameter {name!r} of check {kind!r} must not be a {type(value).__name__}")
    _validate_deeper(kind, spec)


def _validate_deeper(kind: str, spec: Mapping[str, Any]) -> None:
    if kind == "number" and number_in(str(spec.get("tolerance", 0))) is None:
        raise ValueError("parameter 'tolerance' of check 'number' is no number")
    if kind == "regex":
        try:
            re.compile(spec["pattern"])
        except KeyError:
            raise ValueError("check 'regex' needs the parameter 'pattern'") from None
        except re.error as error:
            raise ValueError(f"parameter 'pattern' of check 'regex': {error}") from None
    if kind == "choice" and not all(isinstance(c, str) and c for c in spec.get("choices", ())):
        raise ValueError("parameter 'choices' of check 'choice' must be a list of texts")
    if kind == "json_schema" and not (spec.get("equals") or "schema" in spec):
        raise ValueError("check 'json_schema' needs 'schema' or 'equals: true'")


# exact, contains, regex, choice


def _plain(text: str, ignore_case: bool) -> str:
    text = " ".join(text.split())
    return text.casefold() if ignore_case else text


def _exact(spec: Mapping[str, Any], response: str, answer: str) -> tuple[bool, str]:
    ignore = bool(spec.get("ignore_case", False))
    if _plain(response, ignore) == _plain(answer[:LONGEST], ignore):
        return True, "equal"
    return False, f"{response[:80]!r} is not {answer[:80]!r}"


def _contains(spec: Mapping[str, Any], response: str, answer: str) -> tuple[bool, str]:
    ignore = bool(spec.get("ignore_case", True))
    wanted = _plain(answer[:LONGEST], ignore)
    # The edges keep 12 from being found in 123, and "art" in "party".
    left, right = r"(?<!\w)" if wanted[:1].isalnum() else "", r"(?!\w)" if wanted[-1:].isalnum() else ""
    if re.search(left + re.escape(wanted) + right, _plain(response, ignore)):
        return True, "contained"
    return False, f"{answer[:80]!r} is not in the response"


def _regex(spec: Mapping[str, Any], response: str, answer: str) -> tuple[bool, str]:
    if response.strip() == answer[:LONGEST].strip():
        return True, "equal to the gold answer"
    found = re.search(spec["pattern"], response)
    if found is None:
        return False, "the pattern does not match"
    if found.re.groups == 0:
        return True, "the pattern matches"
    got = (found.group(1) or "").strip()
    return got == answer.strip(), f"group 1 is {got[:80]!r}, gold {answer[:80]!r}"


_MARK = re.compile(r"####|\banswer\s*(?:is|:|=)|(?:^|\n)\s*A\s*:", re.IGNORECASE)


def _after_mark(text: str) -> str | None:
    """Return what follows the last usual answer mark, up to the end of its line."""
    *_, last = [None, *_MARK.finditer(text)]
    if last is None:
        return None
    tail = text[last.end() :].lstrip(" \t\n:*$")
    return tail.split("\n", 1)[0]


def _choice(spec: Mapping[str, Any], response: str, answer: str) -> tuple[bool, str]:
    choices = list(spec.get("choices") or "ABCDEFGHIJ")
    got = _chosen(response, choices)
    if got is None:
        equal = _plain(response, True) == _plain(answer, True)
        return equal, "equal" if equal else "no choice found"
    return got.casefold() == answer.strip().casefold(), f"chose {got!r}, gold {answer.strip()[:80]!r}"


def _chosen(response: str, choices: Sequence[str]) -> str | None:
    for text in (response, _boxed(response), _after_mark(response)):
        bare = (text or "").strip().strip("()[].*:\"'` ").casefold()
        for choice in choices:
            if bare == choice.casefold():
                return choice
    # Longest first, so that "New York" wins over "New"; a label counts only as written, or "a cat" says A.
    names = "|".join(re.escape(c) for c in sorted(choices, key=len, reverse=True))
    marked = _after_mark(response)
    pattern = re.compile(rf"(?<!\w)({names})(?!\w)")
    hits = pattern.findall(marked if marked is not None else response)
    return (hits[0] if marked is not None else hits[-1]) if hits else None


# number

_NUMBER = re.compile(
    r"(?<![\w.])[-+−]?[ ]?[$€£]?[ ]?"
    r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?:(?<=\d)\.\d+|(?<!\d)\.\d+)?(?:[ ]?/[ ]?\d+)?"
)
_PARTS = re.compile(r"([-+−]?)[ $€£]*([\d,]*)(\.\d+)?(?:\s*/\s*(\d+))?")
_FRAC = re.compile(r"\\[dt]?frac\s*\{\s*(-?\d+)\s*\}\s*\{\s*(\d+)\s*\}")
_LONGEST_NUMBER = 60


def _value(text: str) -> Fraction | None:
    """Read one number as `_NUMBER` finds it; exact, never through a float."""
    parts = _PARTS.fullmatch(text.strip())
    if parts is None or len(text) > _LONGEST_NUMBER:
        return None
    sign, whole, decimals, below = parts.groups()
    whole = whole.replace(",", "")
    if not (whole or decimals) or (below and int(below) == 0):
        return None
    value = Fraction((whole or "0") + (decimals or "")) / int(below or 1)
    return -value if sign in ("-", "−") else value


def numbers_in(text: str) -> list[Fraction]:
    """Return every number of a text: separators, currency, fractions; per cent signs are dropped."""
    text = _FRAC.sub(r" \1/\2 ", text)
    found = (_value(m.group()) for m in _NUMBER.finditer(text) if any(c.isdigit() for c in m.group()))
    return [v for v in found if v is not None]


def number_in(text: str) -> Fraction | None:
    """Return the number a response ends up with: boxed, after an answer mark, else the last one."""
    for part in (_boxed(text), _after_mark(text)):
        if part and (found := numbers_in(part.rsplit("=", 1)[-1]) or numbers_in(part)):
            return found[0]
    found = numbers_in(text)
    return found[-1] if found else None


def _boxed(text: str) -> str | None:
    """Return what the last \\boxed{…} holds, braces balanced."""
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    depth, begin = 0, start + len("\\boxed{")
    for i in range(begin, len(text)):
        if text[i] == "}" and depth == 0:
            return text[begin:i]
        depth += (text[i] == "{") - (text[i] == "}")
    return None


def _number(spec: Mapping[str, Any], response: str, answer: str) -> tuple[bool, str]:
    gold, got = number_in(answer), number_in(response)
    if gold is None:
        return False, f"the gold answer {answer[:80]!r} holds no number"
    if got is None:
        return False, "no number found"
    near = abs(got - gold) <= (number_in(str(spec.get("tolerance", 0))) or 0)
    return near, f"got {got}, gold {gold}"


# json_schema


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_STARTS = 50
_BROKEN = (ValueError, RecursionError)


def first_json(text: str) -> Any:
    """Return the first JSON value of a text, fenced or not; raises ValueError when there is none."""
    fenced = re.search(r"```(?:json)?\s*\n?(.*?)```", text, re.DOTALL | re.IGNORECASE)
    for part in ([fenced.group(1)] if fenced else []) + [text]:
        try:
            return json.loads(part, parse_constant=_no_constant)
        except _BROKEN:
            pass
        for start in [m.start() for m in re.finditer(r"[{\[]", part)][:_STARTS]:
            try:
                return _DECODER.raw_decode(part, start)[0]
            except _BROKEN:
                continue
    raise ValueError("no JSON found")


def _same_json(a: Any, b: Any) -> bool:
    """Compare as JSON does: 1 equals 1.0, true does not equal 1, order of keys is free."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same_json(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(_same_json(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, (dict, list)) or isinstance(b, (dict, list)):
        return False
    return bool(a == b)


def _json_schema(spec: Mapping[str, Any], response: str, answer: str) -> tuple[bool, str]:
    try:
        got = first_json(response)
        if spec.get("equals") and not _same_json(got, first_json(answer)):
            return False, f"got {json.dumps(got, ensure_ascii=False)[:90]}, gold {answer[:90]}"
    except _BROKEN as error:
        return False, str(error)
    if "schema" not in spec:
        return True, "equal"
    return _fits(got, spec["schema"])


def _fits(value: Any, schema: Mapping[str, Any]) -> tuple[bool, str]:
    import jsonschema

    try:
        jsonschema.validate(value, schema)
    except jsonschema.ValidationError as error:
        return False, f"{error.json_path}: {error.message}"
    except RecursionError:
        return False, "nested too deeply"
    return True, "fits the schema"


# sql_result


def sql_in(text: str) -> str:
    """Return the SQL of a response: the first fenced block, else its first paragraph without a label."""
    fenced = re.search(r"```(?:\w+)?\s*\n?(.*?)(?:```|\Z)", text, re.DOTALL)
    body = (fenced.group(1) if fenced else text).strip()
    body = re.split(r"\n\s*\n", body, maxsplit=1)[0]
    return re.sub(r"^(?:sql|query|answer)\s*:\s*", "", body, flags=re.IGNORECASE).strip()


_FUNCTIONS = frozenset(
    """+ - * / // % ~~ !~~ ~~* !~~* ^@ abs round floor ceil ceiling trunc sign mod greatest least coalesce
    count count_star sum avg mean min max median arg_min arg_max first last any_value bool_and bool_or
    stddev variance row_number rank dense_rank lower upper length trim ltrim rtrim substr substring left
    right contains starts_with ends_with prefix suffix strpos instr to_days to_months to_years date_part
    date_trunc datepart year month day hour minute second strftime if ifnull nullif""".split()  # noqa: SIM905 (one a line would be 60 lines)
)
"""What SQL under judgement may call. `repeat`, `range`, `||` and their like make gigabytes from a few
characters in one step that neither the interrupt nor the memory limit stops (tried: the process was
killed), and no question about a small table needs them."""


class _Wrong(Exception):
    """The SQL does not run, or is not one SELECT."""


_LOCKED: dict[int, Any] = {}
"""Process id -> its one locked database: opening one takes 10 to 20 ms, a judgement in it under 2."""


def _cursor() -> Any:
    """Return a cursor on this process's in-memory database: no files, no network, bounded, locked."""
    import duckdb

    if os.getpid() not in _LOCKED:
        _LOCKED.clear()  # what a fork inherited is not ours
        config: dict[str, Any] = {
            "enable_external_access": False,
            "python_enable_replacements": False,  # else SQL could read variables of the calling program
            "autoload_known_extensions": False,
            "memory_limit": SQL_MEMORY,
            "temp_directory": "",
            "threads": 1,
            "lock_configuration": True,
        }
        _LOCKED[os.getpid()] = duckdb.connect(":memory:", config=config)
    return _LOCKED[os.getpid()].cursor()


def run_sql(setup: str, sql: str) -> list[tuple[str, ...]]:
    """Run one SELECT over the tables of `setup`, in a transaction that is rolled back."""
    import duckdb

    with _cursor() as con:
        timer = threading.Timer(SQL_SECONDS, con.interrupt)
        timer.daemon = True
        timer.start()
        try:
            con.begin()
            if setup:
                con.execute(setup)
            _gate(str(con.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0][0]))
            rows = con.execute(sql).fetchmany(SQL_ROWS + 1)
        except (duckdb.Error, RuntimeError, UnicodeError, TypeError) as error:  # lone surrogates: the last
            raise _Wrong(str(error).split("\n", 1)[0]) from error
        finally:
            timer.cancel()
            try:
                con.rollback()
            except duckdb.Error:  # the setup ended the transaction itself: start over with a clean database
                _LOCKED.clear()
    if len(rows) > SQL_ROWS:
        raise _Wrong(f"more than {SQL_ROWS} rows")
    return [tuple(_cell(v) for v in row) for row in rows]


def _gate(serialized: str) -> None:
    """Raise _Wrong unless the syntax tree is one SELECT that calls only `_FUNCTIONS`."""
    try:
        tree = json.loads(serialized)
    except RecursionError:
        raise _Wrong("nested too deeply") from None
    if tree["error"]:
        raise _Wrong(str(tree["error_message"]))
    if len(tree["statements"]) != 1:
        raise _Wrong("not one SELECT")
    nodes: list[Any] = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if node.get("type") == "TABLE_FUNCTION" or node.get("type") == "RECURSIVE_CTE_NODE":
                raise _Wrong("table functions and recursion are switched off")
            name = node.get("function_name")
            if name is not None and name not in _FUNCTIONS:
                raise _Wrong(f"the function {name} is switched off")
            nodes.extend(node.values())
        elif isinstance(node, list):
            nodes.extend(node)


def _cell(value: Any) -> str:
    """Write a cell so that 3, 3.0 and DECIMAL 3.00 are one, and doubles compare to 12 digits."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float):
        return str(Fraction(f"{value:.12g}")) if math.isfinite(value) else str(value)
    if isinstance(value, int) or type(value).__name__ == "Decimal":
        return str(Fraction(value)) if math.isfinite(value) else str(value)
    return "'" + str(value)


@lru_cache(maxsize=4096)
def _gold_rows(setup: str, sql: str) -> tuple[tuple[str, ...], ...]:
    return tuple(run_sql(setup, sql_in(sql)))


def _sql_result(spec: Mapping[str, Any], response: str, answer: str) -> tuple[bool, str]:
    setup = str(spec.get("setup", ""))
    try:
        if "rows" in spec:
            gold = [tuple(_cell(v) for v in row) for row in spec["rows"]]
        else:
            gold = list(_gold_rows(setup, answer))
    except _Wrong as error:
        return False, f"the gold answer does not run: {error}"
    try:
        got = run_sql(setup, sql_in(response))
    except _Wrong as error:
        return False, str(error)
    if not spec.get("ordered"):
        gold, got = sorted(gold), sorted(got)
    return got == gold, f"{len(got)} rows, gold {len(gold)}" + ("" if got == gold else ", not the same")


KINDS: dict[str, Callable[[Mapping[str, Any], str, str], tuple[bool, str]]] = {
    "exact": _exact,
    "number": _number,
    "choice": _choice,
    "regex": _regex,
    "contains": _contains,
    "json_schema": _json_schema,
    "sql_result": _sql_result,
}

PARAMS: dict[str, dict[str, tuple[type, ...]]] = {
    "exact": {"ignore_case": (bool,)},
    "number": {"tolerance": (int, float, str)},
    "choice": {"choices": (list, tuple)},
    "regex": {"pattern": (str,)},
    "contains": {"ignore_case": (bool,)},
    "json_schema": {"schema": (dict,), "equals": (bool,)},
    "sql_result": {"setup": (str,), "ordered": (bool,), "rows": (list, tuple)},
}
