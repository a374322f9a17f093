"""Build the relations a query sees from store files: derived `examples`, `eval_items`, `selection`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from curation.kinds import RELATIONS

Files = Mapping[str, Sequence[Path]]


@dataclass(frozen=True)
class Relations:
    """The files behind the relations.

    `files` are the open tables (table name of the store → Parquet files), `sealed` the test items,
    which only the kinds in `kinds.SEALED_READERS` are given. `candidates` are files with the columns
    example_id and weight (the selections of versions); None means every example is a candidate.
    """

    files: Files
    sealed: Files = field(default_factory=dict)
    candidates: Sequence[Path] | None = None

    def all_files(self, sealed: bool) -> list[str]:
        """Return the exact files a connection may open."""
        groups = [*self.files.values(), self.candidates or ()]
        groups += list(self.sealed.values()) if sealed else []
        return sorted({str(p) for g in groups for p in g})


_TURN_TEXT = "array_to_string(list_transform({turns}, lambda m: m.content), chr(10) || chr(10))"

_EXAMPLES = f"""
CREATE TABLE examples AS
WITH one AS (
  SELECT DISTINCT ON (example_id) * FROM store_examples
  WHERE {{candidates}}
  ORDER BY example_id
),
origin AS (
  SELECT * FROM origins WHERE example_id IN (SELECT example_id FROM one)
  QUALIFY row_number() OVER (PARTITION BY example_id ORDER BY skill, template, difficulty, variant,
    generator, recipe, seed, teacher, prompt, parents, slots) = 1
)
SELECT e.example_id, e.kind, e.messages,
  CASE WHEN e.kind = 'prompt' THEN {_TURN_TEXT.format(turns="e.messages")}
       ELSE {_TURN_TEXT.format(turns="e.messages[1:len(e.messages) - 1]")} END AS prompt,
  CASE WHEN e.kind = 'prompt' THEN '' ELSE coalesce(e.messages[len(e.messages)].content, '') END AS response,
  e.answer, e.check_spec,
  coalesce(o.skill, '') AS skill, coalesce(o.template, '') AS template,
  coalesce(o.difficulty, 0)::INTEGER AS difficulty, coalesce(o.variant, '') AS variant,
  coalesce(o.generator, '') AS generator, coalesce(o.slots, []::VARCHAR[]) AS slots
FROM one e LEFT JOIN origin o USING (example_id)
ORDER BY e.example_id
"""

_EVAL_ITEMS = f"""
CREATE TABLE eval_items AS
SELECT DISTINCT item_id, eval_set, role, messages, {_TURN_TEXT.format(turns="messages")} AS prompt,
  coalesce(target, '') AS target, answer, check_spec, coalesce(skill, '') AS skill,
  coalesce(template, '') AS template, difficulty, seen, coalesce(variant, '') AS variant,
  coalesce(parent, '') AS parent, coalesce(slots, []::VARCHAR[]) AS slots,
  coalesce(source_id, '') AS source_id
FROM store_eval_items
WHERE {{roles}}
"""

_SCORES = """
CREATE VIEW scores AS
SELECT DISTINCT * FROM store_scores -- two curations at once may both have computed a row
QUALIFY signal_version = max(signal_version) OVER (PARTITION BY signal)
"""

_DERIVED = ("examples", "eval_items", "scores", "selection")


def build(con: duckdb.DuckDBPyConnection, relations: Relations, *, sealed: bool) -> None:
    """Create every relation in `con`; test rows of eval_items exist only when `sealed` is true."""
    for table in RELATIONS:
        files = [str(p) for p in relations.files.get(table, ())]
        if sealed:
            files += [str(p) for p in relations.sealed.get(table, ())]
        _source(con, table, files)
    _selection(con, relations)
    every = relations.candidates is None
    chosen = "true" if every else "example_id IN (SELECT example_id FROM selection)"
    con.execute(_EXAMPLES.format(candidates=chosen))
    con.execute(_EVAL_ITEMS.format(roles="true" if sealed else "role <> 'test'"))
    con.execute(_SCORES)
    if every:
        con.execute("INSERT INTO selection SELECT example_id, 1 FROM examples")


def _source(con: duckdb.DuckDBPyConnection, table: str, files: Sequence[str]) -> None:
    """Make `store_T` (derived tables), a view `T`, or, for the growing ones, a table `T`."""
    columns = {k: v for k, v in RELATIONS[table].items() if k not in _made_here(table)}
    name = f"store_{table}" if table in _DERIVED else table
    select = ", ".join(f'CAST("{c}" AS {t}) AS "{c}"' for c, t in columns.items())
    if not files:
        fields = _fields(columns)
        con.execute(f"CREATE TABLE {name} ({fields})")
        return
    quoted = ", ".join("'" + f.replace("'", "''") + "'" for f in files)
    make = "TABLE" if table in ("verdicts", "scores") else "VIEW"
    none = ", ".join(f'NULL::{t} AS "{c}"' for c, t in columns.items())
    con.execute(  # the empty half brings the columns that files written before them lack
        f"CREATE {make} {name} AS SELECT {select} FROM (SELECT {none} WHERE false UNION ALL BY NAME "
        f"SELECT * FROM read_parquet([{quoted}], union_by_name = true, hive_partitioning = false))"
    )


def _fields(columns: Mapping[str, str]) -> str:
    return ", ".join(f'"{c}" {t}' for c, t in columns.items())  # `at` is a reserved word


def _made_here(table: str) -> frozenset[str]:
    if table == "examples":
        return frozenset(
            {"prompt", "response", "skill", "template", "difficulty", "variant", "generator", "slots"}
        )
    return frozenset({"prompt"}) if table == "eval_items" else frozenset()


def _selection(con: duckdb.DuckDBPyConnection, relations: Relations) -> None:
    con.execute("CREATE TABLE selection (example_id VARCHAR, weight DECIMAL(18,9))")
    if relations.candidates:
        con.execute(
            "INSERT INTO selection SELECT example_id, max(weight) FROM read_parquet(?) GROUP BY ALL "
            "ORDER BY example_id",
            [[str(p) for p in relations.candidates]],
        )


def build_empty(con: duckdb.DuckDBPyConnection) -> None:
    """Create every relation exactly as declared, with no rows (for contracts and cases)."""
    for table, columns in RELATIONS.items():
        con.execute(f"CREATE TABLE {table} ({_fields(columns)})")


def fill(con: duckdb.DuckDBPyConnection, rows: Mapping[str, Sequence[Sequence[object]]]) -> None:
    """Make the relations of `build_empty` hold exactly these full rows."""
    for table, columns in RELATIONS.items():
        con.execute(f"DELETE FROM {table}")
        marks = ", ".join("?" * len(columns))
        for row in rows.get(table, ()):
            con.execute(f"INSERT INTO {table} VALUES ({marks})", list(row))
