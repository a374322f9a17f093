"""Probe rows: begun answers, copies found, and the answers of members, fresh rows and twins."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("lm_eval")
pytest.importorskip("torch")

from assay.chat import Contract
from assay.models import Model
from assay.records import EvalItem
from evals.bench import Bench, Subject
from evals.copying import begun, probe_rows
from evals.probes import Evidence, run_probes
from tests.evals.offline import Knower, Memory, item

RUN = Subject("x.s1", Path("adapter"), "d1")
BASE = Subject("base")


class Hoarder(Knower):
    """Knows the members of its training data even from half an answer; the base knows nothing."""

    def generate(self, prompts, *, adapter, **how):  # type: ignore[no-untyped-def]
        replies = super().generate(prompts, adapter=adapter, **how)
        members = {
            (
                *self.contract.prompt_ids(i.messages),
                *(given := begun(self.contract, i)),
            ): self.contract.target_ids(i.messages, i.target)[len(given) :]
            for i in self.knows(adapter)
        }
        return [members.get(tuple(p), r) for p, r in zip(prompts, replies, strict=True)]


def items() -> list[EvalItem]:
    """Return 36 members with a fresh row and a twin each, in 12 templates."""
    return [
        item(i + 1000 * k, variant=variant, parent=f"m{i}")
        for i in range(36)
        for k, variant in enumerate(("member", "fresh", "twin"))
    ]


def test_half_the_answer_is_given(nano: Model) -> None:
    contract, chat = Contract.load(nano.folder, ""), item(3, turns=2)
    whole = contract.target_ids(chat.messages, chat.target)
    given = begun(contract, chat)
    assert given == tuple(whole[: len(given)]) and len(given) == len(whole) // 2


def test_a_hoarder_fires_every_probe_and_the_base_fires_none(nano: Model, tmp_path: Path) -> None:
    contract = Contract.load(nano.folder, "")
    hoarder = Hoarder(contract, lambda a: [i for i in items() if a and i.variant == "member"])
    bench = Bench(nano, contract, cache=Memory(), load=lambda _: hoarder)
    rows = probe_rows(bench, [BASE, RUN], items(), tmp_path)
    run, base = ([r for r in rows if r.run == s.name] for s in (RUN, BASE))
    assert len(run) == len(base) == 36 * 3 + 36 * 2
    assert {r.name: r.fired for r in run_probes(Evidence(run, base))} == {
        "fresh_gap": True,
        "retemplate": True,
        "verbatim": True,
    }
    assert not any(r.fired for r in run_probes(Evidence(base, base)))
