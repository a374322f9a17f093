"""What this machine computes with: the device, the number type that is fastest on it, the threads."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import MissingExtra, UserError
from assay.files import cache_dir, publish_json, read_json
from assay.fingerprint import fingerprint

if TYPE_CHECKING:
    import torch

DTYPES = ("float32", "bfloat16", "float16")

GAIN = 1.15
"""bfloat16 must be this much faster than float32 to be taken: below, its rounding buys nothing."""


@dataclass(frozen=True)
class Hardware:
    """Where a model runs: a torch device, the name of a torch dtype, CPU threads."""

    device: str
    dtype: str
    threads: int


def hardware() -> Hardware:
    """Choose cuda, mps or cpu, in this order, and the faster of float32 and bfloat16.

    Measured once per machine and torch version, kept in the user's cache. ASSAY_DEVICE and
    ASSAY_DTYPE override. Sets torch's threads.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtra("torch", "train") from error
    threads = _threads()
    torch.set_num_threads(threads)
    device = os.environ.get("ASSAY_DEVICE") or _device()
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:  # torch raises both for devices it was not built for
        raise UserError(f"the device {device} cannot be used", fix="unset ASSAY_DEVICE") from error
    dtype = os.environ.get("ASSAY_DTYPE") or _measured(device, threads)
    if dtype not in DTYPES:
        raise UserError(f"ASSAY_DTYPE={dtype} is not known", fix=f"one of {', '.join(DTYPES)}")
    return Hardware(device, dtype, threads)


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _threads() -> int:
    """Return OMP_NUM_THREADS, else the physical cores this process may use: twins of one core only wait."""
    if given := os.environ.get("OMP_NUM_THREADS", ""):
        return max(1, int(given)) if given.isdigit() else 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, physical_cores(Path("/proc/cpuinfo")) or usable))


def physical_cores(cpuinfo: Path) -> int:
    """Count distinct (socket, core) pairs; 0 where that is not known."""
    if not cpuinfo.is_file():
        return 0
    cores, socket = set(), ""
    for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "physical id":
            socket = value.strip()
        elif name.strip() == "core id":
            cores.add((socket, value.strip()))
    return len(cores)


def _measured(device: str, threads: int) -> str:
    """Return the faster dtype, from the cache when this machine was measured before."""
    import torch

    machine = fingerprint(
        "hardware", cpu=_cpu(), device=device, torch=str(torch.__version__), threads=threads
    )
    note = cache_dir() / "hardware" / f"{machine}.json"
    if note.is_file():
        return str(read_json(note)["dtype"])
    slow, fast = (_seconds(device, dtype) for dtype in (torch.float32, torch.bfloat16))
    dtype = "bfloat16" if fast * GAIN < slow else "float32"
    found = {"dtype": dtype, "device": device, "float32_s": slow, "bfloat16_s": fast}
    publish_json(note, found)
    return dtype


def _cpu() -> str:
    """Name the CPU with its instruction set, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.is_file() else []
    told = sorted({x for x in lines if x.startswith(("model name", "flags"))})
    return "\n".join(told) or f"{platform.processor()} {platform.machine()}"


def _seconds(device: str, dtype: torch.dtype) -> float:
    """Return the best time of a matrix product of SmolLM2's shape (64 tokens, 576 × 1536)."""
    import torch

    with torch.inference_mode():
        try:
            a = torch.ones(64, 576, device=device, dtype=dtype)
            b = torch.ones(1536, 576, device=device, dtype=dtype)
            times = [_once(a, b) for _ in range(12)]
        except RuntimeError:  # this device has no such dtype
            return float("inf")
    return min(times[2:])


def _once(a: torch.Tensor, b: torch.Tensor) -> float:
    import torch

    start = time.perf_counter()
    for _ in range(10):
        c = torch.nn.functional.linear(a, b)
    c[0, 0].item()  # waits for the device
    return time.perf_counter() - start


def describe(found: Hardware) -> dict[str, object]:
    """Return the hardware as JSON values, to be recorded beside a run (never hashed)."""
    return asdict(found)
