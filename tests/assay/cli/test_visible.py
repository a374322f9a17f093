"""Data cannot speak to the terminal: no escape sequence of a row, a name or an error reaches it."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.cli.main import run
from assay.cli.progress import Bar
from assay.cli.visible import UNSHOWABLE, json_text, visible
from assay.manifest import Manifest, version_id
from assay.records import Check, EvalItem, Example, Made, Message, Origin, Result
from assay.workspace import Version, Workspace
from tests.assay.conftest import PAGE

EVIL = "\x1b]0;pwned\x07\x1b[31m\x9b1m\x00\x7f\u202eevil\u2066\r\u2028\u2029"
NEVER = [
    *(chr(c) for c in range(32) if c not in (9, 10)),
    *(chr(c) for c in range(0x7F, 0xA0)),
    "\u202e",
    "\u2066",
]

SHOUTS = """\
-- Reject \x1b[31mrows.
--
-- Because.
--
-- scope row
SELECT example_id, response AS reason FROM examples
"""

Call = Callable[..., int]


def example(number: int) -> Example:
    """Return an example that is hostile everywhere."""
    turns = (Message("user", f"{EVIL} prompt {number}"), Message("assistant", f"{EVIL} response"))
    return Example(turns, f"{EVIL} answer", Check("exact", {"ignore_case": True}))


def version(ws: Workspace, name: str, numbers: list[int]) -> Version:
    made = [
        Made(e, Origin(e.id, f"skill{EVIL}", f"template{EVIL}", f"gen{EVIL}", "recipe", slots=(EVIL,)))
        for e in map(example, numbers)
    ]
    ids = ws.add_made(f"{name:0<32}", made)
    selection = [(i, Decimal(1)) for i in ids]
    inputs = {"examples": [f"{name:0<32}"], "origins": [f"{name:0<32}"]}
    manifest = Manifest(
        version_id(selection), f"{name:0<32}", "generate", {"name": EVIL}, len(ids), inputs=inputs
    )
    return ws.publish_version(name, selection, manifest)


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace whose rows, results and ledger are hostile."""
    (tmp_path / "assay.yaml").write_text(PAGE, encoding="utf-8")
    monkeypatch.delenv("ASSAY_WORKSPACE", raising=False)
    ws = Workspace.at(tmp_path)
    version(ws, "one", [1, 2])
    version(ws, "two", [2, 3])
    i = EvalItem((Message("user", EVIL),), EVIL, EVIL, Check("exact"), f"skill{EVIL}", f"template{EVIL}")
    result = Result("r", "t", i.id, EVIL, EVIL, EVIL, 0.0, EVIL, None, 1, EVIL, EVIL, 1, True, "plain", "")
    ws.store.append("results", "r" * 32, [result.row()])
    ws.ledger.append("note", reason=EVIL, who=EVIL)
    return ws


@pytest.fixture
def assay(hostile: Workspace) -> Call:
    """Return the command line in it."""
    return lambda *arguments: run(["-C", str(hostile.root), *arguments])


def assert_clean(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what was printed on both streams, with nothing in it that a terminal obeys."""
    captured = capsys.readouterr()
    said = captured.out + captured.err
    assert not [c for c in NEVER if c in said], said
    return said


@pytest.mark.parametrize("json_too", [False, True])
@pytest.mark.parametrize(
    "arguments",
    [
        ("data", "show", "one"),
        ("data", "show", "ID"),
        ("data", "why", "ID"),
        ("data", "diff", "one", "two", "--rows"),
        ("data", "log"),
        ("data", "list"),
        *(("sql", "select * from examples", "--format", f) for f in ("table", "csv", "md", "latex")),
        ("sql", "select * from results"),
        ("query", "run", "reject/shouts", "--on", "one"),
        ("query", "show", "reject/shouts"),
        ("status",),
        ("doctor",),
        ("recipe", "list"),
    ],
)
def test_no_command_passes_an_escape_on(
    hostile: Workspace,
    assay: Call,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    json_too: bool,
) -> None:
    rules = hostile.root / "queries" / "reject"
    rules.mkdir(parents=True)
    (rules / "shouts.sql").write_text(SHOUTS, encoding="utf-8")
    given = [example(2).id if a == "ID" else a for a in arguments]
    assert assay(*given, *(["--json"] if json_too else [])) in (0, 1)
    said = assert_clean(capsys)
    assert said
    if arguments[0] == "sql" or "why" in arguments or "show" in arguments:
        assert r"\x1b" in said or r"\u001b" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("data", "show", EVIL.replace("\x00", "")),
        ("sql", f"select '{EVIL}' from nothing"),
        ("--set", f"{EVIL}=1", "status"),
        ("generate", EVIL),
        (f"no{EVIL}",),
        ("data", "show", "one", "-n", EVIL),
        ("skill", "show", EVIL),
    ],
)
def test_no_error_passes_an_escape_on(
    assay: Call, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    for more in ((), ("--json",)):
        assert assay(*arguments, *more) == 2
        assert_clean(capsys)


def test_a_hostile_page_is_told_in_safe_words(
    hostile: Workspace, assay: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    page = PAGE + '"k\\e[31m": 1\ngenerate2: {"\\u202e": 1}\n'
    (hostile.root / "assay.yaml").write_text(page, encoding="utf-8")
    assert assay("status") == 2
    assert r"\x1b[31m" in assert_clean(capsys)


def test_a_bug_shows_no_escape(
    assay: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(opened: Any) -> None:
        raise RuntimeError(EVIL)

    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("assay.verbs.status.status", fail)
    assert assay("status") == 4
    assert_clean(capsys)


def test_a_progress_note_shows_no_escape() -> None:
    bar = Bar(f"train {EVIL}")
    bar.note = f"{EVIL}\nloss"
    assert not [c for c in NEVER if c in bar.line(1, 2, bar.started)]
    assert "⏎loss" in bar.line(1, 2, bar.started)


@given(st.text(st.characters()))
def test_visible_leaves_nothing_and_only_once(text: str) -> None:
    shown = visible(text)
    assert not UNSHOWABLE.search(shown)
    assert visible(shown) == shown
    if not UNSHOWABLE.search(text):
        assert shown == text


@given(st.dictionaries(st.text(st.characters()), st.text(st.characters())))
def test_json_is_equal_when_parsed(document: dict[str, str]) -> None:
    text = json_text(document)
    assert json.loads(text) == document
    assert not [c for c in (*NEVER, "\n", "\t", "\u2028", "\u2029") if c in text]
    text.encode()
