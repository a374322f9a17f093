"""A rule of the user's may name a sealed item, never quote it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from assay.errors import QueryError
from curation.curate import curate, prepare
from curation.loader import Library
from curation.relations import Relations
from tests.curation.rows import example, item, origin, write

HEAD = "-- Reject rows.\n--\n-- Why not.\n--\n-- scope set\n"
JOIN = "FROM examples e JOIN eval_items i ON lower(e.prompt) = lower(i.prompt)"


@dataclass(frozen=True)
class Choice:
    query: str = "everything"

    def params(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True)
class Recipe:
    reject: tuple[str, ...] = ("mine",)
    params: dict[str, Any] = field(default_factory=dict)
    select: Choice = Choice()
    audit: tuple[str, ...] = ()
    seed: int = 0


def verdicts(tmp_path: Path, select: str) -> list[dict[str, Any]]:
    rule = tmp_path / "queries" / "reject" / "mine.sql"
    rule.parent.mkdir(parents=True)
    rule.write_text(f"{HEAD}{select} {JOIN}\n", encoding="utf-8")
    rows = [example("a", "What is the secret?", "no idea"), example("b", "two", "2")]
    relations = Relations(
        {
            "examples": [write(tmp_path, "examples", rows)],
            "origins": [write(tmp_path, "origins", [origin("a", "x"), origin("b", "x")])],
        },
        {
            "eval_items": [
                write(tmp_path, "eval_items", [item("t", "test", "what is the secret?", "Xyzzy 31415926.")])
            ]
        },
    )
    return list(curate(prepare(Recipe(), Library(tmp_path)), relations, "c").verdicts)


def test_a_rule_may_name_an_item_and_quote_the_row(tmp_path: Path) -> None:
    spoken = verdicts(
        tmp_path,
        "SELECT e.example_id, 'same ' || 4 AS reason, i.item_id AS other_id, 'THE secret' AS span",
    )
    assert [(v["example_id"], v["reason"], v["other_id"]) for v in spoken] == [("a", "same 4", "t")]


@pytest.mark.parametrize(
    ("column", "select"),
    [
        ("reason", "SELECT e.example_id, i.target AS reason"),
        ("reason", "SELECT e.example_id, 'gold ' || regexp_extract(i.target, '[0-9]+') AS reason"),
        ("span", "SELECT e.example_id, 'same' AS reason, i.target AS span"),
        ("other_id", "SELECT e.example_id, 'same' AS reason, i.target AS other_id"),
    ],
)
def test_test_text_does_not_leave_through_a_verdict(tmp_path: Path, column: str, select: str) -> None:
    with pytest.raises(QueryError, match=f"the {column} of example a") as error:
        verdicts(tmp_path, select)
    assert "Xyzzy" not in str(error.value)
    assert "31415926" not in str(error.value)
