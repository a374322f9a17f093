"""The page that init writes can be read, says what was seen, and names only what there is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assay.config import Config
from assay.page import load
from assay.sources.source import Source
from assay.verbs.importing.reading import Reading
from assay.verbs.importing.request import Split
from assay.verbs.init.look import Seen
from assay.verbs.init.page import page, plain, quoted
from assay.verbs.init.propose import propose
from assay.verbs.known import known_names

HOSTILE = (
    "yes",
    "No",
    "null",
    "~",
    "1",
    "1.0",
    "1e3",
    "0x1f",
    "a: b",
    "#x",
    "a #b",
    "- y",
    "'",
    '"',
    "\\",
    "\\n",
    "&a",
    "*a",
    "!t",
    "%",
    "@",
    "`",
    "{a}",
    "{{x}}",
    "[b]",
    ",",
    "? ",
    "|",
    ">",
    "=",
    "<<",
    ".",
    "...",
    "---",
    "two\nlines",
    "tab\t",
    " lead",
    "trail ",
    "é",
    "e\u0301",
    "数据",
    "🎲",
    "🎲\x85",
    "\u2028",
    "\ufeffx",
    "\x00",
    "\x7f",
    "\x1b[31m",
    "\u202ex",
    "\U000e0001",
    "2026-11-24",
    "12:30",
    "a" * 300,
)


def seen(labels: Sequence[str] = (), *, rows: int = 400, template: str = "", kind: str = "choice") -> Seen:
    """Return what a file of these labels looks like; no file is read for it."""
    counts = {label: 10 + n for n, label in enumerate(labels)}
    reading = Reading(Source(()), {}, {})
    return Seen(reading, {"train": ("x.csv",)}, rows, 0, counts, {}, template, 12, {"kind": kind}, 80)


def written(found: Seen, folder: Path, project: str = "mine", source: str = "x.csv") -> Config:
    """Write the page and read it as a command does."""
    names = {found_: f"{found_}!" for found_ in list(found.labels)[:1]}
    proposal = propose(found, Split(None, 100, 100), names)
    (folder / "assay.yaml").write_text(page(found, proposal, project, source, "nano"), encoding="utf-8")
    return load(folder / "assay.yaml", known=known_names(folder))


def test_labels_come_back_whatever_yaml_makes_of_them(tmp_path: Path) -> None:
    config = written(seen(HOSTILE[:50]), tmp_path)
    assert config.task.labels == (HOSTILE[0] + "!", *HOSTILE[1:50])
    assert config.task.label_names == {HOSTILE[0]: HOSTILE[0] + "!"}
    assert all(label in config.task.system for label in HOSTILE[1:50])


@pytest.mark.parametrize("text", HOSTILE)
def test_one_text_comes_back(text: str) -> None:
    assert yaml.safe_load(f"a: [{quoted(text)}]")["a"] == [text]
    assert yaml.safe_load(f"{{{quoted(text)}: {quoted(text)}}}") == {text: text}


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_comes_back(text: str) -> None:
    assert yaml.safe_load(f"a: {quoted(text)}  # comment")["a"] == text
    assert yaml.safe_load(f"a: 1  # {plain(text)}\nb: 2") == {"a": 1, "b": 2}


@pytest.mark.parametrize("name", ["1", "yes", "null", "no", "2026-11-24", "1.5", "a.b-c_d"])
def test_a_project_of_any_name(name: str, tmp_path: Path) -> None:
    config = written(seen(("a", "b")), tmp_path, name)
    assert config.project == name
    assert config.heldout is not None
    assert config.heldout.name == name


@pytest.mark.parametrize("source", ["a\nb: c", "x # y", "`id`", "{0}", "\u2028z: 1", "\x1b[31m"])
def test_a_source_of_any_name(source: str, tmp_path: Path) -> None:
    assert written(seen(("a", "b")), tmp_path, source=source).project == "mine"


def test_open_text_is_measured_by_bits_per_byte(tmp_path: Path) -> None:
    config = written(seen(kind="open"), tmp_path)
    assert (config.task.kind, config.task.check, config.task.metric) == (
        "generation",
        "open",
        "bits_per_byte",
    )
    assert config.task.margin == 0.01
    assert config.curate["main"].reject == ("exact_duplicate", "near_duplicate", "overlaps_heldout")
    assert config.suites["main"].probes == ("verbatim",)


def test_a_loop_that_fits_the_rows(tmp_path: Path) -> None:
    config = written(seen(("a", "b"), rows=1_000), tmp_path)
    assert config.loop is not None
    assert config.loop.initial + config.loop.rounds * config.loop.size <= 800
    assert config.curate["main"].reject[-1] == "check_fails"
    assert config.task.skill == "label"
    assert (config.model, config.suites["main"].probes) == ("nano", ("fresh_gap",))


def test_a_grouping_column(tmp_path: Path) -> None:
    assert written(seen(("a", "b"), template="thread: id"), tmp_path).task.template == "thread: id"
    assert written(seen(("a", "b")), tmp_path).task.template is None


def test_what_does_not_show_is_left_out_of_a_comment() -> None:
    assert plain("a\nb\x1bc\u202ed") == "a b c d"
    assert len(plain("x" * 500)) == 60
