"""Show every probe's value under known conditions, to set margins: python benchmarks/probe_calibration.py

Give `condition=FILE` pairs, e.g. clean=a.parquet clean=b.parquet overfit=c.parquet. A file holds result
rows (Parquet, or a JSON list) of one run and of the base (the run called `base`) on the probe items.
It trains and evaluates nothing: make the rows with `evals.copying.probe_rows`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.errors import UserError
from assay.records import Result
from evals.probes import PROBES, Evidence, ProbeResult, run_probes

BASE = "base"


def read(path: Path) -> Evidence:
    """Read one file of rows and split it into run and base."""
    rows: list[dict[str, Any]]
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        rows = pq.read_table(path).to_pylist()
    else:
        rows = json.loads(path.read_text(encoding="utf-8"))
    results = [Result(**row) for row in rows]
    runs = sorted({r.run for r in results} - {BASE})
    if len(runs) != 1 or len(results) == len([r for r in results if r.run != BASE]):
        raise UserError("a file must hold the rows of one run and of `base`", where=str(path))
    return Evidence([r for r in results if r.run != BASE], [r for r in results if r.run == BASE])


def table(found: Sequence[tuple[str, Sequence[ProbeResult]]]) -> str:
    """Return one line per condition and probe, in points."""
    head = f"{'condition':<16}{'probe':<12}{'value':>8}{'interval':>18}{'margin':>8}  fired\n"
    return head + "\n".join(
        f"{condition:<16}{r.name:<12}{100 * r.value:>+8.1f}"
        f"{f'[{100 * r.lo:+.1f}, {100 * r.hi:+.1f}]':>18}{100 * r.margin:>8.1f}  {'yes' if r.fired else '-'}"
        for condition, results in found
        for r in results
    )


def room(found: Sequence[tuple[str, Sequence[ProbeResult]]]) -> str:
    """Return, per probe, the highest lower end of clean runs and the lowest of the others.

    A margin between the two fires where it must and only there.
    """
    lines = []
    for name in PROBES:
        lows: dict[bool, list[float]] = {True: [], False: []}
        for condition, results in found:
            lows[condition.startswith("clean")] += [r.lo for r in results if r.name == name]
        if lows[True] and lows[False]:
            clean, planted = 100 * max(lows[True]), 100 * min(lows[False])
            lines.append(f"{name}: clean runs reach {clean:+.1f}, planted faults start at {planted:+.1f}")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Print the table for `condition=FILE` arguments."""
    if not arguments:
        print(__doc__)
        return 2
    found = []
    for argument in arguments:
        condition, _, file = argument.partition("=")
        found.append((condition, run_probes(read(Path(file)))))
    print(table(found), room(found), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
