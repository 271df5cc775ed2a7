"""The street network that is loaded: one file in the data folder, read once by each process."""

import os
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

from linli.config import env
from linli.dispatch import streets
from linli.dispatch.streets import Streets
from linli.dispatch.travel import Mode, Place, Travel, straight


def default_path() -> Path:
    return env.data_dir() / "map" / "streets.npz"


def is_loaded() -> bool:
    return _loaded() is not None


def travel() -> Travel:
    """Along the streets; through the air where none are loaded, or their file cannot be read."""
    found = _loaded()
    return streets.along(found) if found else straight()


def ways(legs: Sequence[tuple[Place, Place, Mode]]) -> list[list[Place] | None]:
    """How each way leads along the streets; None where none leads there or none are loaded."""
    led: list[list[Place] | None] = [None] * len(legs)
    found = _loaded()
    if found is None:
        return led
    for mode in {mode for _begins, _ends, mode in legs}:
        numbers = [number for number, leg in enumerate(legs) if leg[2] is mode]
        for number, way in zip(numbers, streets.ways(found, [legs[at][:2] for at in numbers], mode), strict=True):
            led[number] = way
    return led


def _loaded() -> Streets | None:
    path = default_path()
    try:
        found = path.stat()
        return _read(path, found.st_mtime_ns, found.st_size, found.st_ino)
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return None


@lru_cache(maxsize=1)
def _read(path: Path, _changed: int, _size: int, _inode: int) -> Streets:
    return streets.load(path)


def keep(found: Streets, path: Path) -> None:
    """Written as a whole or not at all: the network that was there stays until the new one is."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
    try:
        with os.fdopen(handle, "wb") as file:
            streets.write(file, found)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
