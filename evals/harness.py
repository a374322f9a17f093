"""Two lm-eval models over one answering: `ContractLM` for our own tasks, `StandardLM` for standard ones.

The only importer of lm_eval. lm-eval hands text around, and its HF model renders, cuts and names
things in ways that change scores. For our own tasks "text" is therefore the conversation as JSON:
`apply_chat_template` dumps it, and the requests are rendered to ids by the chat contract, as in training
and generation. A standard task is worth something because others ran it too: `StandardLM` asks, cuts and
scores token for token as lm-eval's `hf` model does.
"""

from __future__ import annotations

import contextlib
import json
import logging
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from assay.chat import Contract
from assay.errors import MissingExtra, UserError, nearest
from assay.files import read_json
from assay.records import Message
from evals.answering import Answering, Ask, Weigh

try:
    import jinja2
    import lm_eval
    import lm_eval.api.task
    import yaml
    from datasets.exceptions import DatasetsError
    from lm_eval.api.model import LM, TemplateLM
    from lm_eval.models.utils import (
        handle_stop_sequences,
        normalize_gen_kwargs,
        postprocess_generated_text,
        resolve_max_length,
    )
    from lm_eval.tasks import TaskManager
    from lm_eval.utils import get_rolling_token_windows, make_disjoint_window
except ImportError as error:
    raise MissingExtra("lm-eval", "eval") from error

WINDOW = 1024
"""Tokens of a rolling-perplexity window."""

DEFAULT_TOKENS = 256
"""What a task gets when it names no limit, as in lm-eval."""

FEWSHOT_SEED = 1234
"""What plain lm-eval draws few-shot examples with."""

GREEDY = {"until", "do_sample", "temperature", "max_gen_toks", "top_p", "top_k"}
"""Settings of a generation that are served, or that greedy decoding does not look at."""


