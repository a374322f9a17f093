"""Training runs and their names; a group is all seeds of one training."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from assay.errors import UserError, nearest
from assay.files import publish_json, read_json
from assay.workspace.home import Home, check_name


@dataclass(frozen=True)
class Run:
    """A trained model: where it is and everything that made it. `group` joins the seeds of one training."""

    name: str
    id: str
    group: str
    group_key: str
    seed: int
    version: str
    version_label: str
    base: str
    base_digest: str
    adapter: str
    contract: str
    loss_mask: str
    start: str
    """The run it went on from; empty when it began at the base."""
    created: str


class Runs(Home):
    """The runs of a workspace."""

    def run_folder(self, run_id: str) -> Path:
        """Return where a run's model lies, or will."""
        return self.home / "runs" / run_id

    def publish_run(self, run: Run) -> Run:
        """Give a run its name. The same run again keeps the name it has."""
        check_name(run.name)
        path = self.home / "refs" / "runs" / f"{run.name}.json"
        publish_json(path, asdict(run))
        there = Run(**read_json(path))
        if there.id != run.id:
            raise UserError(f"the run {run.name!r} exists and is another run", fix="give --name another name")
        return there

    def runs(self) -> list[Run]:
        """Return all runs, by name."""
        folder = self.home / "refs" / "runs"
        return [Run(**read_json(p)) for p in sorted(folder.glob("[!.]*.json"))]

    def run_group(self, wanted: str, group_key: str) -> str:
        """Return the group name for a training: `wanted`, or `wanted-2` … when other settings hold it."""
        held = {r.group: r.group_key for r in self.runs()}
        name, number = wanted, 1
        while held.get(name, group_key) != group_key:
            number += 1
            name = f"{wanted}-{number}"
        return name

    def find_runs(self, spec: str) -> list[Run]:
        """Return the run of this name, or all runs of this group. Raises UserError when there is none."""
        there = self.runs()
        found = [r for r in there if r.name == spec] or [r for r in there if r.group == spec]
        if not found:
            words = sorted({r.name for r in there} | {r.group for r in there} | {"base"})
            raise UserError(f"there is no run {spec!r}", fix=nearest(spec, words))
        return sorted(found, key=lambda r: (r.group, r.seed))
