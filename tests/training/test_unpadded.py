"""A batch without padding gives what the padded batch gives."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from training import unpadded  # noqa: E402
from training.trainer import answer_loss, has_plain_head  # noqa: E402


def tiny(kind: str = "Llama", **fields: object) -> Any:
    import transformers

    torch.manual_seed(0)
    shape = {
        "vocab_size": 50,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
    }
    config = getattr(transformers, f"{kind}Config")(**(shape | fields))
    return getattr(transformers, f"{kind}ForCausalLM")(config)


def batch(lengths: list[int]) -> dict[str, Any]:
    torch.manual_seed(1)
    width = max(lengths)
    mask = torch.tensor([[1] * n + [0] * (width - n) for n in lengths])
    ids = torch.randint(0, 50, (len(lengths), width)) * mask
    labels = torch.where(mask.bool() & (torch.arange(width) >= 2), ids, -100)
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def loss_and_gradients(lm: Any, inputs: dict[str, Any]) -> tuple[float, list[Any]]:
    lm.zero_grad()
    total, count = answer_loss(lm, inputs)
    torch.autograd.backward(total / count)
    return (total / count).item(), [p.grad.clone() for p in lm.parameters()]


@pytest.mark.parametrize("kind", ["Llama", "Qwen2", "Qwen3"])
@pytest.mark.parametrize("short", [unpadded.SHORT, 4])
def test_loss_and_gradients_are_those_of_the_padded_batch(
    kind: str, short: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lm, inputs = tiny(kind), batch([9, 5, 12, 4])
    assert unpadded.fits(lm)
    monkeypatch.setattr(unpadded, "SHORT", short)
    loss, gradients = loss_and_gradients(lm, inputs)
    assert loss == pytest.approx(lm(**inputs).loss.item(), rel=1e-5)
    monkeypatch.setattr(unpadded, "FAMILIES", ())
    padded_loss, padded = loss_and_gradients(lm, inputs)
    assert loss == pytest.approx(padded_loss, rel=1e-5)
    for ours, theirs in zip(gradients, padded, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-6)


def test_many_answer_tokens_are_projected_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    from training import trainer

    lm, inputs = tiny(), batch([9, 5, 12])
    loss, gradients = loss_and_gradients(lm, inputs)
    monkeypatch.setattr(trainer, "CHUNK", 4)
    chunked, again = loss_and_gradients(lm, inputs)
    assert chunked == pytest.approx(loss, rel=1e-6)
    for ours, theirs in zip(again, gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_models_that_attend_or_project_otherwise_are_left_alone() -> None:
    assert not unpadded.fits(tiny("Qwen2", use_sliding_window=True, max_window_layers=0))
    assert not unpadded.fits(tiny(attention_dropout=0.1))
    assert not unpadded.fits(tiny("Gemma2"))
    assert has_plain_head(tiny())
    assert not has_plain_head(tiny("Gemma2"))
    assert not has_plain_head(tiny("Granite", logits_scaling=4.0))


def test_the_attention_of_the_model_is_restored() -> None:
    lm = tiny()
    before = lm.config._attn_implementation
    answer_loss(lm, batch([3, 4]))
    assert lm.config._attn_implementation == before
