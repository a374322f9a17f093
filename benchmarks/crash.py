"""Kill the loop again and again and compare its end with an undisturbed one: python benchmarks/crash.py

One loop runs in peace. In a second workspace, with a cache of its own, `assay loop` gets SIGKILL at
random moments and is started again, until it has been killed --kills times; a loop that ends before
is compared too, and a new one begins. Rows, versions, adapters, results and the ledger must be equal.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay import models
from assay.files import cache_dir, read_json
from assay.verbs.model import pull
from assay.workspace import Workspace
from training.adapter import digest_of

CONFIG = """\
project: crash
model: {model}
task: {{system: ""}}
heldout: {{skills: [arithmetic, units], dev: 8, test: 8}}
generate:
  pool: {{method: skills, skills: [arithmetic, units], n: 40}}
curate:
  main:
    from: [pool]
    reject: [exact_duplicate, near_duplicate, overlaps_heldout, check_fails, too_short_or_long]
    audit: [no_empty_answer, every_skill_present]
train:
  lora: {{rank: 8, lr: 2e-3, steps: 30}}
suites:
  main: {{tasks: [heldout], probes: [fresh_gap, retemplate, verbatim]}}
loop: {{generate: pool, curate: main, train: lora, initial: 40, size: 16, rounds: 1, steps: 8}}
"""

COMMAND = (sys.executable, "-c", "from assay.cli.main import main; main()", "loop")
LABEL = re.compile(r"(\D.*?) [\d,]+/[\d,]+(?: · .*)?")
START = "(start)"
EARLY = 0.12
"""Share of kills while the process still starts; the others aim at its work."""


@dataclass(frozen=True)
class Site:
    """A workspace with a cache of its own, so that no answer comes from another trial."""

    root: Path

    @property
    def cache(self) -> Path:
        """The folder that ASSAY_CACHE names."""
        return self.root / "cache"

    @property
    def log(self) -> Path:
        """What the loop printed, all its lives together."""
        return self.root / "log.txt"

    def labels(self) -> list[str]:
        """Return the labels of the progress lines so far, each once, in the order they came."""
        text = self.log.read_text(encoding="utf-8") if self.log.is_file() else ""
        found = (LABEL.fullmatch(line) for line in text.splitlines())
        return list(dict.fromkeys(m[1] for m in found if m))


def site(root: Path, model: models.Model, *caches: Path) -> Site:
    """Make a workspace on the model's folder, and a cache that holds only the measured number type."""
    made = Site(root)
    made.cache.mkdir(parents=True)
    config = CONFIG.format(model=json.dumps(str(model.folder.resolve())))
    (root / "assay.yaml").write_text(config, encoding="utf-8")
    for measured in (c / "hardware" for c in caches):
        if measured.is_dir():
            shutil.copytree(measured, made.cache / "hardware", dirs_exist_ok=True)
    return made


