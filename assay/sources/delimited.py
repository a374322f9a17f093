"""Read CSV and TSV: a head line, then one record a line or, within quotes, over several."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from assay.errors import UserError
from assay.sources import objects
from assay.sources.lines import Line, lines, not_utf8
from assay.sources.rows import LONGEST, Bad, Row, too_long

DELIMITERS = ",;\t|"
MOST_COLUMNS = 10_000


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file is written; `names` are the columns, `headless` says they are made up."""

    delimiter: str
    quoted: bool
    names: tuple[str, ...]
    headless: bool


@dataclass
class _Record:
    """A record under way: cells that are done, and the pieces of a quoted cell that is open."""

    line: int
    delimiter: str
    quoted: bool
    cells: list[str] = field(default_factory=list)
    part: list[str] | None = None
    broken: str = ""
    size: int = 0

    def feed(self, text: str) -> bool:
        """Take one line; returns whether the record is complete (or broken)."""
        self.size += len(text)
        at = 0
        if self.part is not None:
            at = self._inside(text, 0)
            if at < 0 or self.broken:
                return bool(self.broken)
        body = len(text.rstrip("\r\n"))
        while at <= body:
            if self.quoted and text[at : at + 1] == '"':
                self.part = []
                at = self._inside(text, at + 1)
                if at < 0 or self.broken:
                    return bool(self.broken)
            else:
                end = text.find(self.delimiter, at, body)
                end = body if end < 0 else end
                self.cells.append(text[at:end])
                at = end + 1
        return True

    def _inside(self, text: str, at: int) -> int:
        """Read on in a quoted cell; returns where the next cell begins, -1 when it stays open."""
        found = _QUOTED.match(text, at)
        assert found is not None and self.part is not None  # the pattern matches everywhere
        self.part.append(found[1].replace('""', '"'))
        if not found[2]:
            return -1
        end, body = found.end(), len(text.rstrip("\r\n"))
        if end < body and text[end] != self.delimiter:
            self.broken = (
                f"the quote that opens in line {self.line} is followed by {text[end]!r} where it closes"
            )
        self.cells.append("".join(self.part))
        self.part = None
        return end + 1


_QUOTED = re.compile(r'((?:[^"]|"")*+)("?)')


def read_delimited(file: str, blocks: Iterable[bytes], dialect: Dialect) -> Iterator[Row | Bad]:
    """Yield a Row or a Bad for each record after the head line."""
    head = not dialect.headless
    for record in _records(lines(blocks), dialect):
        if head and isinstance(record, _Record):
            head = False
        elif isinstance(record, Bad):
            yield Bad(file, record.line, record.why)
        else:
            yield _row(file, record, dialect.names)


def _row(file: str, record: _Record, names: Sequence[str]) -> Row | Bad:
    cells = record.cells
    if len(cells) != len(names):
        more = "more" if len(cells) > len(names) else "fewer"
        return Bad(file, record.line, f"{len(cells)} cells, {more} than the {len(names)} columns of the head")
    values = dict(zip(names, cells, strict=True))
    if any("\0" in c for c in cells) and (why := objects.flaw(values)):
        return Bad(file, record.line, why)
    return Row(file, record.line, values)


def _records(source: Iterator[Line], dialect: Dialect) -> Iterator[_Record | Bad]:
    """Yield records; after an unclosed quote reading goes on at the line behind the one it opened in."""
    waiting = deque[Line]()
    while True:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            return
        if line[1] is None:
            yield Bad("", line[0], too_long())
        elif line[1].strip(b"\r\n"):
            used = list[Line]()
            record = _record(line, waiting, source, dialect, used)
            if isinstance(record, Bad):
                waiting.extendleft(reversed(used))
            yield record


