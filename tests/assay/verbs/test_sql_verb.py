"""The database answers one SELECT at a time and has no test rows."""

from __future__ import annotations

import pytest

from assay.errors import QueryError
from assay.verbs.generate import generate
from assay.verbs.sql import ask
from assay.workspace import Workspace


def test_a_select_answers(workspace: Workspace) -> None:
    generate(workspace, "raw")
    rows = ask(workspace, "SELECT skill, count(*) AS n FROM examples GROUP BY skill")
    assert rows == [{"skill": "arithmetic", "n": 40}]


def test_versions_narrow_the_examples(workspace: Workspace) -> None:
    raw = generate(workspace, "raw").version
    generate(workspace, "other")
    everything = ask(workspace, "SELECT count(*) AS n FROM examples")[0]["n"]
    assert ask(workspace, "SELECT count(*) AS n FROM examples", [raw])[0]["n"] == 40
    assert everything > 40


@pytest.mark.parametrize(
    "query",
    [
        "DROP TABLE examples",
        "INSERT INTO examples SELECT * FROM examples",
        "COPY examples TO 'rows.csv'",
        "ATTACH 'x.db'",
        "SET memory_limit = '1TB'",
        "PRAGMA database_list",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/hostname'",
        "SELECT getenv('HOME')",
        "SELECT * FROM nowhere",
        "SELEC 1",
        "",
    ],
)
def test_anything_else_is_refused(workspace: Workspace, query: str) -> None:
    generate(workspace, "raw")
    with pytest.raises(QueryError):
        ask(workspace, query)


def test_test_items_are_not_there(workspace: Workspace) -> None:
    generate(workspace, "raw")
    assert ask(workspace, "SELECT role, count(*) AS n FROM eval_items GROUP BY role") == [
        {"role": "dev", "n": 6}
    ]
    assert ask(workspace, "SELECT * FROM results") == []
