"""The ledger: nothing lost, nothing doubled, nothing changed unseen."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assay import ledger as ledger_module
from assay.files import publish_json, read_json
from assay.ledger import GENESIS, Ledger, who


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger", "ana")


def edit(ledger: Ledger, number: int, **changes: object) -> None:
    path = ledger.folder / f"{number:04}.json"
    publish_json(path, read_json(path) | changes, replace=True)


def test_entries_follow_each_other(ledger: Ledger) -> None:
    one = ledger.append("tag", reason="good", version="a@v1", ids=("x", "y"))
    two = ledger.append("tag")
    assert (one.number, one.previous, two.number, two.previous) == (1, GENESIS, 2, one.digest)
    assert [e.digest for e in ledger.entries()] == [one.digest, two.digest]
    first = next(iter(ledger.entries()))
    assert (first.who, first.act, first.reason) == ("ana", "tag", "good")
    assert first.what == {"version": "a@v1", "ids": ["x", "y"]}
    assert ledger.damage() == []


def test_an_act_with_a_key_happens_once(ledger: Ledger) -> None:
    one = ledger.append("open test", key="k", reason="first")
    assert ledger.append("open test", key="k", reason="again").digest == one.digest
    ledger.append("open test", key="other")
    ledger.append("tag", key="k")
    assert (ledger.count("open test"), ledger.count("tag"), ledger.count("none")) == (2, 1, 0)


@pytest.mark.parametrize("changes", [{"reason": "x"}, {"who": "ben"}, {"what": {"n": 9}}, {"key": "k"}])
def test_an_edited_entry_shows(ledger: Ledger, changes: dict[str, object]) -> None:
    for n in range(3):
        ledger.append("act", n=n)
    edit(ledger, 2, **changes)
    assert ledger.damage() == ["entry 3 does not follow the entry before it"]


def test_a_missing_entry_shows(ledger: Ledger) -> None:
    for n in range(3):
        ledger.append("act", n=n)
    (ledger.folder / "0002.json").unlink()
    assert ledger.damage()[0] == "entry 2 is missing; found 3"
    assert "entry 3 does not follow the entry before it" in ledger.damage()


def test_a_missing_first_entry_shows(ledger: Ledger) -> None:
    ledger.append("act")
    ledger.append("act")
    (ledger.folder / "0001.json").unlink()
    assert len(ledger.damage()) == 2


def test_swapped_entries_show(ledger: Ledger) -> None:
    for n in range(3):
        ledger.append("act", n=n)
    one, two = (read_json(ledger.folder / f"000{n}.json") for n in (1, 2))
    publish_json(ledger.folder / "0001.json", two, replace=True)
    publish_json(ledger.folder / "0002.json", one, replace=True)
    assert ledger.damage()


def test_threads_lose_no_entry(ledger: Ledger) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: ledger.append("act", n=n), range(24)))
    entries = list(ledger.entries())
    assert [e.number for e in entries] == list(range(1, 25))
    assert sorted(e.what["n"] for e in entries) == list(range(24))
    assert ledger.damage() == []


def test_threads_with_one_key_write_one_entry(ledger: Ledger) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: ledger.append("open test", key="k", n=n), range(8)))
    assert len({e.digest for e in found}) == ledger.count("open test") == 1


def test_processes_lose_no_entry(ledger: Ledger) -> None:
    code = (
        "import sys; from pathlib import Path; from assay.ledger import Ledger\n"
        "for n in range(12): Ledger(Path(sys.argv[1]), sys.argv[2]).append('act', n=n)"
    )
    command = [sys.executable, "-c", code, str(ledger.folder)]
    root = Path(__file__).parents[2]
    running = [subprocess.Popen([*command, name], cwd=root) for name in ("ana", "ben")]
    assert [process.wait(60) for process in running] == [0, 0]
    entries = list(ledger.entries())
    assert sorted((e.who, e.what["n"]) for e in entries) == [
        (w, n) for w in ("ana", "ben") for n in range(12)
    ]
    assert ledger.damage() == []


def test_who_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "_git_email", lambda: "git@example.org")
    monkeypatch.delenv("ASSAY_USER", raising=False)
    monkeypatch.setenv("ME", "eva")
    monkeypatch.delenv("NOBODY", raising=False)
    assert [who("ana"), who("env:ME"), who("env:NOBODY"), who()] == ["ana", "eva", *["git@example.org"] * 2]
    monkeypatch.setenv("ASSAY_USER", "finn")
    assert [who(), who("ana")] == ["finn", "ana"]


def test_a_user_without_a_name_and_a_git_that_hangs_still_act(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("git", 5)

    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.delenv("ASSAY_USER", raising=False)
    monkeypatch.setattr(subprocess, "run", hang)
    monkeypatch.setattr("getpass.getuser", nameless)
    assert who().startswith("uid ")
