"""What a file is, by its first bytes."""

from __future__ import annotations

import pickle
from pathlib import PurePath

import pytest

from assay.errors import UserError
from assay.sources import kinds

ROW = b'{"a": 1}\n{"a": 2}\n'


@pytest.mark.parametrize(
    ("name", "head", "format_", "odd"),
    [
        ("x.jsonl", ROW, "JSON Lines", False),
        ("x.json", ROW, "JSON Lines", False),
        ("x.csv", ROW, "JSON Lines", True),
        ("x.parquet", ROW, "JSON Lines", True),
        ("x", ROW, "JSON Lines", False),
        ("x.jsonl", b"broken\n" + ROW, "JSON Lines", False),
        ("x.jsonl", b'{"a": \n' + ROW, "JSON Lines", False),
        ("x.json", b'[\n{"a": 1}]', "JSON", False),
        ("x.csv", b'[{"a": 1}]', "JSON", True),
        ("x.json", b'{\n "a": 1\n}\n', "JSON", False),
        ("x.json", b'{"data": [{"a": 1}]}', "JSON", False),
        ("x.jsonl", b'{"data": [{"a": 1}]}\n{"data": [{"a": 2}]}\n', "JSON Lines", False),
        ("x.csv", b"a,b\n1,2\n", "CSV", False),
        ("x.csv", b"[a],b\n1,2\n", "CSV", False),
        ("x.json", b"a,b\n1,2\n", "CSV", True),
        ("x.txt", b"a\tb\n1\t2\n", "TSV", False),
        ("x.data", b"a\tb\n1\t2\n", "TSV", False),
        ("stsa.binary.dev", b"1 good\n0 bad\n1 well\n", "label and text", False),
        ("x.jsonl", b"PAR1", "Parquet", True),
        ("x.arrow", b"\xff\xff\xff\xff\x10", "Arrow", False),
        ("x.json", b" \n \n", "empty", False),
        ("x.json", b"", "empty", False),
        ("x.json", b"\xef\xbb\xbf[]", "JSON", False),
    ],
)
def test_content_decides(name: str, head: bytes, format_: str, odd: bool) -> None:
    kind = kinds.detect(PurePath(name), name, head, "")
    assert (kind.format, bool(kind.notes)) == (format_, odd)


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"%PDF-1.7", "a PDF"),
        (b"\x89PNG\r\n", "PNG"),
        (b"PK\x03\x04aaaa[Content_Types].xml", "an Excel"),
        (b"PK\x03\x04aaaa/data.pkl", "PyTorch"),
        (b"PK\x03\x04aaaarows.csv", "ZIP archive"),
        (b"\x7fELF\x02", "a program"),
        (pickle.dumps({"a": 1}), "pickle"),
        (b"SQLite format 3\0", "SQLite"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\n<html>", "a web page"),
        (b"<?xml version='1.0'?>", "XML"),
        (b"version https://git-lfs.github.com/spec/v1", "Git LFS"),
        (b"x" * 257 + b"ustar\0", "tar archive"),
        (bytes(range(256)) * 8, "binary file"),
        ('{"a": "ä"}\n'.encode("utf-16-le"), "UTF-16LE"),
        ('{"a": "ä"}\n'.encode("utf-16-be"), "UTF-16BE"),
        (b"Once upon a time there was a file.\nIt had no rows, alas.\n", "plain text"),
    ],
)
def test_what_is_no_data_is_named_with_a_fix(head: bytes, what: str) -> None:
    with pytest.raises(UserError, match=what) as found:
        kinds.detect(PurePath("x"), "x", head, "")
    assert found.value.where == "x" and found.value.fix


def test_json_that_is_none_shows_how_it_begins() -> None:
    with pytest.raises(UserError, match="it begins with 'hello world'"):
        kinds.detect(PurePath("x.jsonl"), "x", b"hello world\n", "")


def test_packing_is_noted_and_refused_where_it_makes_no_sense() -> None:
    assert kinds.detect(PurePath("x.jsonl.gz"), "x", ROW, "gzip").notes == ()
    assert "name does not say" in kinds.detect(PurePath("x.jsonl"), "x", ROW, "gzip").notes[0]
    assert "not compressed" in kinds.detect(PurePath("x.jsonl.gz"), "x", ROW, "").notes[0]
    for head, what in ((b"PAR1", "Parquet inside gzip"), (b"\x1f\x8b\x08", "compressed twice")):
        with pytest.raises(UserError, match=what):
            kinds.detect(PurePath("x.gz"), "x", head, "gzip")
