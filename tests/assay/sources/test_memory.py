"""Ten times the rows take the same memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import resource, sys
from assay.sources import open_source
n = sum(1 for _ in open_source(sys.argv[1]).rows())
print(n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(path: Path, rows: int) -> int:
    """Return the peak memory in KB of a process that reads the file."""
    run = subprocess.run([sys.executable, "-c", CODE, str(path)], capture_output=True, text=True, check=True)
    count, kb = map(int, run.stdout.split())
    assert count == rows
    return kb


@pytest.mark.parametrize("ending", ["jsonl", "json", "csv"])
def test_memory_does_not_grow_with_the_file(ending: str, tmp_path: Path) -> None:
    peaks = []
    for rows in (20_000, 200_000 if ending == "jsonl" else 100_000):
        row = '{"question": "how much is it, all in all?", "answer": "just seven"}'
        text = {
            "jsonl": f"{row}\n" * rows,
            "json": "[\n" + ",\n".join([row] * rows) + "\n]",
            "csv": "question,answer\n" + '"how much, then?",seven\n' * rows,
        }[ending]
        path = tmp_path / f"{rows}.{ending}"
        path.write_text(text)
        peaks.append(peak(path, rows))
    assert peaks[1] - peaks[0] < 5_000
