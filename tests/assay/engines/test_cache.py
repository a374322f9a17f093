"""The response cache under several writers, kills and broken files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assay.engines.cache import ResponseCache
from assay.errors import UserError

WRITER = """
import sys
from pathlib import Path
from assay.engines.cache import ResponseCache
cache, who = ResponseCache(Path(sys.argv[1])), sys.argv[2]
for i in range(int(sys.argv[3])):
    cache.put_many({f"{who}-{i}": {"ids": [i]}, f"shared-{i}": {"ids": [i]}})
"""


def writer(path: Path, who: str, count: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(path), who, str(count)])


def test_keeps_values_over_instances_and_the_first_answer_stays(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "responses.sqlite"
    assert ResponseCache(path).get("k") is None
    ResponseCache(path).put("k", {"text": "é", "ids": [1, 2]})
    ResponseCache(path).put("k", {"text": "later"})
    assert ResponseCache(path).get("k") == {"text": "é", "ids": [1, 2]}


def test_many_keys_at_once(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "r.sqlite")
    cache.put_many({str(i): {"n": i} for i in range(1200)})
    found = cache.get_many([str(i) for i in range(0, 2400, 2)])
    assert len(found) == 600
    assert found["1198"] == {"n": 1198}
    assert cache.get_many([]) == {}


def test_lies_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path))
    ResponseCache().put("k", {})
    assert (tmp_path / "responses.sqlite").is_file()


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    writers = [writer(path, who, 40) for who in "abcd"]
    assert [w.wait(timeout=60) for w in writers] == [0, 0, 0, 0]
    keys = [f"{who}-{i}" for who in ("a", "b", "c", "d", "shared") for i in range(40)]
    assert len(ResponseCache(path).get_many(keys)) == 200


def test_a_killed_writer_leaves_whole_transactions(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    process = writer(path, "a", 100_000)
    cache = ResponseCache(path)
    for _ in range(400):
        time.sleep(0.02)
        if path.exists() and cache.get("a-5"):
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    found = cache.get_many([f"{who}-{i}" for who in ("a", "shared") for i in range(20_000)])
    own = sum(k.startswith("a-") for k in found)
    assert 5 < own == len(found) - own
    cache.put("after", {"ok": True})
    assert cache.get("after") == {"ok": True}


def test_a_broken_file_is_a_user_error(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    path.write_bytes(b"not a database, and long enough to be read as one" * 50)
    with pytest.raises(UserError, match="cannot be used"):
        ResponseCache(path).get("k")
