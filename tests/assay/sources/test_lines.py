"""Lines: their ends, their numbers, and those that are too long."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from assay.sources.lines import lines, not_utf8
from assay.sources.rows import LONGEST


@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"bc", b""])), st.integers(1, 4))
def test_borders_of_blocks_change_nothing(pieces: list[bytes], size: int) -> None:
    whole = b"".join(pieces)
    parts = [whole[i : i + size] for i in range(0, len(whole), size)]
    assert list(lines(parts)) == list(enumerate(whole.splitlines(keepends=True), start=1))


def test_a_line_over_the_limit_is_named_and_reading_goes_on() -> None:
    def blocks() -> Iterator[bytes]:
        yield b"one\n"
        for _ in range(LONGEST // (1 << 20) + 2):
            yield b"x" * (1 << 20)
        yield b"\nthree"

    assert list(lines(blocks())) == [(1, b"one\n"), (2, None), (3, b"three")]


def test_the_byte_that_is_not_utf8_is_named() -> None:
    assert not_utf8("ä".encode()) is None
    assert not_utf8(b"abc\xff") == "not UTF-8 at byte 4 of the record (0xff)"
