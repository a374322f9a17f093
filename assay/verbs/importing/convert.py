"""Make examples and eval items of drafts; what cannot be used says why, with its line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assay import checks
from assay.config import Task
from assay.errors import nearest
from assay.records import Check, EvalItem, Example, Made, Message, Origin
from assay.sources.drafts import Draft
from assay.sources.rows import Bad
from assay.verbs.importing.gold import check_for

GENERATOR = "import"


@dataclass(frozen=True)
class Converter:
    """Turns drafts into rows of one import: `name` is the import's, `check` what judges its answers."""

    name: str
    task: Task
    check: Mapping[str, Any]

    def made(self, draft: Draft, *, prompts: bool = False) -> Made | Bad:
        """Return the training row (or, with `prompts`, the prompt alone) and where it came from."""
        found = self._labelled(draft)
        if isinstance(found, Bad):
            return found
        if prompts:
            example = Example(_prompt(found), kind="prompt", tools=found.tools)
        elif found.chosen and found.rejected:
            messages = (*found.messages, *found.chosen)
            example = Example(messages, kind="preference", chosen=found.chosen, rejected=found.rejected)
        elif found.prompt_only:
            return _bad(found, "there is no answer to train on; --as prompts takes prompts without one")
        else:
            judged = self._check(found)
            if isinstance(judged, Bad):
                return judged
            gold = found.answer if judged else None
            example = Example(found.messages, gold, judged, tools=found.tools)
        return Made(example, self._origin(found, example.id))

    def item(self, draft: Draft) -> EvalItem | Bad:
        """Return the eval item; its gold answer must pass its own check."""
        found = self._labelled(draft)
        if isinstance(found, Bad):
            return found
        if found.chosen:
            return _bad(found, "a preference has no gold answer to measure by")
        judged = self._check(found, needed=True)
        if isinstance(judged, Bad) or judged is None:
            return judged or _bad(found, "there is no answer to measure by")
        target = "" if found.prompt_only else found.response
        if judged.kind == "open" and not target:
            return _bad(found, "open text without a reference answer can be measured by nothing")
        return EvalItem(
            messages=_prompt(found),
            target=target,
            answer=found.answer or "",
            check=judged,
            skill=self._skill(found),
            template=found.template,
            parent=found.parents[0] if found.parents else "",
            source_id=found.id,
        )

    def _labelled(self, draft: Draft) -> Draft | Bad:
        """Call the label what assay.yaml calls it, and hold it against the closed set."""
        labels = self.task.labels
        if name := self.task.label_names.get(draft.label or ""):
            draft = _renamed(draft, name)
        if not labels or draft.label is None or draft.label in labels:
            return draft
        return _bad(
            draft, f"the label {draft.label[:60]!r} is none of task.labels ({nearest(draft.label, labels)})"
        )

    def _check(self, draft: Draft, *, needed: bool = False) -> Check | Bad | None:
        """Return the row's check, tried on its own gold answer; None for text that nothing judges."""
        check = check_for(draft, self.check)
        if check.kind == "open":
            return check if needed else None
        if not draft.answer and check.kind != "constraints":
            return _bad(draft, "there is no answer for the check to compare with") if needed else None
        spec = json.loads(check.dump())
        try:
            checks.validate(spec)
        except ValueError as error:
            return _bad(draft, str(error))
        gold, choices = draft.answer or "", check.params.get("choices")
        if check.kind == "choice" and choices and gold.strip().casefold() not in _folded(choices):
            return _bad(draft, f"the answer {gold[:60]!r} is none of the choices ({nearest(gold, choices)})")
        if check.kind != "constraints" and not (said := checks.judge(spec, gold, gold)).passed:
            return _bad(draft, f"the answer fails its own check {check.kind}: {said.detail}")
        return check

    def _skill(self, draft: Draft) -> str:
        if draft.skill or self.task.skill == "cluster":
            return draft.skill
        if self.task.skill == "file":
            return Path(draft.file).name.split(".")[0]
        return draft.label or ""

    def _origin(self, draft: Draft, example_id: str) -> Origin:
        return Origin(
            example_id,
            skill=self._skill(draft),
            template=draft.template,
            generator=GENERATOR,
            recipe=self.name,
            prompt=f"{Path(draft.file).name}:{draft.line}",
            parents=draft.parents,
        )


def _folded(choices: Sequence[str]) -> set[str]:
    return {c.strip().casefold() for c in choices}


def _renamed(draft: Draft, name: str) -> Draft:
    """Write the label under another name, also where it is the trained turn."""
    alone = draft.response == draft.label
    turns = (*draft.messages[:-1], Message("assistant", name)) if alone and not draft.prompt_only else None
    return replace(
        draft,
        label=name,
        answer=name if draft.answer == draft.label else draft.answer,
        response=name if alone else draft.response,
        messages=turns or draft.messages,
    )


def _prompt(draft: Draft) -> tuple[Message, ...]:
    return draft.messages if draft.prompt_only else draft.messages[:-1]


def _bad(draft: Draft, why: str) -> Bad:
    return Bad(draft.file, draft.line, why)
