"""Who may import whom: every module has a layer, and the light commands load nothing heavy."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODEL_LIBRARIES = (
    "torch",
    "transformers",
    "trl",
    "peft",
    "accelerate",
    "datasets",
    "lm_eval",
    "distilabel",
    "argilla",
)
HEAVY = (*MODEL_LIBRARIES, "duckdb", "pyarrow", "pandas", "numpy", "scipy", "jinja2")


def modules(folder: str) -> list[str]:
    """Return the modules and packages right inside a folder, as dotted names."""
    base = ROOT / folder
    found = [p.stem for p in base.glob("*.py") if p.stem != "__init__"]
    found += [p.name for p in base.iterdir() if (p / "__init__.py").is_file()]
    return sorted(f"{folder.replace('/', '.')}.{name}" for name in found)


def loaded(code: str, names: tuple[str, ...]) -> set[str]:
    """Return which of the packages a fresh interpreter has loaded after running `code`."""
    probe = f"{code}\nimport sys; print(','.join(n for n in {names!r} if n in sys.modules))"
    run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.splitlines()[-1].split(",")) - {""}


def test_every_module_of_the_spine_has_a_layer() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = config["tool"]["importlinter"]["contracts"][0]["layers"]
    named = {m.strip(" ()") for layer in layers for m in layer.split("|")}
    assert set(modules("assay")) - named == set()


@pytest.mark.parametrize("module", modules("assay/cli"))
def test_a_command_loads_no_model_library_before_it_runs(module: str) -> None:
    assert loaded(f"import {module}", MODEL_LIBRARIES) == set()


def test_help_loads_nothing_heavy() -> None:
    code = "from assay.cli.main import run; run(['--help'])"
    assert loaded(code, HEAVY) == set()


def test_the_core_runs_where_no_model_library_is_installed() -> None:
    block = (
        "import sys\n"
        "class Block:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {MODEL_LIBRARIES!r}: raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Block())\n"
    )
    names = [m for m in modules("assay/cli") + modules("assay") if m != "assay.engines"]
    code = block + "\n".join(f"import {name}" for name in names)
    assert loaded(code, MODEL_LIBRARIES) == set()
