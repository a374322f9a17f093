"""Checks accept their own gold, refuse what is wrong, and never raise on a response."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay import checks
from assay.checks import judge, number_in, validate

SETUP = "CREATE TABLE t (a INT, b TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'y');"
SQL: dict[str, Any] = {"kind": "sql_result", "setup": SETUP}
GOLD_SQL = "SELECT a FROM t WHERE b = 'y'"
JSON: dict[str, Any] = {"kind": "json_schema", "equals": True}

text = st.text(st.characters(exclude_categories=()), max_size=200)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(text)
def test_exact_and_contains_accept_their_gold(gold: str) -> None:
    for ignore in (True, False):
        assert judge({"kind": "exact", "ignore_case": ignore}, gold, gold).passed
        assert judge({"kind": "contains", "ignore_case": ignore}, gold, gold).passed


@given(st.fractions(max_denominator=1000))
def test_number_accepts_its_gold_and_is_exact(gold: Fraction) -> None:
    assert judge({"kind": "number"}, f"so 7 is not it.\n#### {gold}", str(gold)).passed
    assert not judge({"kind": "number"}, f"{gold + Fraction(1, 10**9)}", str(gold)).passed


@given(st.sampled_from("ABCD"))
def test_choice_accepts_its_gold(gold: str) -> None:
    for response in (gold, f"({gold.lower()})", f"The answer is {gold}.", f"Answer: **{gold}**", f"{gold})"):
        assert judge({"kind": "choice", "choices": list("ABCD")}, response, gold).passed, response


@given(json_values)
def test_json_accepts_its_gold_and_any_order(gold: Any) -> None:
    assert judge(JSON, json.dumps(gold), json.dumps(gold, sort_keys=True)).passed
    if isinstance(gold, dict):
        fenced = f"Here it is:\n```json\n{json.dumps(gold, indent=2)}\n```\nDone."
        assert judge(JSON, fenced, json.dumps(gold)).passed


@given(text)
def test_regex_accepts_its_gold(gold: str) -> None:
    assert judge({"kind": "regex", "pattern": r"answer: (\w+)"}, gold, gold).passed


def test_sql_accepts_its_gold_as_query_and_as_rows() -> None:
    assert judge(SQL, GOLD_SQL, GOLD_SQL).passed
    assert judge(SQL | {"rows": [[2], [3]]}, GOLD_SQL, GOLD_SQL).passed
    assert not judge(SQL | {"rows": [[2], [4]]}, GOLD_SQL, GOLD_SQL).passed


EVERY: list[tuple[dict[str, Any], str]] = [
    ({"kind": "exact"}, "x"),
    ({"kind": "number"}, "12"),
    ({"kind": "choice"}, "A"),
    ({"kind": "regex", "pattern": r"(\d+)"}, "12"),
    ({"kind": "contains"}, "x"),
    ({"kind": "json_schema", "schema": {"type": "object"}, "equals": True}, "{}"),
]


@pytest.mark.parametrize(("spec", "gold"), EVERY, ids=lambda v: v["kind"] if isinstance(v, dict) else "")
@given(response=text | st.text("0123456789.,/$-+ \\boxed{}[]\"'`", max_size=80))
def test_no_response_raises(spec: dict[str, Any], gold: str, response: str) -> None:
    judgement = judge(spec, response, gold)
    assert "\n" not in judgement.detail


@settings(max_examples=40, deadline=None)
@given(response=text | st.sampled_from(["SELECT ", "SELECT a FROM t; ", "(" * 3000, "```sql\n"]))
def test_no_sql_response_raises(response: str) -> None:
    assert not judge(SQL, response, GOLD_SQL).passed


@pytest.mark.parametrize(
    "response", ["[" * 15_000, "9" * 15_000, '{"a":' * 4000, "1e999999999", "{" * 20_000, "1/0", "\\boxed{"]
)
def test_hostile_texts_are_judged_quickly(response: str) -> None:
    for spec, gold in EVERY:
        assert not judge(spec, response, gold).passed or spec["kind"] == "regex"


@pytest.mark.parametrize(
    ("response", "value"),
    [
        ("12*3=36, 36+5=41. The answer is 41.", 41),
        ("#### 1,234", 1234),
        ("It costs $1,234.50", Fraction(2469, 2)),
        (r"so \boxed{\frac{3}{4}} of it", Fraction(3, 4)),
        ("A: 3/4", Fraction(3, 4)),
        ("a growth of 45%", 45),
        ("The answer is **41**, not 5", 41),
        ("The answer is 5 + 6 = 11", 11),
        ("2-7", 7),
        ("3 - 4 = -1", -1),
        ("−7", -7),
        ("The answer is 4. Then I ate 9.", 4),
        ("no digits", None),
        ("abc12", None),
    ],
)
def test_number_follows_the_usual_marks(response: str, value: Fraction | None) -> None:
    assert number_in(response) == value


def test_number_tolerance_is_exact() -> None:
    assert judge({"kind": "number", "tolerance": "0.1"}, "0.3", "0.2").passed
    assert not judge({"kind": "number", "tolerance": "0.1"}, "0.31", "0.2").passed


@pytest.mark.parametrize(
    ("response", "passed"),
    [("12", True), ("it is 12.", True), ("123", False), ("the 12th", False), ("", False)],
)
def test_contains_needs_whole_words(response: str, passed: bool) -> None:
    assert judge({"kind": "contains"}, response, "12").passed is passed


@pytest.mark.parametrize(
    ("response", "passed"),
    [
        ('{"a": 1.0}', True),
        ('Sure! {"a": 1} is it', True),
        ('{"a": true}', False),
        ('{"a": "1"}', False),
        ('{"a": 1, "b": 2}', False),
        ('{"a": NaN}', False),
    ],
)
def test_json_compares_values(response: str, passed: bool) -> None:
    assert judge(JSON, response, '{"a": 1}').passed is passed


def test_json_schema_alone_judges_the_form() -> None:
    spec = {"kind": "json_schema", "schema": {"type": "object", "required": ["a"]}}
    assert judge(spec, '{"a": "anything"}', "").passed
    refused = judge(spec, '{"b": 1}', "")
    assert not refused.passed and "'a' is a required property" in refused.detail


@pytest.mark.parametrize(
    "response",
    [
        "SELECT a FROM t WHERE b='y' ORDER BY a DESC",
        "```sql\nSELECT a FROM t WHERE a > 1;\n```",
        "SQL: SELECT a FROM t WHERE b = 'y';",
        "SELECT a::DOUBLE FROM t WHERE b LIKE 'y'",
        "SELECT a FROM t WHERE b = 'y';\n\nThis lists every a.",
        "WITH u AS (SELECT * FROM t) SELECT a FROM u WHERE a IN (2, 3)",
    ],
)
def test_sql_compares_rows_not_text(response: str) -> None:
    assert judge(SQL, response, GOLD_SQL).passed


def test_sql_order_counts_only_when_asked() -> None:
    ordered = SQL | {"ordered": True}
    assert judge(ordered, "SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a").passed
    assert not judge(ordered, "SELECT a FROM t ORDER BY a DESC", "SELECT a FROM t ORDER BY a").passed


def test_sql_compares_multisets() -> None:
    assert not judge(SQL, "SELECT DISTINCT b FROM t", "SELECT b FROM t").passed


@pytest.mark.parametrize(
    "response",
    [
        "SELECT a FROM t; DROP TABLE t",
        "COPY t TO '/tmp/assay_out.csv'",
        "INSERT INTO t VALUES (4, 'y')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/hostname'",
        "SELECT getenv('HOME')",
        "INSTALL httpfs",
        "SET threads = 4",
        "SELECT * FROM SETUP",
        "SELECT repeat('x', 2000000000)",
        "SELECT len(range(3000000000))",
        "WITH RECURSIVE r AS (SELECT 'x' AS s UNION ALL SELECT s || s FROM r) SELECT * FROM r",
        "SELECT \ud800",
        "\0",
        "",
    ],
)
def test_sql_is_locked(response: str) -> None:
    assert not judge(SQL, response, GOLD_SQL).passed
    assert not Path("/tmp/assay_out.csv").exists()


def test_sql_stops_at_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SQL_SECONDS", 0.2)
    endless = "SELECT count(*) FROM " + ", ".join(f"t t{i}" for i in range(22))
    assert "nterrupt" in judge(SQL, endless, GOLD_SQL).detail
    assert judge(SQL, GOLD_SQL, GOLD_SQL).passed


@pytest.mark.parametrize("setup", ["CREATE TABL", "COMMIT; CREATE TABLE kept (a INT)", "SET threads = 3"])
def test_a_setup_that_misbehaves_spoils_no_other_judgement(setup: str) -> None:
    spec = SQL | {"setup": setup}
    judge(spec, "SELECT 1", "SELECT 1")
    assert judge(SQL, GOLD_SQL, GOLD_SQL).passed
    assert not judge(SQL, "SELECT a FROM kept", GOLD_SQL).passed


def test_sql_that_returns_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SQL_ROWS", 2)
    assert judge(SQL, "SELECT a FROM t", GOLD_SQL).detail == "more than 2 rows"


def test_a_gold_that_does_not_run_is_named() -> None:
    assert "gold answer does not run" in judge(SQL, GOLD_SQL, "SELECT nope FROM t").detail


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"kind": "exakt"}, "unknown check 'exakt'"),
        ({}, "unknown check None"),
        ({"kind": "exact", "case": True}, "no parameter 'case'"),
        ({"kind": "exact", "ignore_case": "yes"}, "must not be a str"),
        ({"kind": "regex"}, "needs the parameter 'pattern'"),
        ({"kind": "regex", "pattern": "("}, "parameter 'pattern'"),
        ({"kind": "json_schema"}, "needs 'schema' or 'equals: true'"),
        ({"kind": "number", "tolerance": "wide"}, "no number"),
        ({"kind": "choice", "choices": [1]}, "list of texts"),
    ],
)
def test_validate_says_what_is_wrong(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="check") as error:
        validate(spec)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_the_file_runs_alone_with_the_standard_library(tmp_path: Path) -> None:
    (tmp_path / "checks.py").write_text(Path(checks.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    code = (
        "import sys, checks; ok = checks.judge({'kind': 'number'}, 'is 4', '4').passed;"
        "print(ok, any(m.split('.')[0] in {'assay', 'duckdb', 'jsonschema'} for m in sys.modules))"
    )
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False"]