class ContractLM(LM):  # type: ignore[misc]
    """Answer lm-eval's requests under a chat contract; knows itself as (base, adapter, contract)."""

    def __init__(self, answering: Answering, contract: Contract, identity: Mapping[str, str]) -> None:
        super().__init__()
        self.answering, self.contract, self.identity = answering, contract, dict(identity)

    @property
    def tokenizer_name(self) -> str:
        """Name the rendering; lm-eval keys request caches by it."""
        return str(self.contract.hash)

    def get_model_info(self) -> dict[str, str]:
        """Name base, adapter and contract; lm-eval alone names an adapter by its base's path."""
        return self.identity

    def apply_chat_template(
        self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True
    ) -> str:
        """Keep the conversation whole; the contract renders it later."""
        if not add_generation_prompt:
            raise UserError(
                "a task that begins the answer itself (gen_prefix) has no place in the chat contract",
                fix="use a variant of the task without gen_prefix",
            )
        return json.dumps(chat_history, ensure_ascii=False)

    def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
        """Generate greedily (or as the task says) up to the contract's stop token or the task's stop text."""
        asks = [self._ask(r) for r in requests]
        replies = self.answering.generate(asks)
        return [
            _cut(self.contract.decode(ids), r.args[1].get("until") or ())
            for r, ids in zip(requests, replies, strict=True)
        ]

    def loglikelihood(self, requests: list[Any], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """Score the continuation as a whole answer: its tokens and the stop token after it."""
        pairs = []
        for r in requests:
            turns = _turns(r)
            ids = self.contract.prompt_ids(turns), self.contract.target_ids(turns, r.args[1])
            pairs.append(Weigh(tuple(ids[0]), tuple(ids[1])))
        return [(-w.total, w.greedy) for w in self.answering.weigh(pairs)]

    def loglikelihood_rolling(self, requests: list[Any], disable_tqdm: bool = False) -> list[float]:
        """Score raw text, exempt from the contract: no template, no system prompt."""
        start = self.contract.stop_ids[0]
        pairs, owner = [], []
        for i, r in enumerate(requests):
            ids = self.contract.tokenizer.encode(r.args[0], add_special_tokens=False)
            windows = get_rolling_token_windows(ids, start, WINDOW, 1)
            for context, continuation in map(make_disjoint_window, windows):
                pairs.append(Weigh(tuple(context), tuple(continuation)))
                owner.append(i)
        totals = [0.0] * len(requests)
        for i, weight in zip(owner, self.answering.weigh(pairs), strict=True):
            totals[i] -= weight.total
        return totals

    def _ask(self, request: Any) -> Ask:
        settings = request.args[1]
        limit = next(
            (settings[k] for k in ("max_gen_toks", "max_new_tokens") if k in settings), DEFAULT_TOKENS
        )
        temperature = float(settings.get("temperature") or 0.0) if settings.get("do_sample") else 0.0
        return Ask(tuple(self.contract.prompt_ids(_turns(request))), int(limit), temperature)


class StandardLM(TemplateLM):  # type: ignore[misc]
    """Answer as lm-eval's `hf` model does, only that the template's clock stands still.

    `asked` keeps what was asked without the template's marks, by rendered context.
    """

    def __init__(
        self, answering: Answering, contract: Contract, identity: Mapping[str, str], folder: Path
    ) -> None:
        super().__init__()
        self.answering, self.identity = answering, dict(identity)
        # lm-eval brings the system prompt itself, and lets control tokens through.
        self.contract = replace(contract, system="", control=())
        self.tokenizer = contract.tokenizer
        self.longest = _longest(folder, self.tokenizer)
        self.asked: dict[str, str] = {}

    @property
    def eot_token_id(self) -> int:
        """Return the end-of-text token."""
        return int(self.tokenizer.eos_token_id)

    @property
    def prefix_token_id(self) -> int:
        """Return what stands before a text without context."""
        bos = self.tokenizer.bos_token_id
        return self.eot_token_id if bos is None else int(bos)

    @property
    def tokenizer_name(self) -> str:
        """Name the rendering."""
        return str(self.contract.hash)

    def get_model_info(self) -> dict[str, str]:
        """Name base, adapter and contract."""
        return self.identity

    def apply_chat_template(
        self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True
    ) -> str:
        """Render the conversation; one that ends with the assistant is left open, to be continued."""
        turns = [Message(t["role"], t["content"]) for t in chat_history]
        begun = "" if add_generation_prompt else turns.pop().content
        text = self.contract.prompt_text(turns) + begun
        said = [m.content for m in turns if m.role != "system"]
        self.asked[text] = "\n\n".join([*said, *([begun] if begun else [])])
        return text

    def tok_encode(self, string: str, add_special_tokens: bool | None = None, **_: Any) -> list[int]:
        """Encode with the tokenizer's own special tokens, unless the text has them already."""
        if add_special_tokens is None and string.startswith(self.tokenizer.decode(self.prefix_token_id)):
            add_special_tokens = False
        how = {} if add_special_tokens is None else {"add_special_tokens": add_special_tokens}
        ids: list[int] = self.tokenizer.encode(string, **how)
        return ids

    def _loglikelihood_tokens(self, requests: list[Any], **_: Any) -> list[tuple[float, bool]]:
        pairs = []
        for _text, context, continuation in requests:
            ids = (context + continuation)[-(self.longest + 1) :]  # too long is cut on the left
            cut = len(ids) - len(continuation)
            pairs.append(Weigh(tuple(ids[:cut]), tuple(ids[cut:])))
        return [(-w.total, w.greedy) for w in self.answering.weigh(pairs)]

    def loglikelihood(self, requests: list[Any], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """Score the continuation alone: no stop token."""
        found: list[tuple[float, bool]] = super().loglikelihood(requests, disable_tqdm=True)
        return found

    def loglikelihood_rolling(self, requests: list[Any], disable_tqdm: bool = False) -> list[float]:
        """Score raw text in windows of the model's length: no template, no system prompt."""
        windows, owner = [], []
        for i, r in enumerate(requests):
            ids = self.tok_encode(r.args[0])
            for window in get_rolling_token_windows(ids, self.prefix_token_id, self.longest, 1):
                windows.append((None, *make_disjoint_window(window)))
                owner.append(i)
        totals = [0.0] * len(requests)
        for i, (total, _greedy) in zip(owner, self._loglikelihood_tokens(windows), strict=True):
            totals[i] += total
        return totals

    def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
        """Generate greedily up to a stop token; cut at the task's stop texts, strip nothing."""
        eos = self.tokenizer.decode(self.eot_token_id)
        settings = [normalize_gen_kwargs(r.args[1], DEFAULT_TOKENS) for r in requests]
        replies = self.answering.generate(
            [self._ask(r, how) for r, how in zip(requests, settings, strict=True)]
        )
        texts = []
        for ids, how in zip(replies, settings, strict=True):
            until = handle_stop_sequences(how["until"], eos=eos)
            text = self.tokenizer.decode(ids, skip_special_tokens=True)
            texts.append(postprocess_generated_text(text, until, None))
        return texts

    def _ask(self, request: Any, how: Mapping[str, Any]) -> Ask:
        odd = sorted(how.keys() - GREEDY)
        if odd or how.get("temperature"):
            raise UserError(
                f"the task decodes with {', '.join(odd) or 'sampling'}; Assay decodes greedily",
                where=str(request.task_name),
                fix="copy its YAML into tasks/ and set do_sample: false there, under another name",
            )
        limit = int(how["max_gen_toks"])
        ids = self.tok_encode(request.args[0])[-max(1, self.longest - limit) :]
        return Ask(tuple(ids), limit)


def _longest(folder: Path, tokenizer: Any) -> int:
    """Return how many tokens the model can read, from its config.json."""
    config = read_json(folder / "config.json") if (folder / "config.json").is_file() else {}
    inner = config.get("text_config") or config
    return int(resolve_max_length(SimpleNamespace(**inner), tokenizer))


def _turns(request: Any) -> list[Message]:
    """Read the conversation back; our own items with several turns replace lm-eval's single text."""
    try:
        history = json.loads(request.args[0])
    except json.JSONDecodeError as error:
        raise UserError(
            "this task was run without its chat template", where=str(request.task_name)
        ) from error
    turns = [Message(t["role"], t["content"]) for t in history]
    own = json.loads(request.doc["messages"]) if isinstance(request.doc.get("messages"), str) else []
    return turns[:-1] + [Message(t["role"], t["content"]) for t in own] if len(own) > 1 else turns


def _cut(text: str, until: Sequence[str]) -> str:
    for stop in until:
        text = text.split(stop)[0] if stop else text
    return text.strip()


def load_tasks(folders: Sequence[Path], names: Sequence[str]) -> dict[str, Any]:
    """Load tasks by name from `folders` only; lm-eval's own index of 14,000 files is left alone."""
    with contained():
        manager = TaskManager(include_path=[str(f) for f in folders], include_defaults=False)
        tasks: dict[str, Any] = dict(manager.load(list(names)))
    return tasks


def load_standard(name: str, root: Path, shots: int | None = None) -> Any:
    """Load one standard task: from tasks/*.yaml under `root` if it is there, else from lm-eval's own.

    Relative data files are those of `root`. Raises UserError for a group, an unknown name, and for data
    that cannot be had.
    """
    root = root.resolve()
    with contained(seeded=True), contextlib.chdir(root):
        manager, spec = _find(name, root / "tasks")
        try:
            (task,) = manager.load([spec])["tasks"].values()
        except (OSError, DatasetsError, ValueError, KeyError, yaml.YAMLError, ImportError) as error:
            raise _unloadable(name, error) from error
        except jinja2.TemplateError as error:  # lm-eval tries the first document at once
            raise _bad_template(name, error) from error
    own = task.get_config("num_fewshot")
    if own is None or (shots is not None and own != 0):  # lm-eval lets nobody overrule a written 0
        task.set_config("num_fewshot", shots or 0)
    task.set_fewshot_seed(seed=FEWSHOT_SEED)
    return task


def _find(name: str, folder: Path) -> tuple[Any, str]:
    """Return who can load the task, and by which name or path.

    lm-eval takes 8 s to index its 14,000 tasks; the file that names the task is found in 0.4.
    """
    manager = TaskManager(include_path=[str(folder)] if folder.is_dir() else [], include_defaults=False)
    if name not in manager.task_index:
        if path := _official(name):
            return manager, str(path)
        manager = _all_tasks()
    if name not in manager.task_index:
        fix = f"{nearest(name, manager.all_subtasks)}; or put its YAML into tasks/"
        raise UserError(f"lm-eval has no task {name!r}", fix=fix)
    entry = manager.task_index[name]
    if entry.kind.name in ("GROUP", "TAG"):
        raise UserError(
            f"lm_eval:{name} is a {entry.kind.name.lower()} of several tasks", fix=_name_them(entry)
        )
    return manager, name


def _name_them(entry: Any) -> str:
    parts = sorted(entry.tags) or [t for t in (entry.cfg or {}).get("task", []) if isinstance(t, str)]
    more = f" … ({len(parts)})" if len(parts) > 8 else ""
    return f"name its tasks: {', '.join(parts[:8])}{more}"


@lru_cache(maxsize=1)
def _all_tasks() -> Any:
    return TaskManager()


def _official(name: str) -> Path | None:
    """Return the one file of lm-eval that says `task: NAME`, if there is just one."""
    wanted = re.compile(rf"^task:\s*[\"']?{re.escape(name)}[\"']?\s*$", re.MULTILINE)
    folder = Path(lm_eval.tasks.__file__).parent
    found = [p for p in folder.rglob("*.yaml") if wanted.search(p.read_text("utf-8", errors="replace"))]
    return found[0] if len(found) == 1 else None


def _unloadable(name: str, error: Exception) -> UserError:
    said = " ".join(str(error).split())[:160]
    return UserError(
        f"the task {name} cannot be loaded: {said}",
        where=f"lm_eval:{name}",
        fix=f"on a machine with a network once; or put its YAML into tasks/ as {name}.yaml with "
        "`dataset_path: json` and `dataset_kwargs: {data_files: {test: FILE}}`",
    )


def _bad_template(name: str, error: Exception) -> UserError:
    return UserError(
        f"a template of the task fails: {error}", where=name, fix="name the fields as the data file does"
    )


def run(
    lm: LM, tasks: dict[str, Any], *, system: str | None = None, limit: int | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Evaluate and return the samples of every task; touches no global random state.

    `tasks` is what `load_tasks` returns, or task objects by name. `system` is for standard tasks: our own
    get theirs from the contract.
    """
    try:
        with contained():
            found = lm_eval.evaluate(
                lm,
                tasks if "tasks" in tasks else {"tasks": tasks},
                limit=limit,
                bootstrap_iters=0,
                log_samples=True,
                system_instruction=system or None,
                apply_chat_template=True,
                fewshot_as_multiturn=True,
            )
    except jinja2.TemplateError as error:  # a field that the user's data does not have
        raise _bad_template(", ".join(tasks), error) from error
    samples: dict[str, list[dict[str, Any]]] = found["samples"]
    return samples


@contextlib.contextmanager
def contained(*, seeded: bool = False) -> Iterator[None]:
    """Silence lm-eval's bars and its log below errors, and give the global random states back.

    It draws from `random` wherever it asks for a task's name. `seeded`: as its own command seeds them,
    for tasks that shuffle their options while loading.
    """
    logger, module = logging.getLogger("lm_eval"), lm_eval.api.task
    level, bar = logger.level, module.tqdm
    states = random.getstate(), np.random.get_state()
    logger.setLevel(logging.ERROR)
    module.tqdm = lambda iterable, **_: iterable
    if seeded:
        random.seed(0)
        np.random.seed(FEWSHOT_SEED)
    try:
        yield
    finally:
        logger.setLevel(level)
        module.tqdm = bar
        random.setstate(states[0])
        np.random.set_state(states[1])
