"""Read a file's bytes block by block, unpacked and as UTF-8, without trusting anything about it."""

from __future__ import annotations

import bz2
import codecs
import contextlib
import gzip
import lzma
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from assay.errors import UserError, nearest

BLOCK = 256 << 10
HEAD = 64 << 10
"""Bytes that detection looks at."""

BOMB_RATIO = 1000
BOMB_FREE = 64 << 20
"""Nothing people write packs a thousandfold; below 64 MB nobody is harmed."""

AHEAD = 32 << 10
"""Packed bytes that an unpacker may have read but not used yet: gzip packs no better than 1032 to 1."""

XZ_MEMORY = 256 << 20
"""What xz -9 needs is 65 MB; a head can ask for 4 GB."""

PACKED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
UNPACK = {"gzip": "gunzip", "bzip2": "bunzip2", "xz": "unxz", "zstd": "unzstd"}

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16: its mark begins with that of UTF-16
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def shown(path: Path | str) -> str:
    """Return a path that can be printed and stored, whatever bytes its name is made of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the system says about a file into one message with its path."""
    try:
        yield
    except PermissionError as error:
        fix = f"let yourself read it: chmod u+r {shown(path)!r}"
        raise UserError("you have no right to read it", where=shown(path), fix=fix) from error
    except FileNotFoundError as error:
        raise UserError("there is no such file", where=shown(path), fix=_neighbour(path)) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = getattr(error, "strerror", None) or str(error)
        fix = "copy it to a local disk and try again"
        raise UserError(f"it cannot be read: {why}", where=shown(path), fix=fix) from error


def _neighbour(path: Path) -> str:
    try:
        names = [shown(n) for n in os.listdir(path.parent)]  # noqa: PTH208 (names, not paths)
    except OSError:
        return f"there is no folder {shown(path.parent)!r} either"
    hint = nearest(shown(path.name), names)
    return hint if hint.startswith("nearest") or len(names) < 20 else "look at the spelling"


def open_file(path: Path) -> BinaryIO:
    """Open a regular file; devices, pipes and sockets are refused without waiting on them."""
    with reading(path):
        _regular(path, path.stat().st_mode)
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        file = os.fdopen(fd, "rb")
    _regular(path, os.fstat(fd).st_mode)  # again: the name may lead elsewhere by now
    return file


_SPECIAL = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def _regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        what = _SPECIAL.get(stat.S_IFMT(mode), "no regular file")
        fix = "save the data to a file first: it is read more than once"
        raise UserError(f"it is {what}", where=shown(path), fix=fix)


def packing(path: Path) -> str:
    """Return how a file is compressed, by its first bytes; "" when it is not."""
    with open_file(path) as file, reading(path):
        first = file.read(6)
    return next((name for magic, name in PACKED.items() if first.startswith(magic)), "")


def unpacked(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes in blocks, decompressed. Raises UserError where they are damaged or a bomb."""
    how = packing(path)
    with open_file(path) as file:
        if not how:
            with reading(path):
                while block := file.read(BLOCK):
                    yield block
            return
        done = 0
        for block in _damage(path, how, _UNPACKERS[how](file)):
            done += len(block)
            if done > BOMB_FREE and done > BOMB_RATIO * (file.tell() - AHEAD):
                what = f"its {how} data unpacks to over {BOMB_RATIO} times its size: a bomb, not data"
                raise UserError(what, where=shown(path), fix="do not import it; ask where it comes from")
            yield block


def _damage(path: Path, how: str, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Say in one message that packed data is damaged or cut short."""
    done = 0
    try:
        for block in blocks:
            done += len(block)
            yield block
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        cut = isinstance(error, EOFError) or "runcated" in str(error)
        what = f"its {how} data is {'cut short' if cut else 'damaged'} after {done:,} unpacked bytes"
        raise UserError(what, where=shown(path), fix="download or copy it again") from error


def _whole(file: Any) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _gzip(file: BinaryIO) -> Iterator[bytes]:
    return _whole(gzip.GzipFile(fileobj=file))


def _bzip2(file: BinaryIO) -> Iterator[bytes]:
    return _whole(bz2.BZ2File(file))


def _xz(file: BinaryIO) -> Iterator[bytes]:
    """Unpack with a memory limit, which `lzma.LZMAFile` does not offer; several streams may follow."""
    unpack, data = lzma.LZMADecompressor(memlimit=XZ_MEMORY), b""
    while True:
        if unpack.eof:
            data = (unpack.unused_data or file.read(BLOCK)).lstrip(b"\0")
            if not data:
                return
            unpack = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
        elif unpack.needs_input and not (data := file.read(BLOCK)):
            raise EOFError
        if block := unpack.decompress(data, BLOCK):
            yield block
        data = b""


def _zstd(file: BinaryIO) -> Iterator[bytes]:
    import pyarrow as pa

    with pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd") as stream:
        yield from _whole(stream)


_UNPACKERS: dict[str, Callable[[BinaryIO], Iterator[bytes]]] = {
    "gzip": _gzip,
    "bzip2": _bzip2,
    "xz": _xz,
    "zstd": _zstd,
}


def encoding(head: bytes) -> str:
    """Return the encoding a byte-order mark names; "" without one."""
    return next((name for mark, name in MARKS.items() if head.startswith(mark)), "")


def text_blocks(path: Path) -> Iterator[bytes]:
    """Yield a text file as UTF-8 bytes without its byte-order mark, whatever encoding the mark names."""
    blocks = unpacked(path)
    first = b""
    for block in blocks:
        first += block
        if len(first) >= 4:
            break
    name = encoding(first)
    if name in ("", "utf-8"):
        if first := first[3:] if name else first:
            yield first
        yield from blocks
    else:
        yield from _recoded(path, name, first, blocks)


def _recoded(path: Path, name: str, first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        yield decoder.decode(first).removeprefix("\ufeff").encode()
        for block in blocks:
            yield decoder.decode(block).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        fix = f"iconv -f {name.upper()} -t UTF-8 FILE > NEW, and see what it complains about"
        raise UserError(
            f"it is not the {name.upper()} its first bytes claim", where=shown(path), fix=fix
        ) from error


def head_of(path: Path) -> bytes:
    """Return the first unpacked bytes of a file, its byte-order mark still there."""
    return _first(unpacked(path))


def text_head(path: Path) -> bytes:
    """Return the first bytes of a text file as UTF-8 without a byte-order mark."""
    return _first(text_blocks(path))


def _first(blocks: Iterator[bytes]) -> bytes:
    head = b""
    for block in blocks:
        head += block
        if len(head) >= HEAD:
            break
    return head[:HEAD]
