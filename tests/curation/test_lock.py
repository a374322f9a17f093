"""The gate: hostile statements are refused, ordinary SQL passes."""

from __future__ import annotations

import pytest

from assay.errors import QueryError
from curation import lock
from curation.functions import allowed, walk

READS = ("examples", "scores")

HOSTILE = {
    # more than one statement, or none
    "two selects": "SELECT 1; SELECT 2",
    "second hidden behind a comment": "SELECT 1 /* ; */ ; DROP TABLE examples",
    "second after a line comment": "SELECT 1 -- harmless\n; COPY examples TO 'x.csv'",
    "nothing": "",
    "only a comment": "-- SELECT 1",
    "broken": "SELECT FROM WHERE (",
    # not a SELECT
    "copy out": "COPY examples TO 'x.parquet'",
    "copy a query out": "COPY (SELECT * FROM examples) TO 'x.csv'",
    "copy in": "COPY examples FROM 'x.csv'",
    "attach": "ATTACH 'x.db' AS x",
    "pragma": "PRAGMA database_list",
    "set": "SET memory_limit = '100GB'",
    "set a variable": "SET VARIABLE x = 1",
    "reset": "RESET memory_limit",
    "install": "INSTALL httpfs",
    "load": "LOAD httpfs",
    "call": "CALL pragma_version()",
    "export": "EXPORT DATABASE 'x'",
    "insert": "INSERT INTO examples SELECT * FROM examples",
    "update": "UPDATE examples SET prompt = ''",
    "delete": "DELETE FROM examples",
    "delete returning in a CTE": "WITH x AS (DELETE FROM examples RETURNING *) SELECT * FROM x",
    "create": "CREATE TABLE x AS SELECT 1",
    "create a macro": "CREATE MACRO plain(t) AS t",
    "create a secret": "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "drop": "DROP TABLE examples",
    "prepare": "PREPARE p AS SELECT 1",
    "execute": "EXECUTE p",
    "explain": "EXPLAIN ANALYZE SELECT 1",
    "describe": "DESCRIBE examples",
    "summarize": "SUMMARIZE examples",
    "show": "SHOW TABLES",
    "describe as a relation": "SELECT * FROM (DESCRIBE examples)",
    "show as a relation": "SELECT * FROM (SHOW ALL TABLES)",
    "checkpoint": "CHECKPOINT",
    "use": "USE memory",
    # files
    "a parquet file": "SELECT * FROM 'x.parquet'",
    "a csv file in double quotes": 'SELECT * FROM "/etc/passwd.csv"',
    "a file under a nice alias": "SELECT examples.* FROM 'x.parquet' AS examples",
    "a file in a subquery": "SELECT (SELECT count(*) FROM 'x.parquet')",
    "a file in EXISTS": "SELECT 1 FROM examples WHERE EXISTS (FROM 'x.parquet')",
    "a file in LIMIT": "SELECT 1 LIMIT (SELECT count(*) FROM 'x.parquet')",
    "a file in ORDER BY": "SELECT 1 FROM examples ORDER BY (SELECT count(*) FROM 'x.parquet')",
    "a file in a lambda": "SELECT list_transform([1], lambda x: (SELECT count(*) FROM 'x.parquet'))",
    "a file in FILTER": "SELECT count(*) FILTER ((SELECT true FROM 'x.parquet')) FROM examples",
    "a file in a window": "SELECT sum(1) OVER (ORDER BY (SELECT 1 FROM 'x.parquet')) FROM examples",
    "a file in REPLACE": "SELECT * REPLACE ((SELECT 1 FROM 'x.parquet') AS prompt) FROM examples",
    "a file in a union": "SELECT 1 UNION ALL SELECT * FROM 'x.parquet'",
    "a file in a lateral join": "SELECT * FROM examples, LATERAL (SELECT * FROM 'x.parquet')",
    "a file in VALUES": "VALUES ((SELECT 1 FROM 'x.parquet'))",
    "a file in a table function's argument": "SELECT * FROM range((SELECT 1 FROM 'x.parquet'))",
    "a file in a join condition": "SELECT 1 FROM examples a JOIN scores b ON (SELECT true FROM 'x.parquet')",
    "read_csv": "SELECT * FROM read_csv('/etc/passwd')",
    "read_csv in mixed case and comments": "SELECT * FROM ReAd_CsV/**/('/etc/passwd')",
    "read_csv in double quotes": "SELECT * FROM \"read_csv\"('/etc/passwd')",
    "read_csv with a schema": "SELECT * FROM system.main.read_csv('/etc/passwd')",
    "read_text": "SELECT * FROM read_text('/etc/passwd')",
    "read_blob": "SELECT * FROM read_blob('/etc/passwd')",
    "read_json": "SELECT * FROM read_json('x.json')",
    "read_parquet": "SELECT * FROM read_parquet('x.parquet')",
    "parquet_scan": "SELECT * FROM parquet_scan('x.parquet')",
    "parquet metadata": "SELECT * FROM parquet_metadata('x.parquet')",
    "glob": "SELECT * FROM glob('*')",
    "sniff_csv": "SELECT * FROM sniff_csv('x.csv')",
    # statements in strings
    "query()": "SELECT * FROM query('SELECT 1')",
    "query_table()": "SELECT * FROM query_table('sealed')",
    "query_table with a list": "SELECT * FROM query_table(['examples', 'sealed'])",
    "serialized": "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "serialize": "SELECT json_serialize_sql('SELECT 1')",
    "plan": "SELECT json_serialize_plan('SELECT * FROM examples')",
    "deserialize": "SELECT json_deserialize_sql('{}')",
    # the catalogue and the settings
    "duckdb_tables()": "SELECT * FROM duckdb_tables()",
    "the view duckdb_tables": "SELECT * FROM duckdb_tables",
    "duckdb_secrets()": "SELECT * FROM duckdb_secrets()",
    "duckdb_settings()": "SELECT * FROM duckdb_settings()",
    "information_schema": "SELECT * FROM information_schema.tables",
    "pg_catalog": "SELECT * FROM pg_catalog.pg_tables",
    "sqlite_master": "SELECT * FROM sqlite_master",
    "pragma_version()": "SELECT * FROM pragma_version()",
    "pg_get_viewdef": "SELECT pg_get_viewdef(1)",
    "current_setting": "SELECT current_setting('memory_limit')",
    "getvariable": "SELECT getvariable('x')",
    "getenv": "SELECT getenv('HOME')",
    "current_query": "SELECT current_query()",
    "version": "SELECT version()",
    "a schema in front": "SELECT * FROM main.examples",
    "a catalogue in front": "SELECT * FROM memory.main.examples",
    "another relation": "SELECT * FROM sealed",
    "another relation in quotes": 'SELECT * FROM "eval_items"',
    "another relation in capitals": "SELECT * FROM EVAL_ITEMS",
    "a Python variable": "SELECT * FROM HOSTILE",
    # shadowing with CTEs
    "a CTE over a file": "WITH examples AS (SELECT * FROM 'x.parquet') SELECT * FROM examples",
    "a CTE that names itself": "WITH sealed AS (SELECT * FROM sealed) SELECT * FROM sealed",
    "a CTE of another branch": "SELECT * FROM (WITH sealed AS (SELECT 1) SELECT * FROM sealed), sealed",
    "a CTE that comes later": "WITH a AS (SELECT * FROM sealed), sealed AS (SELECT 1) SELECT * FROM a",
    "a CTE below its use": "SELECT * FROM sealed WHERE 1 IN (WITH sealed AS (SELECT 1) FROM sealed)",
    "a nested CTE out of scope": (
        "WITH a AS (WITH sealed AS (SELECT 1) SELECT * FROM sealed) SELECT * FROM a, sealed"
    ),
    "a recursive CTE over a file": (
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n FROM r, 'x.parquet') SELECT * FROM r"
    ),
    "recurring of no CTE": "SELECT * FROM recurring.sealed",
    "a schema in front of a CTE": "WITH sealed AS (SELECT 1) SELECT * FROM main.sealed",
    # what changes from run to run
    "random": "SELECT random()",
    "random in quotes": 'SELECT "random"()',
    "random as a method": "SELECT (1).random()",
    "random behind a column": "SELECT examples.prompt.random() FROM examples",
    "random with a schema": "SELECT main.random()",
    "random in a lambda": "SELECT list_transform([1, 2], lambda x: x + random())",
    "random in ORDER BY": "SELECT 1 FROM examples ORDER BY random()",
    "random in a struct": "SELECT {'a': {'b': random()}}.a.b",
    "random in a list comprehension": "SELECT [random() FOR x IN [1, 2]]",
    "random in CASE": "SELECT CASE WHEN random() > 0.5 THEN 1 END",
    "random in a CAST": "SELECT CAST(random() AS VARCHAR)",
    "random in unnest": "SELECT * FROM unnest([random()])",
    "random in COLUMNS": "SELECT COLUMNS(lambda c: random() > 0.5) FROM examples",
    "random in QUALIFY": "SELECT 1 FROM examples QUALIFY random() > 0.5",
    "random in GROUP BY": "SELECT 1 FROM examples GROUP BY random()",
    "random in HAVING": "SELECT 1 FROM examples GROUP BY prompt HAVING random() > 0.5",
    "setseed": "SELECT setseed(0.5)",
    "uuid": "SELECT uuid()",
    "uuidv7": "SELECT uuidv7()",
    "gen_random_uuid": "SELECT gen_random_uuid()",
    "nextval": "SELECT nextval('s')",
    "txid_current": "SELECT txid_current()",
    "now": "SELECT now()",
    "today": "SELECT today()",
    "current_date": "SELECT current_date",
    "current_timestamp": "SELECT current_timestamp",
    "current_timestamp in quotes": 'SELECT "current_timestamp"',
    "localtime": "SELECT localtime",
    "localtimestamp": "SELECT localtimestamp",
    "current_localtimestamp()": "SELECT current_localtimestamp()",
    "get_current_timestamp()": "SELECT get_current_timestamp()",
    "age of one": "SELECT age(TIMESTAMP '2020-01-01')",
    "ago": "SELECT ago(INTERVAL 1 DAY)",
    "current_user": "SELECT current_user",
    "sleep": "SELECT sleep_ms(1000)",
    "pg_sleep": "SELECT pg_sleep(1)",
    "write_log": "SELECT write_log('x')",
    "error": "SELECT error('x')",
    "hash": "SELECT hash(prompt) FROM examples",
    "approx_count_distinct": "SELECT approx_count_distinct(prompt) FROM examples",
    "an aggregate by a hidden name": "SELECT list_aggr([1], 'approx_' || 'count_distinct')",
    "an aggregate by a refused name": "SELECT list_aggregate([1], 'approx_count_distinct')",
    "tablesample": "SELECT * FROM examples TABLESAMPLE 10%",
    "using sample": "SELECT * FROM examples USING SAMPLE 3",
    "repeatable sample": "SELECT * FROM examples USING SAMPLE reservoir(3 ROWS) REPEATABLE (1)",
    "at a version": "SELECT * FROM examples AT (VERSION => 1)",
    "default": "SELECT DEFAULT",
}


