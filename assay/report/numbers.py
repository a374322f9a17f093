"""Write numbers as the command line does: `.41`, `+.33`, `[.24 .42]`, `1,204`, `4 min 12 s`.

What too few clusters leave open is infinite and written ∞; what does not exist (NaN) is a dash.
"""

from __future__ import annotations

import math
import re

MINUS = "−"
NO_BREAK = "\u00a0"
UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def score(value: float, digits: int = 2) -> str:
    """Write a fraction without its leading zero; a negative one gets a real minus sign."""
    if not math.isfinite(value):
        return "–" if math.isnan(value) else MINUS * (value < 0) + "∞"
    text = f"{abs(value):.{digits}f}"
    short = text[1:] if text.startswith("0") else text
    return (MINUS if value < 0 and float(text) else "") + short


def difference(value: float, digits: int = 3) -> str:
    """Write a difference with its sign; what rounds to zero has none."""
    text = score(abs(value), digits)
    if math.isnan(value) or float(f"{value:.{digits}f}") == 0:
        return text
    return (MINUS if value < 0 else "+") + text


def interval(lo: float, hi: float, digits: int = 2) -> str:
    """Write the interval of a score."""
    return f"[{score(lo, digits)} {score(hi, digits)}]"


def around(lo: float, hi: float, digits: int = 3) -> str:
    """Write the interval of a difference."""
    return f"[{difference(lo, digits)} {difference(hi, digits)}]"


def count(value: int) -> str:
    """Write a whole number with thousands separators."""
    return f"{value:,}"


def duration(seconds: float) -> str:
    """Write a time in the two largest units that say something."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def glued(text: str) -> str:
    """Keep an interval on one line: the space inside its brackets becomes one that does not break."""
    return re.sub(r"\[([^\]\s]+) ([^\]\s]+)\]", rf"[\1{NO_BREAK}\2]", text)


def showable(text: str) -> str:
    """Replace what no page or terminal should get: control and direction characters, lone surrogates."""
    return UNSHOWABLE.sub("\ufffd", text)
