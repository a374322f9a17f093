"""Know the held-out rows again: training rows that equal one, or come from its template, are kept out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from assay.records import EvalItem, Example, Made, Message
from assay.verbs.importing.groups import prompt_key
from assay.workspace import Workspace


@dataclass
class HeldOut:
    """Prompts and templates of every frozen item, sealed ones too; none of their text leaves this class."""

    prompts: set[str] = field(default_factory=set)
    templates: set[str] = field(default_factory=set)
    same_prompt: int = 0
    same_template: int = 0

    @staticmethod
    def of(ws: Workspace, names: Iterable[str]) -> HeldOut:
        """Read the items of these eval sets."""
        found = HeldOut()
        for name in names:
            found.add(ws.items_to_keep_apart(ws.eval_set(name)))
        return found

    def add(self, items: Iterable[EvalItem]) -> None:
        """Keep rows apart from these items."""
        for item in items:
            self.prompts.add(prompt_key(Example((*item.messages, Message("assistant", "")))))
            if item.template:
                self.templates.add(item.template)

    def has(self, made: Made) -> bool:
        """Say whether the row must stay out of training, and count it."""
        if prompt_key(made.example) in self.prompts:
            self.same_prompt += 1
            return True
        if made.origin.template and made.origin.template in self.templates:
            self.same_template += 1
            return True
        return False
