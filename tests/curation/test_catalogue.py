"""What the `assay query` commands do, as functions."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.errors import QueryError
from curation import catalogue
from curation.kinds import CONTRACTS, Kind
from curation.loader import Library
from curation.relations import Relations
from tests.curation.rows import example, item, write


@pytest.mark.parametrize("kind", CONTRACTS)
def test_new_writes_a_query_that_passes(tmp_path: Path, kind: Kind) -> None:
    sql, cases = catalogue.new(f"{kind}/my_rule", tmp_path)
    assert sql == tmp_path / "queries" / kind / "my_rule.sql"
    assert cases.name == "my_rule.cases.yaml"
    (tested,) = catalogue.test(Library(tmp_path), ["my_rule"])
    assert tested.passed, (tested.problem, tested.cases)
    with pytest.raises(QueryError, match="exists"):
        catalogue.new(f"{kind}/my_rule", tmp_path)


@pytest.mark.parametrize("name", ["my_rule", "rejekt/x", "reject/", "reject/No", "reject/../x", "reject/a/b"])
def test_new_refuses_bad_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(QueryError):
        catalogue.new(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_copy_gives_an_editable_one(tmp_path: Path) -> None:
    catalogue.copy(Library(), "near_duplicate", None, tmp_path)
    catalogue.copy(Library(), "near_duplicate", "stricter", tmp_path)
    library = Library(tmp_path)
    assert library.load("near_duplicate").own
    assert library.load("reject/stricter").header == library.load("near_duplicate").header
    with pytest.raises(QueryError, match="stays a reject query"):
        catalogue.copy(Library(), "near_duplicate", "select/x", tmp_path)
    with pytest.raises(QueryError, match="nearest: near_duplicate"):
        catalogue.copy(Library(), "near_duplicat", None, tmp_path)


def test_listing_survives_a_broken_query(tmp_path: Path) -> None:
    folder = tmp_path / "queries" / "reject"
    folder.mkdir(parents=True)
    (folder / "broken.sql").write_text("-- X.\nSELECT random()\n", encoding="utf-8")
    lines = catalogue.listing(Library(tmp_path))
    assert lines[0].name == "reject/broken" and lines[0].own and "random" in lines[0].problem
    assert all(line.summary for line in lines[1:])
    tested = catalogue.test(Library(tmp_path), ["broken"])
    assert not tested[0].passed and "queries/reject/broken.sql:2" in tested[0].problem


def test_show_tells_everything() -> None:
    shown = catalogue.show(Library(), "near_duplicate")
    assert shown.query.header.params and "threshold" in shown.text and "- name:" in shown.cases
    assert len(shown.identity) == 32


@pytest.fixture
def relations(tmp_path: Path) -> Relations:
    rows = write(tmp_path, "examples", [example("a", "p", ""), example("b", "the secret", "r")])
    sealed = write(tmp_path, "eval_items", [item("t", "test", "the secret")])
    return Relations({"examples": [rows]}, {"eval_items": [sealed]})


def test_run_writes_nothing_and_sees_no_test_row(relations: Relations, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    assert catalogue.run(Library(), "too_short_or_long", relations)["example_id"].to_pylist() == ["a"]
    assert catalogue.run(Library(), "overlaps_heldout", relations).num_rows == 0
    params = {"min_response": 5}
    assert catalogue.run(Library(), "too_short_or_long", relations, params).num_rows == 2
    assert catalogue.run(Library(), "too_short_or_long", relations, params, 1).num_rows == 1
    assert sorted(tmp_path.iterdir()) == before


def test_sql(relations: Relations) -> None:
    got = catalogue.sql("SELECT count(*) AS n FROM examples; -- all", relations)
    assert got.to_pylist() == [{"n": 2}]
    assert catalogue.sql("SELECT * FROM eval_items", relations).num_rows == 0
    for bad in ("SELECT $n", "SELECT 1; SELECT 2", "COPY examples TO 'x'", "SELECT * FROM 'x.parquet'"):
        with pytest.raises(QueryError):
            catalogue.sql(bad, relations)
    with pytest.raises(QueryError) as caught:
        catalogue.sql("SELECT\n promt FROM examples", relations)
    assert caught.value.where == "sql:2"
