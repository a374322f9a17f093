"""Row-wise signals."""

from __future__ import annotations

import pyarrow as pa

from assay.store import SCHEMAS
from curation.signals import SCHEMA, SIGNALS, compute


def test_check_judges_the_rows_own_response() -> None:
    examples = pa.table(
        {
            "example_id": ["a", "b", "c", "d"],
            "response": ["The answer is 5.", "It is 6.", "free text", "no gold"],
            "answer": ["5", "5", None, None],
            "check_spec": ['{"kind":"number"}', '{"kind":"number"}', None, '{"kind":"number"}'],
        }
    )
    seen: list[tuple[int, int]] = []
    rows = compute(SIGNALS["check"], examples, lambda done, total, _: seen.append((done, total))).to_pylist()
    assert [(r["example_id"], int(r["score"])) for r in rows] == [("a", 1), ("b", 0)]
    assert seen == [(4, 4)]


def test_the_schema_is_the_stores() -> None:
    assert SCHEMA.equals(SCHEMAS["scores"])
