"""The loop under kill -9: killed a few times, it ends as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.models import Model
from benchmarks.crash import LABEL, crash, differences, table


def test_a_progress_line_gives_its_label() -> None:
    found = [LABEL.fullmatch(x) for x in ("round 0: generate 40/40 · 0 s", "test 1,024/2,000", "sentence.")]
    assert [m and m[1] for m in found] == ["round 0: generate", "test", None]


def test_differences_name_what_is_lost_doubled_and_changed() -> None:
    one = {"a": 1, "b": ['{"x": 1, "y": 2}'], "c": 3}
    two = {"a": 1, "b": ['{"x": 1, "y": 5}'], "d": 3}
    assert differences(one, two) == ["lost: c", "more: d", "differs: b in y"]
    assert differences(one, one) == []


@pytest.mark.crash
def test_a_killed_loop_ends_like_an_undisturbed_one(nano: Model, tmp_path: Path) -> None:
    trial, calm = crash(tmp_path, nano, kills=3)
    assert not trial.faults, table(trial, calm.labels())
    assert trial.kills.total() == 3
