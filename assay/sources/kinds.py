"""Tell what a file is by its first bytes; its name only decides where these leave a doubt."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import PurePath

from assay.errors import UserError
from assay.sources import blocks, delimited, jsondoc, labelled

JSON_LINES, JSON, CSV, TSV = "JSON Lines", "JSON", "CSV", "TSV"
PARQUET, ARROW, LABELLED, EMPTY = "Parquet", "Arrow", "label and text", "empty"

ENDINGS = {
    ".jsonl": JSON_LINES,
    ".ndjson": JSON_LINES,
    ".jl": JSON_LINES,
    ".json": JSON,
    ".csv": CSV,
    ".tsv": TSV,
    ".tab": TSV,
    ".parquet": PARQUET,
    ".pq": PARQUET,
    ".arrow": ARROW,
}
PACKED_ENDINGS = (".gz", ".bz2", ".xz", ".zst")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is: its format, its compression, and what is odd about it."""

    format: str
    packing: str = ""
    notes: tuple[str, ...] = ()


_PLEASE_DATA = "bring the rows as JSONL, JSON, CSV, TSV or Parquet"
_FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF", _PLEASE_DATA),
    (b"\x89PNG", "a PNG picture", _PLEASE_DATA),
    (b"\xff\xd8\xff", "a JPEG picture", _PLEASE_DATA),
    (b"GIF8", "a GIF picture", _PLEASE_DATA),
    (b"RIFF", "a sound, film or WebP picture", _PLEASE_DATA),
    (b"\x7fELF", "a program (ELF)", _PLEASE_DATA),
    (b"MZ\x90", "a program (Windows)", _PLEASE_DATA),
    (b"\xd0\xcf\x11\xe0", "an old Office file (.xls, .doc)", "open it and save the sheet as CSV UTF-8"),
    (
        b"SQLite format 3\0",
        "an SQLite database",
        "export a table: sqlite3 -header -csv FILE 'SELECT …' > rows.csv",
    ),
    (b"\x89HDF", "an HDF5 file", "write its rows as Parquet: pandas.read_hdf(…).to_parquet(…)"),
    (b"\x93NUMPY", "a NumPy array", _PLEASE_DATA),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it and import what is inside"),
    (b"Rar!", "a RAR archive", "unpack it and import what is inside"),
    (b"ORC", "an ORC file", "write its rows as Parquet"),
    (b"Obj\x01", "an Avro file", "write its rows as Parquet"),
    (b"FEA1", "a Feather file of the first version", "write its rows as Parquet"),
    (b"version https://git-lfs", "a Git LFS pointer, not the data", "git lfs pull"),
)
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_MARKUP = re.compile(rb"\s*<(!doctype html|html|head|body|\?xml|!--)", re.IGNORECASE)


def detect(path: PurePath, name: str, head: bytes, packing: str) -> Kind:
    """Return the kind of a file with these first (unpacked) bytes. Raises UserError for what is no data."""
    _refuse(name, head, packing)
    if head[:4] == b"PAR1" or head[:6] == b"ARROW1" or head[:4] == b"\xff\xff\xff\xff":
        format_ = PARQUET if head[:4] == b"PAR1" else ARROW
        if packing:
            fix = f"unpack it first: {blocks.UNPACK[packing]} FILE"
            raise UserError(f"it is {format_} inside {packing}", where=name, fix=fix)
        return Kind(format_, "", _misnamed(path, format_))
    _refuse_binary(name, head)
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    format_ = _text_format(path, name, text)
    return Kind(format_, packing, _misnamed(path, format_) + _unpacked_note(path, packing))


def ending(path: PurePath) -> str:
    """Return the ending that tells the format: that before .gz and its like."""
    suffixes = [s.lower() for s in path.suffixes]
    while suffixes and suffixes[-1] in PACKED_ENDINGS:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _misnamed(path: PurePath, format_: str) -> tuple[str, ...]:
    named = ENDINGS.get(ending(path))
    close = {named, format_} <= {JSON, JSON_LINES} or {named, format_} <= {CSV, TSV}
    if named is None or named == format_ or format_ == EMPTY or close:
        return ()
    return (f"named {ending(path)}, read as {format_}, which it is",)


def _unpacked_note(path: PurePath, packing: str) -> tuple[str, ...]:
    named = path.suffix.lower() in PACKED_ENDINGS
    if packing and not named:
        return (f"compressed with {packing}, though its name does not say so",)
    return ("not compressed, though its name says so",) if named and not packing else ()


