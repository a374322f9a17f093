"""The local engine against plain transformers and peft, on the nano model."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assay.chat import Contract
from assay.engines import local
from assay.engines.device import Hardware
from assay.engines.local import LocalModel, batches
from assay.errors import UserError
from assay.models import Model
from assay.records import Message

pytest.importorskip("torch")

CPU = Hardware("cpu", "float32", 2)
ASKED = [f"Convert {n} m to cm." for n in (3, 17, 28, 5)] + [
    "Ana has 4 pens and buys 9 more. How many pens does Ana have now?",
    "Extract as JSON: Ben ordered 12 books.",
    "Table coins(name, price). Who has a price above 7? Write SQL.",
]


@pytest.fixture(scope="module")
def contract(nano: Model) -> Contract:
    return Contract.load(nano.folder, "")


@pytest.fixture(scope="module")
def prompts(contract: Contract) -> list[list[int]]:
    return [contract.prompt_ids([Message("user", text)]) for text in ASKED]


@pytest.fixture(scope="module")
def adapter(nano: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter of random weights, as PEFT saves it."""
    return save_adapter(nano, tmp_path_factory.mktemp("adapter"), seed=3)


def save_adapter(nano: Model, folder: Path, seed: int) -> Path:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    config = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False)
    get_peft_model(AutoModelForCausalLM.from_pretrained(nano.folder), config).save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def engine(nano: Model, adapter: Path) -> LocalModel:
    return LocalModel(nano.folder, {"run.s1": adapter}, CPU)


def ask(engine: LocalModel, prompts: Sequence[list[int]], contract: Contract, **how: Any) -> list[list[int]]:
    how = {"adapter": None, "max_new_tokens": 40} | how
    return engine.generate(prompts, stop_ids=contract.stop_ids, pad_id=contract.pad_id, **how)


