"""Query files: header, parameters, identity, contract, and where they are found."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from assay.errors import QueryError
from curation.kinds import CONTRACTS, Kind
from curation.loader import Library, Query, parse_query

GOOD = """-- Reject short rows.
--
-- They teach nothing.
--
-- scope row
-- param least INTEGER = 3: fewest characters
SELECT example_id, 'short' AS reason FROM examples WHERE length(response) < $least
"""


def parsed(tmp_path: Path, text: str, kind: Kind = "reject", name: str = "x") -> Query:
    path = tmp_path / f"{name}.sql"
    path.write_text(text, encoding="utf-8")
    return parse_query(path, kind)


def identity(tmp_path: Path, text: str, **params: Any) -> str:
    return parsed(tmp_path, text).bind(params).identity


def test_header_and_contract(tmp_path: Path) -> None:
    query = parsed(tmp_path, GOOD)
    assert (query.header.summary, query.header.why) == ("Reject short rows.", "They teach nothing.")
    assert (query.scope, query.reads) == ("row", frozenset({"examples"}))
    assert query.columns == {"example_id": "VARCHAR", "reason": "VARCHAR"}
    assert query.bind().values == {"least": 3}


BROKEN = [
    ("", "SELECT 1", "no summary"),
    (
        "no summary",
        GOOD.replace("-- Reject short rows.\n", "").replace("-- They teach nothing.\n", ""),
        "summary",
    ),
    ("scope", GOOD.replace("scope row", "scope line"), "scope 'line' is unknown"),
    ("param line", GOOD.replace("INTEGER = 3", "INT = 3"), "cannot read"),
    ("param without a doc", GOOD.replace(": fewest characters", ""), "cannot read"),
    ("declared twice", GOOD.replace("\nSELECT", "\n-- param least INTEGER = 3: again\nSELECT"), "twice"),
    ("default of another type", GOOD.replace("= 3", "= 'three'"), "is INTEGER, not"),
    ("default that reads", GOOD.replace("= 3", "= (SELECT 1 FROM 'x.csv')"), "not one this query may read"),
    ("default that is random", GOOD.replace("= 3", "= random()"), "random"),
    ("used, not declared", GOOD.replace("$least", "$leest + $least"), r"\$leest is used .*nearest: least"),
    ("declared, not used", GOOD.replace("< $least", "< 3"), "declared and never used"),
    ("positional", GOOD.replace("$least", "?"), "used and not declared|never used"),
    ("in a comment only", GOOD.replace("< $least", "< 3 -- $least"), "declared and never used"),
    ("in a string only", GOOD.replace("< $least", "<> '$least'"), "declared and never used"),
    ("missing column", GOOD.replace("AS reason", "AS raeson"), "'reason' is missing .*nearest: raeson"),
    ("extra column", GOOD.replace("AS reason", "AS reason, 1 AS spam"), "'spam' is not part .*nearest: span"),
    ("wrong type", GOOD.replace("'short' AS", "1 AS"), "'reason' is INTEGER, not VARCHAR"),
    ("unknown column", GOOD.replace("response", "respnse"), "respnse"),
    ("unknown relation", GOOD.replace("FROM examples", "FROM exampels"), "nearest: examples"),
    ("unknown signal", GOOD.replace("scope row", "signal chek"), "nearest: check"),
    ("unused signal", GOOD.replace("scope row", "signal check"), "`scores` is never read"),
]


@pytest.mark.parametrize(("text", "message"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_mistakes(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        parsed(tmp_path, text)
    assert caught.value.where.startswith("reject/x.sql")


def test_mistakes_name_their_line(tmp_path: Path) -> None:
    for text, line in (
        (GOOD.replace("scope row", "scope line"), 5),
        (GOOD.replace("response", "respnse"), 7),
    ):
        with pytest.raises(QueryError) as caught:
            parsed(tmp_path, text)
        assert caught.value.where == f"reject/x.sql:{line}"


def test_a_type_is_the_declared_one_whatever_the_value(tmp_path: Path) -> None:
    text = GOOD.replace("INTEGER = 3", "DECIMAL(9,6) = 0.8")
    values = [parsed(tmp_path, text).bind({"least": v}).values["least"] for v in (0.8, "0.8", Decimal("0.8"))]
    assert values == [Decimal("0.800000")] * 3
    with pytest.raises(QueryError, match="'least' is INTEGER, not 'many'"):
        parsed(tmp_path, GOOD).bind({"least": "many"})
    with pytest.raises(QueryError, match=r"no parameter 'laest' .*nearest: least"):
        parsed(tmp_path, GOOD).bind({"laest": 1})


def test_identity_forgets_comments_and_layout_only(tmp_path: Path) -> None:
    same = identity(tmp_path, GOOD)
    assert identity(tmp_path, GOOD.replace("They teach nothing.", "Other words.")) == same
    assert identity(tmp_path, GOOD.replace("FROM", "/* here */\n  FROM")) == same
    assert identity(tmp_path, GOOD, least=3) == same
    assert identity(tmp_path, GOOD, least=4) != same
    assert identity(tmp_path, GOOD.replace("'short'", "'too  short'")) != same
    assert identity(tmp_path, GOOD.replace("'short'", "'too short'")) != identity(
        tmp_path, GOOD.replace("'short'", "'too  short'")
    )
    assert identity(tmp_path, GOOD.replace("'short'", "'--short'")) != identity(
        tmp_path, GOOD.replace("'short'", "'--shorter'")
    )


def test_a_scoring_type_is_exact(tmp_path: Path) -> None:
    text = "-- Score.\nSELECT example_id, CAST(1 AS {}) AS score FROM examples"
    parsed(tmp_path, text.format("DECIMAL(18,9)"), "score")
    with pytest.raises(QueryError, match=r"'score' is DOUBLE, not DECIMAL\(18,9\)"):
        parsed(tmp_path, text.format("DOUBLE"), "score")
    with pytest.raises(QueryError, match="'weight' is DOUBLE"):
        parsed(tmp_path, text.format("DOUBLE").replace("score", "weight"), "select")


@pytest.mark.parametrize("kind", CONTRACTS)
def test_each_kind_reads_only_its_relations(tmp_path: Path, kind: Kind) -> None:
    for table in ("eval_items", "results", "selection"):
        text = f"-- X.\nSELECT 1 AS n FROM {table}"
        refused = table not in CONTRACTS[kind].reads
        try:
            parsed(tmp_path, text, kind)
        except QueryError as error:
            assert ("may read" in error.what) is refused
        else:
            assert not refused


def test_yours_come_first_and_hide_the_shipped(tmp_path: Path) -> None:
    folder = tmp_path / "queries" / "reject"
    folder.mkdir(parents=True)
    (folder / "near_duplicate.sql").write_text(GOOD, encoding="utf-8")
    (folder / "no_emoji.sql").write_text(GOOD, encoding="utf-8")
    library = Library(tmp_path)
    assert library.names()[:2] == ["reject/near_duplicate", "reject/no_emoji"]
    assert library.names().count("reject/near_duplicate") == 1
    mine = library.load("near_duplicate")
    assert mine.own and mine.header.summary == "Reject short rows."
    assert mine.shown == "queries/reject/near_duplicate.sql"
    assert not library.load("exact_duplicate").own


def test_unknown_and_ambiguous_names(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="nearest: near_duplicate"):
        Library().load("near_duplicates")
    with pytest.raises(QueryError, match="nearest: overlaps_heldout"):
        Library().load("overlaps_heldut", "reject")
    with pytest.raises(QueryError, match="ambiguous: select/uniform, feedback/uniform"):
        Library().load("uniform")
    assert Library().load("uniform", "select").kind == "select"
    assert Library().load("feedback/uniform").kind == "feedback"
