"""Every hostile source through `import` and `init`: a result or one clear message, and nothing half-made.

This is where a user's first minutes are decided: whatever the file, no traceback, no exit 4, no escape
sequence on the terminal, no half an import.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.cli.main import run
from assay.sources.blocks import shown
from assay.workspace import Workspace
from tests.assay.hostile import corpus

LONGEST = 10.0
"""Seconds that one command may take."""

MOST_LINES = 25
LONGEST_ANSWER = 6_000
"""Characters of an answer or a message: a screen or two."""

BATCH = 25

BATCHES = [corpus.NAMES[n : n + BATCH] for n in range(0, len(corpus.NAMES), BATCH)]


def test_there_are_enough() -> None:
    assert len(corpus.NAMES) == len(set(corpus.NAMES)) >= 400
    assert len(corpus.BY_HAND) + len(corpus.PLACES) >= 300


@pytest.mark.parametrize("names", BATCHES, ids=lambda names: f"{names[0]}…")
def test_a_result_or_one_message(
    names: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("os.fsync", lambda _: None)  # nothing is killed here: a tenth of the time
    if not any(name.startswith("json/") for name in names):
        # The texts of the other files are tame: opening DuckDB for each of them is a third of the time.
        monkeypatch.setattr("assay.verbs.importing.groups.near_prompts", lambda *_: [])
    wrong = [f"{name}: {flaw}" for name in names for flaw in flaws(name, tmp_path, capfd)]
    assert not wrong, "\n".join(wrong)


def flaws(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[str]:
    """Run the three commands over one source; yield what is wrong, by command."""
    with corpus.build(name, tmp_path / "source") as path:
        for command in ("train", "eval", "init"):
            work = tmp_path / f"{len(list(tmp_path.iterdir()))}-{command}"
            work.mkdir()
            for flaw in _flaws(command, path, work, capfd):
                yield f"{command}: {flaw}"


def _arguments(command: str, path: Path, work: Path) -> list[str]:
    if command == "init":
        return ["init", str(work / "new"), f"--from={path}"]
    (work / "assay.yaml").write_text("project: hostile\n", encoding="utf-8")
    return ["-C", str(work), "import", "--as", command, "--name", "x", "--", str(path)]


def _flaws(command: str, path: Path, work: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[str]:
    arguments = _arguments(command, path, work)
    before, started = _files(work), time.perf_counter()
    try:
        code = run(arguments)
    except Exception as error:  # noqa: BLE001 (whatever leaves `run` is a flaw of this file)
        yield f"raises {error!r}"
        return
    took = time.perf_counter() - started
    said = capfd.readouterr()
    if took > LONGEST:
        yield f"took {took:.1f} s"
    if code not in (0, 2):
        yield f"exit {code}: {said.err[-600:]}"
    if "Traceback" in said.err + said.out:
        yield "a traceback"
    if any(mark in said.out + said.err for mark in ("\x1b", "\x9b", "\u202e", "\u2066")):
        yield "an escape sequence reaches the terminal"
    if (lines := said.err.count("\n")) > MOST_LINES:
        yield f"{lines} lines on stderr"
    if left := list(work.rglob(".tmp-*")):
        yield f"left behind: {left}"
    if code == 2:
        yield from _message(said.err, path)
        if (after := _files(work)) != before:
            yield f"a refused import left {sorted(after ^ before)}"
    if code == 0:
        yield from _whole(work / "new" if command == "init" else work)


def _message(err: str, path: Path) -> Iterator[str]:
    what, fix = err.partition("\nfix: ")[::2]
    if not fix.strip():
        yield f"no fix: {err[:300]!r}"
    if len(what.removeprefix("assay: ")) < 15:
        yield f"says nothing: {err[:300]!r}"
    names = {json.dumps(n, ensure_ascii=True)[1:-1] for n in (path.name, shown(path.name))}
    plain = path.name.isascii() and path.name.isprintable()
    if plain and not any(n[:60] in what for n in (path.name, *names)):
        yield f"does not say where: {err[:300]!r}"


def _files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def _whole(folder: Path) -> Iterator[str]:
    """Every name leads to rows that are there, and the page can be read."""
    ws = Workspace.at(folder)
    names = ws.version_names()
    for name in names:
        rows = ws.training_rows(ws.version(name))
        assert rows and len(ws.made([e.id for e, _ in rows], ws.version(name))) == len(rows)
    sets = ws.eval_sets()
    for name in sets:
        items = ws.items_to_keep_apart(ws.eval_set(name))
        if len(items) != sum(s.n for s in ws.eval_set(name).splits.values()):
            yield f"{name}: {len(items)} items"
    if not (names or sets):
        yield "exit 0, and there is nothing"
