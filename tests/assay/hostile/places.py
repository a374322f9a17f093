"""Sources that are hostile by their place or name, or too large to hold: name → what builds it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.assay.hostile.jsons import jsonl, rows
from tests.assay.hostile.tables import GOOD

LINES = jsonl(rows())
Build = Callable[[Path], Path]


def _file(name: str, data: bytes = LINES) -> Build:
    def build(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    return build


def _folder(files: dict[str, bytes], name: str = "folder") -> Build:
    def build(folder: Path) -> Path:
        for inner, data in files.items():
            path = folder / name / inner
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (folder / name).mkdir(exist_ok=True)
        return folder / name

    return build


def _linked(target: str) -> Build:
    def build(folder: Path) -> Path:
        path = folder / "link.jsonl"
        path.symlink_to(target)
        return path

    return build


def _loop(folder: Path) -> Path:
    inner = folder / "round"
    inner.mkdir()
    (inner / "rows.jsonl").write_bytes(LINES)
    (inner / "again").symlink_to(inner, target_is_directory=True)
    return inner


def _deep(folder: Path) -> Path:
    path = folder / "deep"
    for _ in range(60):
        path = path / "further"
    path.mkdir(parents=True)
    (path / "rows.jsonl").write_bytes(LINES)
    return folder / "deep"


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.jsonl")
    return folder / "pipe.jsonl"


def _pipe_inside(folder: Path) -> Path:
    inner = folder / "with-pipe"
    inner.mkdir()
    os.mkfifo(inner / "a.jsonl")
    (inner / "b.jsonl").write_bytes(LINES)
    return inner


def _long_line(folder: Path) -> Path:
    """Write one line of 50 MB, most of it a hole of NUL bytes that take no room."""
    path = folder / "line-of-50mb.jsonl"
    with path.open("wb") as file:
        file.write(jsonl(rows(5)) + b'{"question": "')
        file.seek(50 << 20, os.SEEK_CUR)
        file.write(b'", "answer": 1}\n' + jsonl(rows(12)[5:]))
    return path


def _long_cell(folder: Path) -> Path:
    path = folder / "cell-of-50mb.csv"
    with path.open("wb") as file:
        file.write(GOOD.encode() + b'"')
        file.seek(50 << 20, os.SEEK_CUR)
        file.write(b'",1\n')
    return path


def _only_zeros(folder: Path) -> Path:
    path = folder / "zeros-of-30mb.jsonl"
    with path.open("wb") as file:
        file.truncate(30 << 20)
    return path


PLACES: dict[str, Build] = {
    "spaces": _file("a file with spaces .jsonl"),
    "unicode": _file("Größe-数据-🎲.jsonl"),
    "newline": _file("two\nlines.jsonl"),
    "ansi": _file("\x1b[31mred\u202e.jsonl"),
    "leading-dash": _file("--as.jsonl"),
    "hf-like": _file("hf:owner-name.jsonl"),
    "quotes": _file('it\'s "quoted" $(id) `id`;.jsonl'),
    "percent": _file("%s%n{0}{name}.jsonl"),
    "glob": _file("[a-z]*?.jsonl"),
    "comma-equals": _file("a=b,c=d.jsonl"),
    "hidden": _file(".hidden.jsonl"),
    "many-dots": _file("a.b.c.d..jsonl.jsonl"),
    "long-name": _file("n" * 240 + ".jsonl"),
    "ending-only": _file(".jsonl"),
    "upper-ending": _file("ROWS.JSONL"),
    "bad-bytes": _file(os.fsdecode(b"bad-\xff\xfe.jsonl")),
    "test-in-name": _file("test.jsonl"),
    "yaml-in-name": _file("a: b # c.jsonl"),
    "missing": lambda folder: folder / "missing.jsonl",
    "missing-folder": lambda folder: folder / "no" / "such" / "rows.jsonl",
    "missing-ansi": lambda folder: folder / "\x1b[31mmissing.jsonl",
    "under-a-file": lambda folder: _file("rows.jsonl")(folder) / "inner.jsonl",
    "name-too-long": lambda folder: folder / ("x" * 5_000),
    "folder-named-file": _folder({"rows.jsonl": LINES}, "x.jsonl"),
    "folder-empty": _folder({}),
    "folder-hidden-only": _folder({".rows.jsonl": LINES}),
    "folder-papers": _folder({"README.md": b"# x", "LICENSE": b"x"}),
    "folder-one-broken": _folder({"a.jsonl": LINES, "b.parquet": b"PAR1x"}),
    "folder-one-empty": _folder({"a.jsonl": LINES, "b.jsonl": b""}),
    "folder-all-empty": _folder({"a.jsonl": b"", "b.csv": b""}),
    "folder-mixed": _folder({"a.jsonl": LINES, "b.csv": GOOD.encode(), "c.json": b"[]"}),
    "folder-splits": _folder({"train.jsonl": LINES, "test.jsonl": LINES, "valid.csv": GOOD.encode()}),
    "folder-splits-empty": _folder({"train.jsonl": LINES, "test.jsonl": b"{}\n"}),
    "folder-only-test": _folder({"test.jsonl": LINES, "dev.jsonl": LINES}),
    "folder-same-file": _folder({f"{i}.jsonl": LINES for i in range(5)}),
    "folder-many": _folder({f"{i:03}.jsonl": LINES for i in range(60)}),
    "folder-saved-empty": _folder({"state.json": b"{}", "dataset_info.json": b"{}"}),
    "folder-saved-escape": _folder(
        {"state.json": b'{"_data_files": [{"filename": "../../x.arrow"}]}', "dataset_info.json": b"{}"}
    ),
    "folder-saved-nonsense": _folder({"dataset_dict.json": b"[1, 2"}),
    "dangling-link": _linked("nowhere.jsonl"),
    "link-to-itself": _linked("link.jsonl"),
    "link-to-device": _linked("/dev/zero"),
    "link-to-null": _linked("/dev/null"),
    "link-to-memory": _linked("/proc/self/mem"),
    "link-to-proc": _linked("/proc/self/status"),
    "device": lambda _: Path("/dev/zero"),
    "folder-loop": _loop,
    "folder-deep": _deep,
    "pipe": _pipe,
    "folder-with-pipe": _pipe_inside,
    "line-of-50mb": _long_line,
    "cell-of-50mb": _long_cell,
    "zeros-of-30mb": _only_zeros,
}

if os.name == "posix" and os.geteuid() != 0:

    def _unreadable(folder: Path) -> Path:
        path = _file("unreadable.jsonl")(folder)
        path.chmod(0)
        return path

    PLACES["unreadable"] = _unreadable
