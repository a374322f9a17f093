"""JSON Lines."""

from __future__ import annotations

from assay.sources.jsonlines import read_json_lines
from assay.sources.rows import LONGEST, Bad, Row


def test_rows_bad_lines_and_blanks_keep_their_numbers() -> None:
    data = b'{"a": 1}\r\n\r\n{"a": \xff}\rnonsense\n{"a": 2}'
    assert list(read_json_lines("f", [data])) == [
        Row("f", 1, {"a": 1}),
        Bad("f", 3, "not UTF-8 at byte 7 of the record (0xff)"),
        Bad("f", 4, "not JSON: Expecting value at character 1"),
        Row("f", 5, {"a": 2}),
    ]


def test_a_line_of_50_mb_is_one_bad_row() -> None:
    huge = (b'{"a": "' if i == 0 else b"x" * (1 << 20) for i in range(51))
    found = list(read_json_lines("f", [*huge, b'"}\n{"a": 2}\n']))
    assert found == [Bad("f", 1, f"longer than {LONGEST >> 20} MB"), Row("f", 2, {"a": 2})]
