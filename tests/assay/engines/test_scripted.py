"""The scripted engine answers in order and remembers."""

from __future__ import annotations

from assay.engines.scripted import Scripted
from assay.records import Message


def test_it_answers_in_order_and_remembers() -> None:
    speaker = Scripted(lambda conversation: conversation[-1].content.upper())
    first, second = (Message("user", "a"),), (Message("user", "b"),)
    assert speaker([first, second]) == ["A", "B"]
    assert speaker.asked == [first, second]
