"""Bytes of packed, special, damaged and hostile files."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from assay.errors import UserError
from assay.sources import blocks

TEXT = b'{"a": "b"}\n' * 40_000


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(data)
    return bytes(sink.getvalue())


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}


@pytest.mark.parametrize("how", PACK)
def test_packed_bytes_come_out_whole_whatever_the_name(how: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(PACK[how](TEXT) + PACK[how](b"more"))
    assert blocks.packing(path) == how
    assert b"".join(blocks.unpacked(path)) == TEXT + b"more"


@pytest.mark.parametrize("how", PACK)
def test_cut_or_damaged_packing_is_one_error(how: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    whole = PACK[how](os.urandom(400_000))
    for data in (whole[: len(whole) // 2], whole[:2000] + b"\xff" * 500 + whole[2500:]):
        path.write_bytes(data)
        if how == "zstd" and len(data) == len(whole):
            continue  # Arrow writes no checksum
        with pytest.raises(UserError, match=f"{how} data is (cut short|damaged) after"):
            list(blocks.unpacked(path))


@pytest.mark.parametrize("how", ["gzip", "bzip2", "xz"])
def test_a_bomb_is_stopped_early(how: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(PACK[how](bytes(200 << 20)))
    done = 0
    with pytest.raises(UserError, match="a bomb"):
        for block in blocks.unpacked(path):
            done += len(block)
    assert done < 140 << 20


def test_special_files_are_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, what in ((tmp_path / "pipe", "a pipe"), (Path("/dev/zero"), "a device")):
        with pytest.raises(UserError, match=what):
            blocks.open_file(path)
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock")
        with pytest.raises(UserError, match="a socket"):
            blocks.open_file(Path("sock"))


def test_loops_absence_and_rights_are_user_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UserError, match="cannot be read"):
        blocks.open_file(tmp_path / "loop")
    (tmp_path / "train.jsonl").write_bytes(TEXT)
    with pytest.raises(UserError, match=r"(?s)no such file.*nearest: train.jsonl"):
        blocks.open_file(tmp_path / "trian.jsonl")
    with pytest.raises(UserError, match="cannot be read"):
        blocks.open_file(tmp_path / "a\0b")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UserError, match="no right to read it"):
        blocks.open_file(tmp_path / "train.jsonl")


@pytest.mark.parametrize("name", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_marked_encoding_is_decoded(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(("ä€😀\n" * 50_000).encode(name))
    assert b"".join(blocks.text_blocks(path)).decode() == "ä€😀\n" * 50_000


def test_a_false_mark_names_the_encoding_and_the_fix(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\xff\xfea\0b")
    with pytest.raises(UserError, match=r"(?s)UTF-16-LE.*iconv"):
        list(blocks.text_blocks(path))


def test_a_name_that_is_no_text_can_be_shown() -> None:
    blocks.shown(Path(os.fsdecode(b"a\xff b"))).encode()