@pytest.mark.parametrize("sql", HOSTILE.values(), ids=HOSTILE.keys())
def test_refused(sql: str) -> None:
    with pytest.raises(QueryError):
        lock.check(sql, READS)


ORDINARY = [
    "SELECT example_id FROM examples",
    "FROM examples SELECT example_id",
    'SELECT "example_id" FROM "Examples"',
    "WITH a AS (SELECT 1 AS x), b AS (SELECT * FROM a) SELECT * FROM b",
    "WITH examples AS (SELECT * FROM examples) SELECT * FROM scores",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r",
    "SELECT * FROM examples a, LATERAL (SELECT unnest(a.slots) AS slot) b",
    "SELECT * FROM range(3), generate_series(1, 2), unnest([1])",
    "SELECT md5(example_id || '1'), row_number() OVER (ORDER BY score) FROM scores",
    "SELECT e.messages[1].content, [x FOR x IN slots IF x <> ''] FROM examples e",
    "SELECT split_part(prompt, ' ', 1), nullif(answer, ''), coalesce(answer, '') FROM examples",
    "SELECT list_sum([1, 2]), list_aggr([1, 2], 'sum'), plain('a'), words('a b'), ngrams(words('a'), 2)",
    "SELECT skill, count(*) FILTER (difficulty > 1) FROM examples GROUP BY ALL ORDER BY ALL LIMIT 3",
    "SELECT string_agg(prompt, ',' ORDER BY example_id), arg_max(prompt, example_id) FROM examples",
    "SELECT CAST(1 AS DECIMAL(18,9)), TRY_CAST('x' AS INTEGER), DATE '2020-01-01', INTERVAL 2 DAY",
    "SELECT * EXCLUDE (messages) REPLACE (upper(prompt) AS prompt) FROM examples",
    "SELECT regexp_replace(prompt, '[0-9]+', '#', 'g') FROM examples WHERE prompt ILIKE '%a%'",
    "(SELECT 1) UNION (SELECT 2) EXCEPT SELECT 3",
    "VALUES (1, 'a'), (2, 'b')",
]


