"""Make `nano`: a tiny Llama with its own BPE, pre-trained here for about a minute on a given corpus.

It exists so that tests and studies run the real path (tokenizer, chat template, adapters, evals) in
seconds. The seed is fixed, so one machine makes the same bytes again; another CPU may round sums
differently and get another digest, which is recorded like any model's.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.errors import MissingExtra, UserError
from assay.files import Progress

if TYPE_CHECKING:
    import torch

VERSION = 1
"""Raise it when the same corpus would give other weights."""

START, END, BREAK, PAD = "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|pad|>"

TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

SYSTEMS = ("", "", "You are a helpful assistant.", "Answer with the result only.")
"""Rotated over the pairs, half without any: a system turn must not be news to the model."""


@dataclass(frozen=True)
class NanoRecipe:
    """The shape and the training of a nano; 2.6 M parameters when the vocabulary is full."""

    vocabulary: int = 2048
    hidden: int = 192
    layers: int = 5
    heads: int = 6
    mlp: int = 512
    positions: int = 2048
    window: int = 256
    batch: int = 8
    steps: int = 220
    lr: float = 4e-3
    seed: int = 20
    tokenizer_texts: int = 20_000

    def dump(self) -> dict[str, Any]:
        """Return the recipe as JSON values, for the fingerprint."""
        return {"version": VERSION, **asdict(self)}


RECIPES = {
    "nano": NanoRecipe(),
    "nano-test": NanoRecipe(layers=3, hidden=128, heads=4, mlp=384, window=128, steps=60),
}
"""`nano-test` is ready in seconds, for unit tests: its answers are poor, its machinery is whole."""


def make(folder: Path, corpus: Sequence[str], recipe: NanoRecipe, progress: Progress) -> None:
    """Train tokenizer and model on `corpus` and save both into `folder`.

    A text is a document, or `prompt<TAB>answer` (the last tab counts), rendered as a ChatML pair.
    Leaves torch's global random state as it was.
    """
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "train") from error
    if not corpus:
        raise UserError("the corpus of nano is empty", fix="give it the text of at least one skill")
    tokenizer = _tokenizer(corpus[: recipe.tokenizer_texts], recipe)
    with torch.random.fork_rng(devices=[]), _one_thread():
        torch.manual_seed(recipe.seed)
        model = transformers.LlamaForCausalLM(_config(tokenizer, recipe))
        _pretrain(model, _windows(tokenizer, corpus, recipe), recipe, progress)
    save(model, tokenizer, folder)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Compute on one thread: the sums then do not depend on the number of cores.

    On so small a model a second thread gains a third at best, and on a busy machine one waits for the
    other at every layer (four times slower, measured).
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Save safetensors, tokenizer and configs, silently and the same whoever saves them."""
    with quiet():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    forget_versions(folder)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hide the progress bars of transformers: ours go through `Progress`."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def forget_versions(folder: Path) -> None:
    """Drop the library version from saved configs: equal models get equal digests whoever saved them."""
    for path in sorted(folder.glob("*.json")):
        value = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(value, dict) and value.pop("transformers_version", None) is not None:
            text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
            path.write_text(text, encoding="utf-8")


def _tokenizer(texts: Iterable[str], recipe: NanoRecipe) -> Any:
    """Train a byte-level BPE that splits digits (as SmolLM2's does): arithmetic is hopeless otherwise."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    digits = pre_tokenizers.Digits(individual_digits=True)
    bpe.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=recipe.vocabulary,
        special_tokens=[BREAK, START, END, PAD],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    roles = ["system\n", "user\n", "assistant\n", *SYSTEMS] * 50
    bpe.train_from_iterator([*texts, *roles], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[START, BREAK],
        model_max_length=recipe.positions,
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def _config(tokenizer: Any, recipe: NanoRecipe) -> Any:
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=-(-len(tokenizer) // 64) * 64,
        hidden_size=recipe.hidden,
        intermediate_size=recipe.mlp,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.heads // 2,
        max_position_embeddings=recipe.positions,
        tie_word_embeddings=True,
        initializer_range=0.04,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def render(text: str, index: int) -> str:
    """Return the training text of one document or one `prompt<TAB>answer` pair."""
    prompt, tab, answer = text.rpartition("\t")
    if not tab:
        return text + BREAK
    system = SYSTEMS[index % len(SYSTEMS)]
    turns = [("system", system)] if system else []
    turns += [("user", prompt), ("assistant", answer)]
    return "".join(f"{START}{role}\n{content}{END}\n" for role, content in turns)


def _windows(tokenizer: Any, corpus: Sequence[str], recipe: NanoRecipe) -> torch.Tensor:
    """Return the whole corpus as rows of `window` tokens, its order shuffled once."""
    import torch

    order = torch.randperm(len(corpus), generator=torch.Generator().manual_seed(recipe.seed)).tolist()
    encoded = tokenizer([render(corpus[i], i) for i in order], add_special_tokens=False)["input_ids"]
    flat = [token for ids in encoded for token in ids]
    while len(flat) < recipe.window * recipe.batch:
        flat += flat
    rows = len(flat) // recipe.window
    return torch.tensor(flat[: rows * recipe.window]).view(rows, recipe.window)


def _pretrain(model: Any, rows: torch.Tensor, recipe: NanoRecipe, progress: Progress) -> None:
    import torch

    shuffle = torch.Generator().manual_seed(recipe.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.lr, betas=(0.9, 0.95), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.lr, recipe.steps, pct_start=0.1)
    model.train()
    order: list[int] = []
    for step in range(recipe.steps):
        if len(order) < recipe.batch:
            order += torch.randperm(len(rows), generator=shuffle).tolist()
        batch, order = rows[order[: recipe.batch]], order[recipe.batch :]
        loss = model(input_ids=batch, labels=batch, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        schedule.step()
        progress(step + 1, recipe.steps, f"pre-training nano, loss {loss.item():.2f}")
    model.eval()
