"""The progress line: one line that redraws on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time

from assay.cli.visible import visible

EVERY = {True: 0.1, False: 10.0}
"""Seconds between two drawings, on a terminal and off it."""


class Bar:
    """A `Progress` that draws done/total, rate, and time left on stderr."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.terminal = sys.stderr.isatty()
        self.started = self.drawn = time.monotonic()
        self.first: int | None = None
        self.note = ""

    def __call__(self, done: int, total: int, note: str) -> None:
        now = time.monotonic()
        if note and note != self.note and self.first is None:
            self.started = now
        if self.first is None or done < self.first:
            self.first, self.started = done, now
        self.note = note or self.note
        last = done >= total
        if now - self.drawn < EVERY[self.terminal] and not last:
            return
        self.drawn = now
        line = self.line(done, total, now)
        if self.terminal:
            sys.stderr.write(f"\r\x1b[2K{line}" + ("\n" if last else ""))
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()
        if last:
            self.first = None

    def line(self, done: int, total: int, now: float) -> str:
        """Return the text of the line."""
        parts = [f"{self.label} {done:,}/{total:,}" if total else f"{self.label} {done:,}"]
        made, seconds = done - (self.first or 0), now - self.started
        if made > 0 and seconds > 0.5:
            rate = made / seconds
            parts.append(f"{rate:.1f}/s" if rate >= 1 else f"{1 / rate:.1f} s each")
            parts.append(f"{clock((total - done) / rate)} left" if done < total else clock(seconds))
        if self.note:
            parts.append(self.note)
        return visible(" · ".join(parts)).replace("\n", "⏎")


def clock(seconds: float) -> str:
    """Return seconds as 12 s, 3:05 or 1:02:03."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