def _refuse(name: str, head: bytes, packing: str) -> None:
    for magic, what, fix in _FOREIGN:
        if head.startswith(magic):
            raise UserError(f"it is {what}", where=name, fix=fix)
    if head.startswith(b"PK\x03\x04"):
        raise _zip(name, head)
    if _PICKLE.match(head):
        fix = "write its rows as JSONL with the program that made it; Assay never unpickles"
        raise UserError("it is a Python pickle (it could run any program when opened)", where=name, fix=fix)
    if head[257:262] == b"ustar":
        raise UserError(
            "it is a tar archive", where=name, fix="unpack it (tar xf FILE) and import the folder"
        )
    if packing and any(head.startswith(magic) for magic in blocks.PACKED):
        fix = f"unpack it once: {blocks.UNPACK[packing]} FILE"
        raise UserError("it is compressed twice", where=name, fix=fix)
    if found := _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        what = "XML" if found[1].lower() == b"?xml" else "a web page, perhaps an error page or a log-in page"
        raise UserError(f"it is {what}", where=name, fix=f"download the data itself; {_PLEASE_DATA}")


def _zip(name: str, head: bytes) -> UserError:
    if b"xl/" in head or b"[Content_Types].xml" in head:
        return UserError("it is an Excel or Office file", where=name, fix="save the sheet as CSV UTF-8")
    if b"data.pkl" in head or b"/version" in head:
        return UserError("it is a PyTorch file", where=name, fix=_PLEASE_DATA)
    return UserError("it is a ZIP archive", where=name, fix="unpack it and import what is inside")


def _refuse_binary(name: str, head: bytes) -> None:
    if blocks.encoding(head):
        return
    start = head[:2000]
    if len(start) >= 8 and min(start[0::2].count(0), start[1::2].count(0)) == 0:
        big = start[0::2].count(0) > 0.4 * len(start) / 2
        if big or start[1::2].count(0) > 0.4 * len(start) / 2:
            name16 = "UTF-16BE" if big else "UTF-16LE"
            what = f"it looks like {name16} without a byte-order mark"
            raise UserError(what, where=name, fix=f"iconv -f {name16} -t UTF-8 FILE > NEW")
    odd = sum(b < 32 and b not in b"\t\n\r\f\x1b\b" for b in start)
    if odd * 10 > len(start):
        raise UserError("it is a binary file of an unknown kind", where=name, fix=_PLEASE_DATA)


def _text_format(path: PurePath, name: str, text: str) -> str:
    body = text.lstrip()
    if not body:
        return EMPTY
    named = ENDINGS.get(ending(path))
    if body[0] == "{" or (body[0] == "[" and (named not in (CSV, TSV) or re.match(r"\[\s*[{\]]", body))):
        return _json_format(body, text)
    sample = [line for line in re.split(r"\r\n|\n|\r", text) if line.strip()][:200]
    if len(text.encode()) >= blocks.HEAD - 4 and len(sample) > 1:
        sample = sample[:-1]
    if _objects_in(sample):
        return JSON_LINES
    if named in (CSV, TSV):
        return named
    if (found := _by_layout(sample)) and not (found == CSV and ending(path) == ".txt"):
        return found
    raise _no_rows(name, named, sample)


def _no_rows(name: str, named: str | None, sample: list[str]) -> UserError:
    if named in (JSON, JSON_LINES):
        what = f"it is not JSON: it begins with {sample[0][:40]!r}"
        return UserError(what, where=name, fix='write one {"question": "…", "answer": "…"} a line')
    fix = 'write one {"text": "…"} a line as .jsonl, or CSV with a head line as .csv'
    return UserError("it is plain text, and nothing says what a row of it is", where=name, fix=fix)


def _json_format(body: str, text: str) -> str:
    if body[0] == "[":
        return JSON
    first, _, rest = body.partition("\n")
    if jsondoc.wrapper(text.encode()) and not (_is_object(first) and rest.lstrip().startswith("{")):
        return JSON
    return JSON_LINES if _objects_in(body.splitlines()[:50]) or not rest else JSON


def _objects_in(sample: list[str]) -> bool:
    return any(_is_object(line) for line in sample[:50])


def _is_object(line: str) -> bool:
    if not line.startswith("{") or not line.rstrip().endswith("}"):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _by_layout(sample: list[str]) -> str:
    """Tell tables and labelled lines from prose."""
    if labelled.is_labelled(sample):
        return LABELLED
    for delimiter, format_ in (("\t", TSV), (",", CSV), (";", CSV)):
        counts = [line.count(delimiter) for line in sample]
        if len(sample) > 1 and counts[0] and counts.count(counts[0]) >= 0.9 * len(counts):
            return format_
    return ""


def dialect_of(name: str, head: bytes, format_: str, *, whole: bool) -> delimited.Dialect:
    """Return how a delimited file is written; `head` is UTF-8 without a mark."""
    return delimited.sniff(name, head, whole=whole, delimiter="\t" if format_ == TSV else "")
