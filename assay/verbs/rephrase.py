"""Method rephrase: a model on this machine rewrites the prompts of a version."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from assay.chat import Contract
from assay.config import RephraseRecipe
from assay.engines.cache import ResponseCache
from assay.engines.device import hardware
from assay.files import Progress, silent
from assay.fingerprint import fingerprint
from assay.records import Example, Made, Message, Origin
from assay.verbs.costs import measured
from assay.verbs.generate import Generated, publish_raw
from assay.verbs.subjects import lineup
from assay.workspace import Workspace
from evals.bench import VERSION as ANSWERING
from evals.bench import Subject
from generators.distilling import PROMPT_NAME
from generators.rephrase import GENERATOR, VERSION, Rejected
from generators.rephrase import rephrase as rewrite

RULE = "rephrase"
Speak = Callable[[Sequence[Sequence[Message]]], list[str]]


def rephrase(ws: Workspace, recipe: RephraseRecipe, name: str, progress: Progress = silent) -> Generated:
    """Rewrite rows of the version in `from:`; what is not kept becomes a row with a verdict that says why.

    `teacher` is `base` or a run, so the student can be its own teacher. Raises UserError for an unknown
    one.
    """
    source = ws.version(recipe.source)
    who = lineup(ws, [recipe.teacher], progress)
    teacher = who.subjects[0]
    act = fingerprint(
        "rephrase",
        version=VERSION,
        recipe=recipe.resolved(),
        source=source.id,
        prompt=PROMPT_NAME,
        base=who.base.digest,
        adapter=teacher.digest,
        answering=ANSWERING,
    )
    skipped = ws.store.has("verdicts", act)
    if not skipped:
        rows = sorted((i for i, _ in ws.selection(source.id)), key=lambda i: _order(i, recipe.seed))
        with measured(ws, "generate", act):
            speak = speaker(who.base.folder, who.base.digest, teacher, recipe)
            kept, rejected = rewrite(recipe, ws.made(rows), speak, name=name, progress=progress)
            refused = [_refused(r, recipe, name) for r in rejected]
            ws.add_made(act, [*kept, *refused])
            ws.store.append(
                "verdicts", act, (_verdict(act, m, r) for m, r in zip(refused, rejected, strict=True))
            )
    verdicts = ws.store.segment("verdicts", act).rows("verdicts")
    dropped = {v["example_id"] for v in verdicts}
    ids = ws.store.segment("examples", act).read("examples")["example_id"].to_pylist()
    made = publish_raw(
        ws,
        act,
        name,
        {"name": name, **recipe.resolved()},
        ids=[i for i in ids if i not in dropped],
        skipped=skipped,
        parents=(source.id,),
    )
    reasons = Counter(v["reason"].split(":")[0] for v in verdicts)
    return replace(made, rejected=dict(sorted(reasons.items())))


def _order(example_id: str, seed: int) -> str:
    return hashlib.md5(f"{example_id}{seed}".encode(), usedforsecurity=False).hexdigest()


def _refused(rejected: Rejected, recipe: RephraseRecipe, name: str) -> Made:
    """Keep a rewrite that was refused as a row of kind prompt: nobody trains on it, anybody can read it."""
    example = Example((Message("user", rejected.text),), kind="prompt")
    origin = Origin(
        example.id,
        skill="",
        template="",
        generator=GENERATOR,
        recipe=name,
        variant="rephrase",
        teacher=recipe.teacher,
        prompt=PROMPT_NAME,
        parents=(rejected.source,),
        seed=recipe.seed,
    )
    return Made(example, origin)


def _verdict(act: str, made: Made, rejected: Rejected) -> dict[str, Any]:
    return {
        "curation": act,
        "rule": RULE,
        "example_id": made.example.id,
        "reason": rejected.reason,
        "other_id": rejected.source,
        "span": "",
    }


def speaker(folder: Any, digest: str, teacher: Subject, recipe: RephraseRecipe) -> Speak:
    """Return a function that answers conversations by a local model; every answer is cached at once.

    The model is loaded at the first answer that is not cached.
    """
    cache, loaded = ResponseCache(), list[Any]()

    def model() -> Any:
        from assay.engines.local import LocalModel

        if not loaded:
            loaded.append(LocalModel(folder, {"teacher": teacher.folder} if teacher.folder else None))
        return loaded[0]

    def speak(conversations: Sequence[Sequence[Message]]) -> list[str]:
        contract = Contract.load(folder)
        prompts = [contract.prompt_ids(c) for c in conversations]
        act = fingerprint(
            "speak",
            version=ANSWERING,
            dtype=str(hardware().dtype),
            model=digest,
            adapter=teacher.digest,
            prompts=prompts,
            temperature=recipe.temperature,
            max_new_tokens=recipe.max_new_tokens,
            seed=recipe.seed,
        )
        found = cache.get(act)
        if found is None:
            answers = model().generate(
                prompts,
                adapter="teacher" if teacher.folder else None,
                stop_ids=contract.stop_ids,
                pad_id=contract.pad_id,
                max_new_tokens=recipe.max_new_tokens,
                temperature=recipe.temperature,
                seed=recipe.seed,
            )
            found = {"texts": [contract.decode(a) for a in answers]}
            cache.put(act, found)
        texts: list[str] = found["texts"]
        return texts

    return speak
