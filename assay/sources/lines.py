"""Split blocks of bytes into lines, however they end, holding no more than one record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assay.sources.rows import LONGEST

Line = tuple[int, bytes | None]
"""(number from 1, the bytes with their line end); None for a line over the limit."""


def lines(blocks: Iterable[bytes]) -> Iterator[Line]:
    """Yield numbered lines that end in LF, CRLF or CR; a line over the limit is passed over unread."""
    number, held, size = 1, list[bytes](), 0
    for block in _no_split_ends(blocks):
        pieces = block.splitlines(keepends=True)
        for piece in pieces:
            size += len(piece)
            if size <= LONGEST:
                held.append(piece)
            else:
                held.clear()
            if piece.endswith((b"\n", b"\r")):
                yield number, (b"".join(held) if size <= LONGEST else None)
                number, held, size = number + 1, [], 0
    if size:
        yield number, (b"".join(held) if size <= LONGEST else None)


def _no_split_ends(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Keep a CR that ends a block until its LF is there."""
    kept = b""
    for block in blocks:
        if not block:
            continue
        block, kept = kept + block, b""
        if block.endswith(b"\r"):
            block, kept = block[:-1], b"\r"
        if block:
            yield block
    if kept:
        yield kept


def not_utf8(data: bytes) -> str | None:
    """Say where bytes stop being UTF-8; None when they never do."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start + 1} of the record (0x{data[error.start]:02x})"
    return None
