"""Read a JSON document object by object: a list of rows, an object around one, or objects in a sequence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from assay.errors import UserError
from assay.sources.jsonlines import object_of
from assay.sources.rows import LONGEST, Bad, Row, too_long

_TEXT = rb'"(?:[^"\\]++|\\.)*+"'
_SCALAR = rb"(?:" + _TEXT + rb"|[-+.\w]++)"
_ENTRY = _TEXT + rb"\s*+:\s*+" + _SCALAR
WRAPPED = re.compile(
    rb"\s*+\{\s*+((?:" + _ENTRY + rb"\s*+,\s*+)*+)(" + _TEXT + rb")\s*+:\s*+(?=\[\s*+(?:\{|\]\s*+\}\s*+\Z))",
    re.DOTALL,
)
"""The start of {"data": [{…}, …]}, scalars before it allowed."""

_TRAILER = re.compile(rb"\s*+(?:,\s*+" + _ENTRY + rb"\s*+)*+\}\s*+", re.DOTALL)
_TURNS = frozenset(
    b"messages conversations conversation dialogue dialog turns chat history instances choices options tools"
    b" functions answers chosen rejected prompt input output completion response".split()
)
"""Lists that belong to one row, and so do not make an object a wrapper."""

_WRAPPERS = frozenset(
    b"data rows examples items records dataset train training test validation dev eval results questions"
    b" samples entries documents".split()
)
"""Names of a list of rows that may stand after other entries."""

_SPACE = b" \t\r\n"
_TRAILER_MOST = 64 << 10


def wrapper(head: bytes) -> int:
    """Return where the list of rows begins in an object around one; 0 when it is no such object."""
    found = WRAPPED.match(head)
    if not found:
        return 0
    name = found[2][1:-1].lower()
    return found.end() if name in _WRAPPERS or (not found[1] and name not in _TURNS) else 0


def read_json(file: str, blocks: Iterable[bytes], head: bytes) -> Iterator[Row | Bad]:
    """Yield the rows of a document that begins with `head`. Raises UserError where it is cut short."""
    text = head.lstrip(_SPACE)
    start, flat = wrapper(head), not _breaks(head.strip())
    if start:
        blocks = _skip(blocks, start)
        yield from _values(
            _Scan(file, listed=True, wrapped=True, flat=flat, line=1 + _breaks(head[:start])), blocks
        )
    elif text[:1] == b"[":
        yield from _values(_Scan(file, listed=True, flat=flat), blocks)
    else:
        yield from _no_columns(file, _values(_Scan(file, listed=False), blocks))


def _skip(blocks: Iterable[bytes], count: int) -> Iterator[bytes]:
    for block in blocks:
        if rest := block[count:]:
            yield rest
        count = max(0, count - len(block))


def _breaks(data: bytes) -> int:
    return data.count(b"\n") or data.count(b"\r")


@dataclass
class _Scan:
    """Where the scan stands between blocks. In a `flat` document, all one line, `line` counts rows."""

    file: str
    listed: bool
    wrapped: bool = False
    flat: bool = False
    line: int = 1
    opened: bool = False
    closed: bool = False
    trailer: bytes = b""
    value: _Value | None = None


@dataclass
class _Value:
    """One value under way: a text, a scalar, or what lies between brackets."""

    line: int
    first: bytes
    depth: int = 0
    in_text: bool = False
    escaped: bool = False
    size: int = 0
    pieces: list[bytes] = field(default_factory=list)

    def keep(self, piece: bytes) -> None:
        """Add what belongs to it, or drop all when it is too long."""
        self.size += len(piece)
        if self.size <= LONGEST:
            self.pieces.append(piece)
        else:
            self.pieces.clear()

    def end(self, block: bytes, at: int) -> int:
        """Return where it ends in this block; -1 when it goes on."""
        if self.first not in b'{["':
            found = _SCALAR_END.search(block, at)
            return found.start() if found else -1
        while at < len(block):
            if self.escaped:
                self.escaped, at = False, at + 1
                continue
            found = (_IN_TEXT if self.in_text else _MARKS).search(block, at)
            if not found:
                return -1
            at = found.end()
            if self._step(found[0]):
                return at
        return -1

    def _step(self, mark: bytes) -> bool:
        if mark == b"\\":
            self.escaped = True
        elif mark == b'"':
            self.in_text = not self.in_text
        else:
            self.depth += 1 if mark in b"{[" else -1
        return self.depth == 0 and not self.in_text and not self.escaped


_MARKS = re.compile(rb'["{}\[\]]')
_IN_TEXT = re.compile(rb'["\\]')
_SCALAR_END = re.compile(rb"[\s,\[\]{}\"]")


def _values(scan: _Scan, blocks: Iterable[bytes]) -> Iterator[Row | Bad]:
    for block in blocks:
        yield from _block(scan, block)
    yield from _finish(scan)


def _block(scan: _Scan, block: bytes) -> Iterator[Row | Bad]:
    at, counted = 0, 0
    while at < len(block):
        if scan.closed:
            scan.trailer += block[at : at + _TRAILER_MOST]
            _check_trailer(scan, whole=False)
            break
        if scan.value is None:
            at = _next(scan, block, at)
            if at >= len(block) or scan.closed:
                continue
            scan.line, counted = scan.line + (0 if scan.flat else _breaks(block[counted:at])), at
            if scan.listed and not scan.opened:
                scan.opened, at = True, at + 1
                continue
            scan.value = _Value(scan.line, block[at : at + 1])
        end = scan.value.end(block, at)
        if end == at:  # a stray bracket: no value begins with it
            end = at + 1
        scan.value.keep(block[at : end if end >= 0 else len(block)])
        at = end if end >= 0 else len(block)
        if end >= 0:
            yield _row(scan.file, scan.value)
            scan.value = None
            scan.line += scan.flat
    scan.line += 0 if scan.flat else _breaks(block[counted:])


_SEPARATOR = re.compile(rb"[\s,]*+")


def _next(scan: _Scan, block: bytes, at: int) -> int:
    """Return where the next value begins; notes the end of the list."""
    found = _SEPARATOR.match(block, at)
    at = found.end() if found else at
    if scan.opened and block[at : at + 1] == b"]":
        scan.closed = True
        return at + 1
    return at


def _row(file: str, value: _Value) -> Row | Bad:
    if value.size > LONGEST:
        return Bad(file, value.line, too_long())
    return object_of(file, value.line, b"".join(value.pieces))


def _finish(scan: _Scan) -> Iterator[Row | Bad]:
    value = scan.value
    if value is not None and not scan.listed and value.first not in b'{["':
        yield _row(scan.file, value)
    elif value is not None or (scan.listed and not scan.closed):
        where = (
            f"the value that begins in {'row' if scan.flat else 'line'} {value.line}"
            if value
            else "the list of rows"
        )
        raise UserError(
            f"it is cut short: {where} has no end", where=scan.file, fix="download or copy it again"
        )
    if scan.listed:
        _check_trailer(scan, whole=True)


def _check_trailer(scan: _Scan, *, whole: bool) -> None:
    """Refuse what follows the list of rows, unless it is blank or the scalars of the object around it."""
    rest = scan.trailer
    doubled = scan.wrapped and rest.lstrip()[:1] == b"}" and rest.strip() != b"}"
    if doubled or (not scan.wrapped and rest.strip()):
        fix = "keep one list in the file, or write one {…} a line"
        raise UserError("there is something after the end of the list of rows", where=scan.file, fix=fix)
    if not scan.wrapped or (not whole and len(rest) < _TRAILER_MOST):
        return
    if not whole or not _TRAILER.fullmatch(rest):
        if not rest.strip():
            raise UserError(
                "it is cut short: its first { has no end", where=scan.file, fix="download it again"
            )
        fix = "write each list to a file of its own: jq '.NAME' FILE > NAME.json"
        raise UserError("the object holds more than one list of rows", where=scan.file, fix=fix)


def _no_columns(file: str, rows: Iterator[Row | Bad]) -> Iterator[Row | Bad]:
    """Refuse a file that is one object of columns: it would be read as one row."""
    first, second = next(rows, None), next(rows, None)
    if isinstance(first, Row) and second is None and _columns(list(first.values.values())):
        fix = "pandas.read_json(FILE).to_json(NEW, orient='records', lines=True) writes rows"
        raise UserError("it holds columns, not rows", where=file, fix=fix)
    yield from chain([r for r in (first, second) if r is not None], rows)


def _columns(values: list[Any]) -> bool:
    if len(values) < 2 or not all(isinstance(v, (list, dict)) and len(v) > 1 for v in values):
        return False
    if not len({len(v) for v in values}) == len({type(v) for v in values}) == 1:
        return False
    cells = [c for v in values for c in (v if isinstance(v, list) else v.values())]
    return not any(isinstance(c, (list, dict)) for c in cells)
