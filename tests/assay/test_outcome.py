"""The numbers of the summary and the report, over several seeds."""

from __future__ import annotations

from assay.outcome import _score, _worst
from assay.records import Check, EvalItem, Message, Result
from assay.verbs.probe import Probed
from evals.probes import ProbeResult
from evals.run import result_of


def rows(run: str) -> list[Result]:
    """Return what a run answered to four items of two templates."""
    turns, check = (Message("user", "q"),), Check("exact")
    items = [EvalItem(turns, "a", str(i), check, "sums", f"t{i % 2}") for i in range(4)]
    return [result_of(run, "heldout_dev", i, "a", 1.0, "") for i in items]


def probed(seed: int, value: float, *, fired: bool) -> Probed:
    result = ProbeResult("verbatim", value, value - 0.1, value + 0.1, 0.15, fired, 48, "")
    return Probed(f"targeted-v1.lora.s{seed}", "targeted@v1", (result,))


def test_items_are_counted_once_however_many_seeds_answered_them() -> None:
    found = _score(1, "targeted", "dev", rows("a.s1") + rows("a.s2") + rows("a.s3"))
    assert [(s.part, s.n) for s in found] == [("all", 4)]


def test_a_probe_that_fired_on_one_seed_is_not_hidden_by_the_next() -> None:
    seeds = [probed(1, 0.1, fired=False), probed(2, 0.9, fired=True), probed(3, 0.2, fired=False)]
    assert _worst(seeds)["verbatim"]["fired"] is True
    assert _worst(seeds)["verbatim"]["value"] == 0.9
