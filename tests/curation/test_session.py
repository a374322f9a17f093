"""The second wall: even a statement that never met the gate gets nothing out of a locked session."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.errors import QueryError
from curation.relations import Relations
from curation.session import Limits, Session
from tests.curation.rows import example, item, write


@pytest.fixture
def relations(tmp_path: Path) -> Relations:
    examples = write(tmp_path, "examples", [example("a", "p", "r")])
    return Relations({"examples": [examples]})


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM '{other}'",
        "SELECT * FROM read_parquet('{other}')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('{folder}/*')",
        "COPY examples TO '{folder}/out.parquet'",
        "COPY examples TO '{mine}'",
        "ATTACH '{folder}/x.db'",
        "EXPORT DATABASE '{folder}/dump'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET memory_limit = '100GB'",
        "RESET allowed_paths",
        "SELECT * FROM python_variable",
    ],
)
def test_locked_connection_refuses(relations: Relations, tmp_path: Path, sql: str) -> None:
    python_variable = write(tmp_path, "origins", [])
    mine = relations.files["examples"][0]
    before = sorted(p.name for p in tmp_path.iterdir())
    with Session.over(relations) as session, pytest.raises(QueryError):
        session.query(sql.format(other=python_variable, mine=mine, folder=tmp_path))
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_runaway_query_is_interrupted() -> None:
    endless = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n % 7 FROM r) SELECT count(*) FROM r"
    with Session.empty(Limits(seconds=0.2)) as session:
        with pytest.raises(QueryError, match=r"stopped after 0.2 s"):
            session.query(endless)
        assert session.query("SELECT 1 AS one").to_pylist() == [{"one": 1}]


def test_memory_is_limited() -> None:
    with (
        Session.empty(Limits(memory="50MB", threads=1)) as session,
        pytest.raises(QueryError, match="Memory"),
    ):
        session.query(
            "SELECT count(DISTINCT md5(i::VARCHAR)), list(md5(i::VARCHAR)) FROM range(5000000) r(i)"
        )


def test_errors_name_the_line_and_the_candidates(relations: Relations) -> None:
    with Session.over(relations) as session, pytest.raises(QueryError) as caught:
        session.query("SELECT\n  promt\nFROM examples", where="reject/x.sql")
    assert caught.value.where == "reject/x.sql:2"
    assert "prompt" in caught.value.fix


def test_test_rows_exist_only_in_a_sealed_session(tmp_path: Path) -> None:
    dev = write(tmp_path, "eval_items", [item("d", "dev", "dev text")], "dev")
    test = write(tmp_path, "eval_items", [item("t", "test", "secret text")], "test")
    ask = "SELECT item_id, prompt FROM eval_items ORDER BY item_id"
    apart = Relations({"eval_items": [dev]}, {"eval_items": [test]})
    with Session.over(apart) as session:
        assert [r["item_id"] for r in session.query(ask).to_pylist()] == ["d"]
        with pytest.raises(QueryError):
            session.query(f"SELECT * FROM '{test}'")
    with Session.over(apart, sealed=True) as session:
        assert [r["prompt"] for r in session.query(ask).to_pylist()] == ["dev text", "secret text"]
    mixed = Relations({"eval_items": [dev, test]})
    with Session.over(mixed) as session:
        assert [r["item_id"] for r in session.query(ask).to_pylist()] == ["d"], "never by mistake"


def test_a_closed_session_leaves_no_folder(relations: Relations) -> None:
    session = Session.over(relations)
    spill = session._spill
    assert spill is not None
    session.close()
    assert not spill.exists()
