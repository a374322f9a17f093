"""Probes as functions of result rows: what must fire, what must not, and their cards."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from assay.errors import UserError
from assay.records import Result
from evals.probes import PROBES, Evidence, run_probes
from evals.probes.probe import PROBE_TASK, VERBATIM_TASK, ProbeResult, holm

Rates = dict[str, float]
CLEAN: Rates = {"member": 0.55, "fresh": 0.52, "twin": 0.53}
OVERFIT: Rates = {"member": 0.98, "fresh": 0.30, "twin": 0.35}
NONE: Rates = {"member": 0.0, "fresh": 0.0}


def _row(run: str, task: str, variant: str, number: int, score: float) -> Result:
    return Result(
        run=run, task=task, item_id=f"{task}{variant}{number}", prompt="", response="", answer="",
        score=score, detail="", nll=None, target_bytes=1, skill="s", template=f"t{number % 32}",
        difficulty=1, seen=True, variant=variant, parent=f"m{number}",
    )  # fmt: skip


def rows(run: str, answers: Rates, copies: Rates, *, seed: int = 0, n: int = 160) -> list[Result]:
    rng = np.random.default_rng(seed)
    return [
        _row(run, task, variant, i, float(rng.random() < rate))
        for task, rates in ((PROBE_TASK, answers), (VERBATIM_TASK, copies))
        for variant, rate in rates.items()
        for i in range(n)
    ]


BASE = rows("base", dict.fromkeys(CLEAN, 0.1), NONE, seed=99)


def fired(answers: Rates, copies: Rates, seed: int = 0) -> set[str]:
    return {r.name for r in run_probes(Evidence(rows("x", answers, copies, seed=seed), BASE)) if r.fired}


def test_a_clean_run_is_quiet() -> None:
    alarms = [fired(CLEAN, {"member": 0.02, "fresh": 0.02}, seed) for seed in range(60)]
    assert sum(map(bool, alarms)) <= 1


def test_an_overfit_run_fires_every_probe() -> None:
    assert all(fired(OVERFIT, {"member": 0.6, "fresh": 0.02}, seed) == set(PROBES) for seed in range(10))


def test_the_bases_own_gap_is_taken_away() -> None:
    easy = {"member": 0.8, "fresh": 0.3, "twin": 0.3}
    evidence = Evidence(rows("x", easy, NONE, seed=1), rows("base", easy, NONE, seed=2))
    assert not any(r.fired for r in run_probes(evidence))


def test_holm_can_only_silence() -> None:
    strong = ProbeResult("a", 0.5, 0.4, 0.6, 0.1, True, 10, "a fired", p=1e-6)
    weak = ProbeResult("b", 0.2, 0.11, 0.3, 0.1, True, 10, "b fired", p=0.024)
    quiet = ProbeResult("c", 0.0, -0.1, 0.1, 0.1, False, 10, "c quiet", p=0.9)
    found = holm([strong, weak, quiet])
    assert [r.fired for r in found] == [True, False, False]
    assert "Holm" in found[1].sentence and holm([weak])[0].fired


def test_too_few_templates_say_nothing() -> None:
    few = [r for r in rows("x", OVERFIT, NONE) if r.template in {"t1", "t2", "t3"}]
    base = [r for r in BASE if r.template in {"t1", "t2", "t3"}]
    (found,) = run_probes(Evidence(few, base), ["fresh_gap"])
    assert not found.fired and "too few" in found.sentence


def test_every_probe_has_a_whole_card_and_the_summary_has_the_issues_keys() -> None:
    for name, probe in PROBES.items():
        assert probe.name == name and all(getattr(probe, f.name) for f in fields(probe))
    (found,) = run_probes(Evidence(BASE, BASE), ["verbatim"])
    assert set(found.summary()) == {"value", "lo", "hi", "margin", "fired"}


def test_missing_rows_and_names_are_user_errors() -> None:
    with pytest.raises(UserError, match="only one of"):
        run_probes(Evidence(BASE, BASE[:-1]), ["verbatim"])
    with pytest.raises(UserError, match="no probe"):
        run_probes(Evidence(BASE, BASE), ["vrbatim"])
    with pytest.raises(UserError, match="no member items"):
        run_probes(Evidence([], []), ["fresh_gap"])