def plain(nano: Model, adapter: Path | None, prompts: Sequence[list[int]]) -> list[list[int]]:
    """Answer one by one with plain transformers and PEFT."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(nano.folder)
    model = (PeftModel.from_pretrained(model, str(adapter)) if adapter else model).eval()
    answers = []
    for prompt in prompts:
        ids = torch.tensor([prompt])
        out = model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=40
        )
        answers.append([int(i) for i in out[0, len(prompt) :]])
    return answers


@pytest.mark.parametrize("with_adapter", [False, True])
def test_greedy_equals_plain_transformers(
    nano: Model,
    engine: LocalModel,
    adapter: Path,
    contract: Contract,
    prompts: list[list[int]],
    with_adapter: bool,
) -> None:
    found = ask(engine, prompts, contract, adapter="run.s1" if with_adapter else None)
    assert found == plain(nano, adapter if with_adapter else None, prompts)


def test_an_answer_ends_with_its_stop_or_at_the_limit(
    engine: LocalModel, contract: Contract, prompts: list[list[int]]
) -> None:
    for answer in ask(engine, prompts, contract):
        assert len(answer) == 40 or answer[-1] in contract.stop_ids
        assert not set(answer[:-1]) & set(contract.stop_ids)
    assert all(len(a) <= 3 for a in ask(engine, prompts, contract, max_new_tokens=3))


def test_order_is_restored_and_repeats_agree(
    engine: LocalModel, contract: Contract, prompts: list[list[int]]
) -> None:
    once = ask(engine, prompts, contract)
    assert ask(engine, prompts, contract) == once
    assert ask(engine, prompts[::-1], contract) == once[::-1]


def test_sampling_repeats_by_seed_and_differs_between_seeds(
    engine: LocalModel, contract: Contract, prompts: list[list[int]]
) -> None:
    one = ask(engine, prompts, contract, temperature=1.5, seed=1)
    assert ask(engine, prompts, contract, temperature=1.5, seed=1) == one
    assert ask(engine, prompts, contract, temperature=1.5, seed=2) != one


def test_sampling_leaves_the_global_random_state_alone(
    engine: LocalModel, contract: Contract, prompts: list[list[int]]
) -> None:
    import torch

    before = torch.get_rng_state()
    ask(engine, prompts, contract, temperature=1.0, seed=1)
    assert torch.equal(before, torch.get_rng_state())


def test_nll_equals_the_plain_computation(
    nano: Model, engine: LocalModel, contract: Contract, prompts: list[list[int]]
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(nano.folder).eval()
    targets = [contract.target_ids([Message("user", t)], f"the answer {i}") for i, t in enumerate(ASKED)]
    found = engine.nll(list(zip(prompts, targets, strict=True)), adapter=None)
    for prompt, target, nll in zip(prompts, targets, found, strict=True):
        with torch.no_grad():
            logits = model(torch.tensor([prompt + target])).logits[0].log_softmax(-1)
        at = range(len(prompt) - 1, len(prompt) + len(target) - 1)
        expected = -sum(float(logits[i, t]) for i, t in zip(at, target, strict=True))
        assert nll.total == pytest.approx(expected, rel=1e-4)
        assert nll.tokens == len(target)


def test_nll_knows_the_greedy_answer(
    engine: LocalModel, contract: Contract, prompts: list[list[int]]
) -> None:
    answers = ask(engine, prompts, contract)
    assert all(n.greedy for n in engine.nll(list(zip(prompts, answers, strict=True)), adapter=None))
    wrong = [[a[0] + 1, *a[1:]] for a in answers]
    assert not any(n.greedy for n in engine.nll(list(zip(prompts, wrong, strict=True)), adapter=None))


def test_nll_of_mixed_and_empty_continuations(engine: LocalModel, prompts: list[list[int]]) -> None:
    pairs = [(prompts[0], [5]), (prompts[1][:1], [6, 7, 8]), (prompts[2], [])]
    together = engine.nll(pairs, adapter=None)
    alone = [engine.nll([p], adapter=None)[0] for p in pairs]
    assert [n.total for n in together] == pytest.approx([n.total for n in alone], rel=1e-4)
    assert together[2].total == 0.0


def test_nothing_asked_nothing_answered(engine: LocalModel, contract: Contract) -> None:
    assert ask(engine, [], contract) == []
    assert engine.nll([], adapter=None) == []


def test_adapters_do_not_mix(
    nano: Model,
    adapter: Path,
    contract: Contract,
    prompts: list[list[int]],
    tmp_path: Path,
) -> None:
    pairs = [(p, [5, 6]) for p in prompts]
    other = save_adapter(nano, tmp_path, seed=4)
    engine = LocalModel(nano.folder, {}, CPU)
    bare = engine.nll(pairs, adapter=None)
    engine.add_adapter("x.s1", adapter)
    first = engine.nll(pairs, adapter="x.s1")
    engine.add_adapter("y.s1", other)
    second = engine.nll(pairs, adapter="y.s1")
    assert engine.nll(pairs, adapter=None)[0].total == pytest.approx(bare[0].total, rel=1e-5)
    bare = engine.nll(pairs, adapter=None)
    assert engine.nll(pairs, adapter="x.s1") == first
    assert len({bare[0].total, first[0].total, second[0].total}) == 3
    engine.remove_adapter("x.s1")
    assert engine.nll(pairs, adapter="y.s1") == second
    engine.remove_adapter("y.s1")
    # threads sum floats in another order from call to call: 1e-6 of noise, far below an adapter's effect
    again = [x.total for x in engine.nll(pairs, adapter=None)]
    assert again == pytest.approx([x.total for x in bare], rel=1e-5)
    assert engine.adapters == ()
    engine.add_adapter("x.s1", adapter)
    assert engine.nll(pairs, adapter="x.s1") == first


def test_mistakes_are_user_errors(
    engine: LocalModel, adapter: Path, tmp_path: Path, prompts: list[list[int]]
) -> None:
    with pytest.raises(UserError, match="no adapter called"):
        engine.nll([(prompts[0], [1])], adapter="missing")
    with pytest.raises(UserError, match="holds no adapter"):
        engine.add_adapter("new", tmp_path)
    with pytest.raises(UserError, match="already"):
        engine.add_adapter("run.s1", adapter)
    with pytest.raises(UserError, match="cannot be loaded"):
        LocalModel(tmp_path, {}, CPU)


def test_batches_hold_equal_lengths_longest_first() -> None:
    found = list(batches([64, 896, 128, 64, 128, 64], lambda length: 2 if length < 500 else 1))
    assert found == [[1], [2, 4], [0, 3], [5]]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", [None, "run.s1"])
def test_an_answer_does_not_depend_on_its_company(
    nano: Model, adapter: Path, contract: Contract, dtype: str, name: str | None
) -> None:
    """Or a resumed run, which asks only for what is missing, would differ from an undisturbed one."""
    engine = LocalModel(nano.folder, {"run.s1": adapter}, Hardware("cpu", dtype, 2))
    asked = [f"Ana has {n} pens. {'Say it well. ' * (n % 23)}How many?" for n in range(60)]
    prompts = [contract.prompt_ids([Message("user", text)]) for text in asked]
    answers = ask(engine, prompts, contract, adapter=name)
    scores = engine.nll(list(zip(prompts, answers, strict=True)), adapter=name)
    rng = random.Random(5)
    for size in (1, 2, 5, 17, 40):
        some = rng.sample(range(len(prompts)), size)
        again = ask(engine, [prompts[i] for i in some], contract, adapter=name)
        assert again == [answers[i] for i in some]
        pairs = [(prompts[i], answers[i]) for i in some]
        assert engine.nll(pairs, adapter=name) == [scores[i] for i in some]


def test_other_architectures_decode_with_padding(
    monkeypatch: pytest.MonkeyPatch, engine: LocalModel, contract: Contract, prompts: list[list[int]]
) -> None:
    expected = ask(engine, prompts, contract)
    monkeypatch.setattr(local, "BY_POSITION", frozenset())
    assert ask(engine, prompts, contract) == expected
