"""Comments, strings and dollar signs are told apart."""

from __future__ import annotations

import pytest

from curation.text import blank_comments, cast_params, line_at, squeeze, tokens


@pytest.mark.parametrize(
    ("sql", "squeezed"),
    [
        ("SELECT 1 -- one\n, 2", "SELECT 1 , 2"),
        ("SELECT '--no' /* yes */", "SELECT '--no'"),
        ("SELECT 'it''s -- in' -- out", "SELECT 'it''s -- in'"),
        ('SELECT "a -- b"', 'SELECT "a -- b"'),
        ("SELECT $$ -- in $$ -- out", "SELECT $$ -- in $$"),
        ("SELECT $x$ /* $$ */ $x$", "SELECT $x$ /* $$ */ $x$"),
        (r"SELECT e'it\'s -- in' -- out", r"SELECT e'it\'s -- in'"),
        ("SELECT '  two  spaces  '   ,   1", "SELECT '  two  spaces  ' , 1"),
        ("SELECT 1 ; ; -- end", "SELECT 1"),
        ("SELECT ';'", "SELECT ';'"),
    ],
)
def test_squeeze(sql: str, squeezed: str) -> None:
    assert squeeze(sql) == squeezed


def test_blanking_keeps_lines() -> None:
    sql = "-- a\n/* b\nc */ SELECT\n  1;"
    assert blank_comments(sql).count("\n") == sql.count("\n")
    assert line_at(blank_comments(sql), blank_comments(sql).index("SELECT")) == 3


def test_params_get_their_type_outside_strings_only() -> None:
    assert cast_params("$n + '$n' + $nn", {"n": "INTEGER"}) == "CAST($n AS INTEGER) + '$n' + $nn"


def test_tokens_skip_strings_and_comments() -> None:
    assert "plain" not in tokens("SELECT 'plain', \"plain\" -- plain")
    assert "plain" in tokens("SELECT PLAIN(x)")
