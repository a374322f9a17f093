"""Good files of every format with damage by a fixed seed: file name → bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from tests.assay.hostile.binaries import packed, parquet
from tests.assay.hostile.jsons import jsonl, rows
from tests.assay.hostile.tables import GOOD

SEED, EACH = 20261124, 1


def _good() -> dict[str, bytes]:
    import json

    import pyarrow as pa

    labelled = [{"text": f"this is sentence number {i}", "label": ("good", "bad")[i % 2]} for i in range(24)]
    return {
        "rows.jsonl": jsonl(rows()),
        "labels.jsonl": jsonl(labelled),
        "rows.json": json.dumps(rows()).encode(),
        "rows.csv": GOOD.encode(),
        "rows.tsv": GOOD.replace(",", "\t").encode(),
        "rows.parquet": parquet(pa.Table.from_pylist(rows())),
        "rows.jsonl.gz": packed(jsonl(rows())),
    }


def _flip(data: bytes, rng: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    return bytes(found)


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(1, len(data))]


def _hole(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randint(1, 40) :]


def _stranger(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(rng.randint(1, 20)) + data[at:]


def _lines_gone(data: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join(line for line in lines if rng.random() < 0.6)


def _lines_again(data: bytes, rng: random.Random) -> bytes:
    return b"".join(line * rng.randint(1, 4) for line in data.splitlines(keepends=True))


def _lines_mixed(data: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    rng.shuffle(lines)
    return b"".join(lines)


def _other_marks(data: bytes, rng: random.Random) -> bytes:
    old, new = rng.sample([b",", b";", b"\t", b":", b'"', b"{", b"}", b"\n", b"|"], 2)
    return data.replace(old, new)


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip,
    _cut,
    _hole,
    _stranger,
    _lines_gone,
    _lines_again,
    _lines_mixed,
    _other_marks,
)


def _damaged() -> Iterator[tuple[str, bytes]]:
    for file, data in _good().items():
        for damage in DAMAGES:
            for n in range(EACH):
                rng = random.Random(f"{SEED}{file}{damage.__name__}{n}")
                yield f"fuzz{damage.__name__.replace('_', '-')}-{n}-{file}", damage(data, rng)


BYTES = dict(_damaged())