def _record(
    first: Line, waiting: deque[Line], source: Iterator[Line], dialect: Dialect, used: list[Line]
) -> _Record | Bad:
    """Read the record that begins in a line; `used` are the lines it took beyond it."""
    record = _Record(first[0], dialect.delimiter, dialect.quoted)
    bad, line = "", first
    while True:
        assert line[1] is not None
        if why := None if line[1].isascii() else not_utf8(line[1]):
            bad = bad or (why if line is first else f"line {line[0]} of it is {why}")
        if record.feed(line[1].decode("utf-8", "replace")):
            break
        following = waiting.popleft() if waiting else next(source, None)
        if following is None:
            return Bad("", first[0], f"a quote opens in line {first[0]} and never closes")
        used.append(following)
        if following[1] is None or record.size + len(following[1]) > LONGEST:
            return Bad("", first[0], f"a quote opens in line {first[0]} and the record gets {too_long()}")
        line = following
    if record.broken:
        return Bad("", first[0], record.broken)
    if bad:
        used.clear()  # the record is whole; only its bytes are wrong
        return Bad("", first[0], bad)
    return record


def sniff(file: str, head: bytes, *, whole: bool, delimiter: str = "") -> Dialect:
    """Find delimiter, quoting and columns in the first bytes. Raises UserError for names nobody can use."""
    numbered = list(lines([head]))
    if not whole and len(numbered) > 1:
        numbered.pop()  # cut off in the middle
    tries = [Dialect(d, True, (), False) for d in (delimiter or DELIMITERS)]
    tries += [Dialect(d, False, (), False) for d in (delimiter or DELIMITERS) if d in "\t|"]
    best = max(tries, key=lambda t: _worth(numbered, t))
    records = [r.cells for r in _records(iter(numbered), best) if isinstance(r, _Record)]
    if not records:
        raise UserError(
            "its first line cannot be read: a quote opens there and never closes", where=file, fix="close it"
        )
    headless = _headless(records)
    names = (
        tuple(f"column{i + 1}" for i in range(len(records[0])))
        if headless
        else tuple(c.strip() for c in records[0])
    )
    _check_names(file, names)
    return Dialect(best.delimiter, best.quoted, names, headless)


def _worth(numbered: list[Line], dialect: Dialect) -> tuple[bool, float, bool, int]:
    """Order the ways to read: more than one column first, then the fewest bad records, then quotes."""
    records = list(_records(iter(numbered), dialect))
    first = next((r for r in records if isinstance(r, _Record)), None)
    if first is None:
        return (False, 0.0, dialect.quoted, 0)
    columns = len(first.cells)
    if columns == 1 and not dialect.quoted:
        return (False, -1.0, False, 1)
    good = sum(isinstance(r, _Record) and len(r.cells) == columns for r in records) / len(records)
    return (columns > 1, round(good, 2), dialect.quoted, columns)


_NUMBER = re.compile(r"[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?")


def _headless(records: list[list[str]]) -> bool:
    """Say whether the first line is data: a number in it, or a cell that its own column repeats."""
    first, rest = records[0], records[1:]
    if any(_NUMBER.fullmatch(c.strip()) for c in first):
        return True
    for i, cell in enumerate(first):
        below = Counter(r[i] for r in rest if i < len(r))
        if cell.strip() and below[cell] > 1:
            return True
    return False


def _check_names(file: str, names: tuple[str, ...]) -> None:
    if len(names) > MOST_COLUMNS:
        raise UserError(
            f"its head has {len(names):,} columns", where=file, fix="one row a line, not one column a row"
        )
    seen = set[str]()
    for i, name in enumerate(names, start=1):
        if not name:
            fix = "give it a name in the first line, or drop the column (pandas: to_csv(…, index=False))"
            raise UserError(f"column {i} of the head line has no name", where=file, fix=fix)
        if name in seen:
            what = f"the head line names the column {objects.printable(name)} twice"
            raise UserError(what, where=file, fix="give each column a name of its own")
        seen.add(name)
        if "\0" in name:
            raise UserError(f"the name of column {i} holds a NUL character", where=file, fix="rename it")