@contextlib.contextmanager
def alive(where: Site) -> Iterator[subprocess.Popen[bytes]]:
    """Start `assay loop` as a process group of its own; nothing of it is left behind."""
    quiet = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "2")}
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    env = os.environ | quiet | {"ASSAY_CACHE": str(where.cache), "PYTHONPATH": path}
    with where.log.open("ab") as log:
        process = subprocess.Popen(
            COMMAND, cwd=where.root, env=env, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def undisturbed(where: Site) -> tuple[float, float]:
    """Run the loop to its end; return the seconds to its first progress line, and in all."""
    started, first = time.monotonic(), 0.0
    with alive(where) as process:
        while process.poll() is None:
            time.sleep(0.05)
            if not first and where.labels():
                first = time.monotonic() - started
        code = process.returncode
    if code:
        raise SystemExit(f"the undisturbed loop ended with {code}:\n{where.log.read_text(encoding='utf-8')}")
    return first, time.monotonic() - started


# -- what is compared -------------------------------------------------------------------------------


def state(root: Path) -> dict[str, Any]:
    """Return everything that a kill must not change, by name."""
    ws = Workspace.at(root)
    found: dict[str, Any] = {f"version {v.label}": (v.id, v.manifest) for v in ws.all_versions()}
    found |= {f"run {r.name}": _plain(r) for r in ws.runs()}
    found |= {f"adapter {r.name}": digest_of(ws.run_folder(r.id)) for r in ws.runs()}
    found |= {f"eval set {name}": _plain(ws.eval_set(name)) for name in ws.eval_sets()}
    for place, store in (("", ws.store), ("sealed ", ws.sealed)):
        for table, names in store.snapshot().segments.items():
            for name in names:
                rows = store.segment(table, name).rows(table)
                found[f"{place}{table} {name}"] = sorted(json.dumps(r, default=str) for r in rows)
    found |= {f"ledger {e.number}": (e.act, e.reason, e.key, dict(e.what)) for e in ws.ledger.entries()}
    found["summary"] = {k: v for k, v in read_json(root / "summary.json").items() if k != "seconds"}
    return found


def _plain(value: Any) -> dict[str, Any]:
    return {k: v for k, v in dataclasses.asdict(value).items() if k != "created"}


def faults(root: Path) -> list[str]:
    """Return what is wrong with a finished workspace, without comparing it with another."""
    ws = Workspace.at(root)
    lines = ws.ledger.damage()
    if ws.test_openings() != 1:
        lines.append(f"the test was opened {ws.test_openings()} times")
    lines += [f"{r.name}: the adapter is not the one recorded" for r in ws.runs() if not _same(ws, r)]
    for name, rows in state(root).items():
        if isinstance(rows, list) and len(set(rows)) < len(rows):
            lines.append(f"{name}: rows twice")
    return lines


def _same(ws: Workspace, run: Any) -> bool:
    return bool(digest_of(ws.run_folder(run.id)) == run.adapter)


def differences(one: Mapping[str, Any], two: Mapping[str, Any]) -> list[str]:
    """Return one line per name that is in one state only or stands for something else."""
    lines = [f"lost: {k}" for k in one if k not in two] + [f"more: {k}" for k in two if k not in one]
    return lines + [f"differs: {k}{_where(one[k], two[k])}" for k in one if k in two and one[k] != two[k]]


def _where(one: Any, two: Any) -> str:
    """Return the columns in which two lists of rows differ; of anything else, both values."""
    if not isinstance(one, list) or len(one) != len(two):
        return f": {str(one)[:200]} against {str(two)[:200]}"
    pairs = [(json.loads(a), json.loads(b)) for a, b in zip(one, two, strict=True)]
    return f" in {', '.join(sorted({k for a, b in pairs for k in a if a[k] != b[k]}))}"


def litter(root: Path) -> int:
    """Count the temporary files and folders that kills left behind; no reader sees them."""
    return sum(p.name.startswith(".") for p in (root / ".assay").rglob(".*"))


# -- the kills --------------------------------------------------------------------------------------


@dataclass
class Trial:
    """What is known so far: kills by the last progress line before each, loops ended, lines of faults.

    `window` is the time after the start-up in which a kill falls; it grows when a life gets nothing
    done and shrinks when it gets much done, so that kills spread over the whole loop.
    """

    startup: float
    window: float
    rng: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    loops: int = 0
    left: int = 0
    faults: list[str] = field(default_factory=list)

    def delay(self) -> float:
        """Return after how many seconds the next life ends."""
        if self.rng.random() < EARLY:
            return self.rng.uniform(0.0, self.startup)
        return self.startup + self.rng.uniform(0.0, self.window)

    def adapt(self, done: int) -> None:
        """Learn from a life that got `done` more stages to an end."""
        self.window *= 1.5 if done == 0 else 0.75 if done > 2 else 1.0


def disturbed(trial: Trial, where: Site, kills: int) -> None:
    """Run one loop to its end, killing it until `kills` kills are made in all."""
    killed = 0
    while True:
        before = where.labels()
        wanted = trial.kills.total() < kills
        with alive(where) as process, contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(trial.delay() if wanted else None)
        after = where.labels()
        if process.returncode != -signal.SIGKILL:
            break
        killed += 1
        trial.kills[after[-1] if after else START] += 1
        trial.adapt(len(after) - len(before))
    if process.returncode:
        tail = where.log.read_text(encoding="utf-8")[-2000:]
        trial.faults.append(f"after {killed} kills the loop ended with {process.returncode}:\n{tail}")
    if not killed:
        trial.window *= 0.5


def check(trial: Trial, calm: Site, where: Site) -> None:
    """Compare a finished loop with the undisturbed one."""
    trial.loops += 1
    trial.left += litter(where.root)
    if not trial.faults:
        trial.faults += faults(where.root) + differences(state(calm.root), state(where.root))


def crash(folder: Path, model: models.Model, kills: int, seed: int = 0) -> tuple[Trial, Site]:
    """Run the undisturbed loop and as many killed ones as the kills take; stop at the first fault."""
    calm = site(folder / "calm", model, cache_dir())
    startup, total = undisturbed(calm)
    trial = Trial(startup, (total - startup) / 2, random.Random(seed))
    trial.faults += faults(calm.root)
    while trial.kills.total() < kills and not trial.faults:
        where = site(folder / f"killed-{trial.loops + 1}", model, cache_dir(), calm.cache)
        disturbed(trial, where, kills)
        check(trial, calm, where)
    return trial, calm


def table(trial: Trial, labels: Sequence[str]) -> str:
    """Return the kills by stage, in the order of the loop, and the verdict."""
    stages = [*dict.fromkeys([START, *labels, *trial.kills])]
    lines = [f"{'last line before the kill':<32}kills"]
    lines += [f"{stage:<32}{trial.kills[stage]:>5}" for stage in stages]
    lines.append(f"{trial.kills.total()} kills, {trial.loops} loops ended, {trial.left} temporary files left")
    return "\n".join([*lines, *trial.faults, "verdict: " + ("DIFFERENT" if trial.faults else "equal")])


def main() -> int:
    """Read the command line, print the table; 1 on any difference."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--keep", type=Path, help="a new folder for the workspaces, kept afterwards")
    given = parser.parse_args()
    model = pull(given.model)
    with tempfile.TemporaryDirectory(prefix="assay-crash-") as temporary:
        folder = (given.keep or Path(temporary)).resolve()
        trial, calm = crash(folder, model, given.kills, given.seed)
        print(table(trial, calm.labels()))
    return 1 if trial.faults else 0


if __name__ == "__main__":
    sys.exit(main())
