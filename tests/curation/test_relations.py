"""Relations: one row per example with its primary origin, candidates, derived text, exact columns."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assay.store import SCHEMAS
from curation.kinds import RELATIONS
from curation.relations import Relations
from curation.session import Session
from tests.curation.rows import example, origin, write


def ask(relations: Relations, sql: str) -> list[dict[str, Any]]:
    with Session.over(relations) as session:
        rows: list[dict[str, Any]] = session.query(sql).to_pylist()
        return rows


def test_one_row_per_id_with_the_least_origin(tmp_path: Path) -> None:
    one = write(tmp_path, "examples", [example("a", "p", "r"), example("b", "q", "s")], "one")
    again = write(tmp_path, "examples", [example("a", "p", "r")], "two")
    origins = [origin("a", "units", slots=["2"]), origin("a", "sums", slots=["1"]), origin("x", "sums")]
    made = write(tmp_path, "origins", origins)
    rows = ask(
        Relations({"examples": [one, again], "origins": [made]}),
        "SELECT example_id, skill, slots, prompt, response FROM examples ORDER BY ALL",
    )
    assert rows == [
        {"example_id": "a", "skill": "sums", "slots": ["1"], "prompt": "p", "response": "r"},
        {"example_id": "b", "skill": "", "slots": [], "prompt": "q", "response": "s"},
    ]


def test_prompt_and_response_are_those_of_the_record(tmp_path: Path) -> None:
    turns = [{"role": r, "content": c} for r, c in (("user", "a"), ("assistant", "b"), ("user", "c"))]
    rows = [
        {"example_id": "prompt", "kind": "prompt", "messages": turns},
        {"example_id": "sft", "kind": "sft", "messages": [*turns, {"role": "assistant", "content": "d"}]},
    ]
    files = Relations({"examples": [write(tmp_path, "examples", rows)]})
    assert ask(files, "SELECT example_id, prompt, response FROM examples ORDER BY 1") == [
        {"example_id": "prompt", "prompt": "a\n\nb\n\nc", "response": ""},
        {"example_id": "sft", "prompt": "a\n\nb\n\nc", "response": "d"},
    ]


def test_candidates_limit_examples_and_carry_weights(tmp_path: Path) -> None:
    examples = write(tmp_path, "examples", [example(i, i, i) for i in "abc"])
    first = write(tmp_path, "selection", [{"example_id": "a", "weight": Decimal(1)}], "one")
    second = write(
        tmp_path,
        "selection",
        [{"example_id": i, "weight": Decimal(w)} for i, w in (("a", "2.5"), ("c", "1"))],
        "two",
    )
    files = Relations({"examples": [examples]}, candidates=[first, second])
    got = ask(files, "SELECT example_id, weight FROM examples JOIN selection USING (example_id) ORDER BY 1")
    assert [(r["example_id"], r["weight"]) for r in got] == [("a", Decimal("2.5")), ("c", Decimal(1))]
    assert ask(Relations({"examples": [examples]}, candidates=[]), "SELECT * FROM examples") == []


def test_scores_show_the_newest_version_of_each_signal(tmp_path: Path) -> None:
    rows = [
        {"signal": s, "signal_version": v, "example_id": "a", "score": Decimal(v)}
        for s, v in (("check", 1), ("check", 2), ("length", 1))
    ]
    files = Relations({"scores": [write(tmp_path, "scores", rows)]})
    got = ask(files, "SELECT signal, signal_version FROM scores ORDER BY 1")
    assert [(r["signal"], r["signal_version"]) for r in got] == [("check", 2), ("length", 1)]


def test_every_relation_has_exactly_its_columns_with_and_without_files(tmp_path: Path) -> None:
    rows = [{"example_id": "a", "weight": Decimal(1)}]
    files = {t: [write(tmp_path, t, [])] for t in SCHEMAS}
    for relations in (Relations({}), Relations(files, candidates=[write(tmp_path, "selection", rows)])):
        with Session.over(relations) as session:
            for table, columns in RELATIONS.items():
                assert session.describe(f"FROM {table}", {}, table) == columns, table


def test_columns_follow_the_store() -> None:
    """A column the store gains must be offered to queries, or left out on purpose."""
    left_out = {"examples": {"chosen", "rejected", "tools"}}
    for table, schema in SCHEMAS.items():
        assert isinstance(schema, pa.Schema)
        missing = set(schema.names) - set(RELATIONS[table]) - left_out.get(table, set())
        assert not missing, (table, missing)


def test_a_score_that_two_curations_stored_is_one_row(tmp_path: Path) -> None:
    row = {"signal": "check", "signal_version": 1, "example_id": "a", "score": Decimal(1)}
    files = [write(tmp_path, "scores", [row], name) for name in ("one", "two")]
    assert ask(Relations({"scores": files}), "SELECT count(*) AS n FROM scores") == [{"n": 1}]


def test_columns_that_older_files_lack_are_null(tmp_path: Path) -> None:
    whole = SCHEMAS["results"].empty_table().drop_columns(["predicted"])
    row = dict.fromkeys(whole.schema.names) | {"run": "r", "score": 1.0}
    path = tmp_path / "old.parquet"
    pq.write_table(pa.Table.from_pylist([row], schema=whole.schema), path)
    found = ask(Relations({"results": (path,)}), "SELECT run, score, predicted FROM results")
    assert found == [{"run": "r", "score": 1.0, "predicted": None}]
