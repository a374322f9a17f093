"""Read conversations in the ways people store them into one form: user, assistant, system, tool."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from assay.fingerprint import canonical
from assay.records import Message
from assay.sources.fields import is_empty, unpacked

NAMES = {
    **dict.fromkeys(("user", "human", "prompter", "customer", "question"), "user"),
    **dict.fromkeys(
        ("assistant", "gpt", "bot", "chatgpt", "model", "ai", "agent", "bard", "bing"), "assistant"
    ),
    **dict.fromkeys(("function_call", "tool_call", "tool_calls"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(
        ("tool", "function", "observation", "function_response", "tool_response", "ipython"), "tool"
    ),
}
_HH = re.compile(r"(?:^|\n\n)(Human|Assistant): ?")


def is_conversation(value: Any) -> bool:
    """Say whether a value is a list of turns."""
    value = unpacked(value)
    return isinstance(value, list) and bool(value) and all(_is_turn(v) for v in value)


def _is_turn(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    return ("role" in value and bool({"content", "tool_calls"} & set(value))) or {"from", "value"} <= set(
        value
    )


def turns_in(value: Any, field: str) -> tuple[Message, ...]:
    """Read a list of turns (or an object of one). Raises ValueError with the turn that is wrong."""
    value = unpacked(value)
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list) or not value:
        raise ValueError(f"the field {field!r} is no list of turns")
    return tuple(_turn(turn, f"turn {i} of {field!r}") for i, turn in enumerate(value, start=1))


def _turn(turn: Any, where: str) -> Message:
    if not isinstance(turn, Mapping):
        raise ValueError(f"{where} is no object with role and content")
    name = turn.get("role", turn.get("from"))
    if not isinstance(name, str) or name.strip().lower() not in NAMES:
        raise ValueError(f"{where} has the role {str(name)[:40]!r}, which nobody knows")
    content = _content(turn.get("content", turn.get("value")), where)
    calls = turn.get("tool_calls") or turn.get("function_call")
    if not is_empty(calls):
        content = "\n".join(filter(None, [content.strip(), _calls(calls, where)]))
    if not content.strip():
        raise ValueError(f"{where} is empty")
    return Message(NAMES[name.strip().lower()], content)


def _content(value: Any, where: str) -> str:
    """Return the text of a turn; a list of parts must be text alone."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list) and all(
        isinstance(p, Mapping) and isinstance(p.get("text"), str) for p in value
    ):
        return "\n".join(p["text"] for p in value)
    if isinstance(value, Mapping):  # a call or a result, stored unpacked
        return canonical(value)
    raise ValueError(f"{where} holds something else than text")


def _calls(calls: Any, where: str) -> str:
    """Write OpenAI's tool calls as the canonical JSON of name and arguments, one a line."""
    calls = unpacked(calls)
    found = []
    for call in calls if isinstance(calls, list) else [calls]:
        inner = call.get("function", call) if isinstance(call, Mapping) else None
        if not isinstance(inner, Mapping) or "name" not in inner:
            raise ValueError(f"{where} has a tool call without a name")
        found.append(canonical({"name": inner["name"], "arguments": unpacked(inner.get("arguments", {}))}))
    return "\n".join(found)


def hh_turns(text: str) -> tuple[Message, ...] | None:
    """Read the `Human: … Assistant: …` of Anthropic's HH; None for any other text."""
    pieces = _HH.split(text)
    if pieces[0].strip() or len(pieces) < 3:
        return None
    names = {"Human": "user", "Assistant": "assistant"}
    turns = zip(pieces[1::2], pieces[2::2], strict=True)
    return tuple(Message(names[name], content.strip()) for name, content in turns)


def check_order(turns: Sequence[Message], field: str) -> None:
    """Raise ValueError where the turns do not follow: one system first, user and assistant by turns."""
    before = "start"
    for i, turn in enumerate(turns, start=1):
        if turn.role not in _MAY_FOLLOW[before]:
            after = "first" if before == "start" else f"after {before}"
            raise ValueError(f"turn {i} of {field!r} is {turn.role}, {after}: turns must alternate")
        before = turn.role
    if before in ("start", "system"):
        raise ValueError(f"{field!r} has no user turn")


_MAY_FOLLOW = {
    "start": ("system", "user"),
    "system": ("user",),
    "user": ("assistant",),
    "assistant": ("user", "tool"),
    "tool": ("tool", "assistant"),
}
