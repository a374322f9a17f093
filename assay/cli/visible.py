"""What may reach the terminal: data can hold escape sequences, and a terminal would obey them.

Every text and every JSON document that the command line prints goes through here. Data that must keep
its bytes is read with --json (equal after parsing) or by `assay data export`.
"""

from __future__ import annotations

import json
import re
from typing import Any

CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f"
"""C0 without tab and newline, DEL, C1."""

TURNING = r"\u202a-\u202e\u2066-\u2069"
"""Bidirectional overrides and isolates: they make a text read as another one (CVE-2021-42574)."""

UNSHOWABLE = re.compile(rf"[{CONTROLS}{TURNING}\ud800-\udfff]")
UNSAFE_IN_JSON = re.compile(rf"[\x7f-\x9f\u2028\u2029{TURNING}\ud800-\udfff]")
"""`json.dumps` escapes C0. U+2028 and U+2029 end a line in JavaScript; half a surrogate is no UTF-8."""


def visible(text: str) -> str:
    r"""Replace control and direction characters by what they are, as `\x1b` or `\u202e`."""
    return UNSHOWABLE.sub(_escape, text)


def json_text(document: Any) -> str:
    """Return one line of JSON without any control character, equal to `document` when parsed."""
    text = json.dumps(document, ensure_ascii=False, default=str)
    return UNSAFE_IN_JSON.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
