"""All hostile sources by name; `build` makes one in a folder of its own, the same every time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.assay.hostile import binaries, fuzzed, jsons, places, tables

BY_HAND: dict[str, bytes] = {
    **{f"json/{name}": data for name, data in {**jsons.BYTES, **jsons.TALKS}.items()},
    **{f"table/{name}": data for name, data in tables.BYTES.items()},
    **{f"binary/{name}": data for name, data in binaries.BYTES.items()},
}
FUZZED: dict[str, bytes] = {f"fuzzed/{name}": data for name, data in fuzzed.BYTES.items()}
PLACES = {f"place/{name}": make for name, make in places.PLACES.items()}

NAMES = (*BY_HAND, *PLACES, *FUZZED)


@contextmanager
def build(name: str, folder: Path) -> Iterator[Path]:
    """Make the source, hand out its path, and take it away again: some are large."""
    folder.mkdir()
    try:
        if name in PLACES:
            yield PLACES[name](folder)
        else:
            path = folder / name.partition("/")[2]
            path.write_bytes((BY_HAND | FUZZED)[name])
            yield path
    finally:
        shutil.rmtree(folder)
