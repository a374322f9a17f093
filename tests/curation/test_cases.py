"""The case runner passes what is right and catches what only looks right."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.cases import CaseResult, run_cases
from curation.kinds import Kind
from curation.loader import parse_query

ROWS = """
  given:
    examples:
      - {example_id: a, skill: s, response: one}
      - {example_id: b, skill: s, response: three}
      - {example_id: c, skill: s, response: five}
"""


def results(tmp_path: Path, sql: str, cases: str | None, kind: Kind = "select") -> list[CaseResult]:
    path = tmp_path / "x.sql"
    path.write_text(sql, encoding="utf-8")
    beside = tmp_path / "x.cases.yaml"
    beside.unlink(missing_ok=True)
    if cases is not None:
        beside.write_text(cases, encoding="utf-8")
    return run_cases(parse_query(path, kind))


def only(tmp_path: Path, sql: str, cases: str | None, kind: Kind = "select") -> CaseResult:
    (result,) = results(tmp_path, sql, cases, kind)
    return result


ALL = "-- All.\nSELECT example_id, CAST(1 AS DECIMAL(18,9)) AS weight FROM examples"


def test_a_right_case_passes(tmp_path: Path) -> None:
    expect = "  expect: [{example_id: b}, {example_id: a, weight: 1}, {example_id: c, weight: 1.0}]"
    assert only(
        tmp_path, ALL, f"- name: x{ROWS}{expect}".replace("{example_id: b}", "{example_id: b, weight: 1}")
    ).passed


@pytest.mark.parametrize(
    ("expect", "says"),
    [
        ("[{example_id: a}, {example_id: b}]", "not expected [{'example_id': 'c'}]"),
        (
            "[{example_id: a}, {example_id: b}, {example_id: c}, {example_id: d}]",
            "missing [{'example_id': 'd'}]",
        ),
        ("[{example_id: a}, {example_id: b}, {example_id: c}, {example_id: c}]", "expected 4 rows"),
        ("[{example_id: a, wieght: 1}]", "no column 'wieght' (nearest: weight)"),
        ("[]", "not expected"),
    ],
)
def test_a_wrong_answer_is_shown(tmp_path: Path, expect: str, says: str) -> None:
    result = only(tmp_path, ALL, f"- name: x{ROWS}  expect: {expect}")
    assert not result.passed
    assert says in result.detail
    assert result.where == "select/x.cases.yaml:1"


UNSTABLE = {
    "a limit without an order": f"{ALL} LIMIT 2",
    "a window without a total order": f"{ALL} QUALIFY row_number() OVER (ORDER BY skill) <= 2",
    "first() without an order": (
        "-- X.\nSELECT first(example_id) AS example_id, CAST(1 AS DECIMAL(18,9)) AS weight FROM examples"
    ),
    "string_agg without an order": (
        "-- X.\nSELECT string_agg(example_id, '') AS example_id, CAST(1 AS DECIMAL(18,9)) AS weight "
        "FROM examples"
    ),
}


@pytest.mark.parametrize("sql", UNSTABLE.values(), ids=UNSTABLE.keys())
def test_what_depends_on_the_order_of_rows_is_caught(tmp_path: Path, sql: str) -> None:
    for expect in ("[{example_id: a}, {example_id: b}]", "[{example_id: a}]", "[{example_id: abc}]"):
        result = only(tmp_path, sql, f"- name: x{ROWS}  expect: {expect}")
        if "other bytes" in result.detail:
            return
    pytest.fail("no case caught it")


def test_a_report_keeps_its_own_order(tmp_path: Path) -> None:
    sql = "-- R.\nSELECT example_id FROM examples ORDER BY example_id DESC"
    right = "  expect: [{example_id: c}, {example_id: b}, {example_id: a}]"
    wrong = "  expect: [{example_id: a}, {example_id: b}, {example_id: c}]"
    assert only(tmp_path, sql, f"- name: x{ROWS}{right}", "report").passed
    assert "in this order" in only(tmp_path, sql, f"- name: x{ROWS}{wrong}", "report").detail


def test_a_set_query_that_claims_row_scope_is_caught(tmp_path: Path) -> None:
    sql = (
        "-- X.\n-- scope row\nSELECT example_id, 'x' AS reason FROM examples "
        "WHERE (SELECT count(*) FROM examples) > 2"
    )
    expect = "  expect: [{example_id: a}, {example_id: b}, {example_id: c}]"
    result = only(tmp_path, sql, f"- name: x{ROWS}{expect}", "reject")
    assert "write `scope set`" in result.detail


BAD_FILES = [
    (None, "no cases"),
    ("[]", "a list of cases"),
    ("given: {}", "a list of cases"),
    ("- [1]", "a case is a mapping"),
    ("- name: x\n  givn: {}\n  expect: []", "unknown key 'givn' (nearest: given)"),
    ("- name: x", "needs `expect`"),
    ("- name: [x", "not YAML"),
    ("- name: x\n  given: {exampels: []}\n  expect: []", "does not read 'exampels' (nearest: examples)"),
    ("- name: x\n  given: {labels: []}\n  expect: []", "does not read 'labels'"),
    ("- name: x\n  given: {examples: [{exmple_id: a}]}\n  expect: []", "nearest: example_id"),
    ("- name: x\n  params: {n: 1}\n  expect: []", "no parameter 'n'"),
]


@pytest.mark.parametrize(("text", "says"), BAD_FILES)
def test_a_bad_cases_file_fails_with_what_is_wrong(tmp_path: Path, text: str | None, says: str) -> None:
    result = only(tmp_path, ALL, text)
    assert not result.passed
    assert says in result.detail
