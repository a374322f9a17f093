"""The choice of device, dtype and threads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.engines import device
from assay.errors import UserError

pytest.importorskip("torch")

TWO_SOCKETS = """\
processor : 0
physical id : 0
core id : 0
processor : 1
physical id : 0
core id : 1
processor : 2
physical id : 1
core id : 0
processor : 3
physical id : 0
core id : 0
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path))
    monkeypatch.setenv("ASSAY_DEVICE", "cpu")
    monkeypatch.delenv("ASSAY_DTYPE", raising=False)


def test_measures_once_and_remembers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(device, "_seconds", lambda _, dtype: 1.0 if "float32" in str(dtype) else 0.5)
    assert device.hardware().dtype == "bfloat16"
    monkeypatch.setattr(device, "_seconds", lambda *_: pytest.fail("measured again"))
    assert device.hardware().dtype == "bfloat16"
    (note,) = (tmp_path / "hardware").iterdir()
    assert json.loads(note.read_text())["bfloat16_s"] == 0.5


def test_a_small_gain_is_not_worth_the_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_seconds", lambda _, dtype: 1.0 if "float32" in str(dtype) else 0.9)
    assert device.hardware().dtype == "float32"


def test_really_measures() -> None:
    assert device.hardware().dtype in ("float32", "bfloat16")


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_DTYPE", "float32")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert device.hardware() == device.Hardware("cpu", "float32", 1)
    monkeypatch.setenv("ASSAY_DTYPE", "int3")
    with pytest.raises(UserError, match="int3"):
        device.hardware()


def test_an_unknown_device_is_a_user_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_DEVICE", "abacus")
    with pytest.raises(UserError, match="abacus"):
        device.hardware()


def test_counts_cores_not_threads(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text(TWO_SOCKETS)
    assert device.physical_cores(info) == 3
    assert device.physical_cores(tmp_path / "absent") == 0