@pytest.mark.parametrize("sql", ORDINARY)
def test_allowed(sql: str) -> None:
    lock.check(sql, READS)


def test_reads_names_what_is_used() -> None:
    reads = lock.check("WITH x AS (FROM scores) SELECT $n FROM x, Examples WHERE score > $least", READS)
    assert reads == lock.Reads(frozenset({"scores", "examples"}), frozenset({"n", "least"}))


def test_the_line_of_the_mistake_is_named() -> None:
    with pytest.raises(QueryError) as caught:
        lock.check("SELECT 'ééé',\n  1,\n  random()", READS, "reject/x.sql")
    assert caught.value.where == "reject/x.sql:3"


def test_the_nearest_relation_and_function_are_named() -> None:
    with pytest.raises(QueryError, match=r"nearest: examples"):
        lock.check("SELECT * FROM exmaples", READS)
    with pytest.raises(QueryError, match=r"nearest: lower"):
        lock.check("SELECT lowr('A')", READS)


def test_no_volatile_function_is_on_the_list() -> None:
    volatile = {"random", "uuid", "now", "nextval", "getvariable", "current_query", "sleep_ms", "setseed"}
    assert not volatile & allowed()
    assert {"md5", "lower", "sum", "row_number", "list_transform", "if", "split_part"} <= allowed()


def test_walk_yields_every_object() -> None:
    assert len(list(walk({"a": [{"b": {"c": 1}}, 2]}))) == 3
