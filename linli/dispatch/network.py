"""The street network that is loaded: one file in the data folder, read once by each process."""

import os
import tempfile
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

from linli.config import env
from linli.dispatch import streets
from linli.dispatch.streets import Streets
from linli.dispatch.travel import Travel, straight


def default_path() -> Path:
    return env.data_dir() / "map" / "streets.npz"


def is_loaded() -> bool:
    return default_path().is_file()


def travel() -> Travel:
    """Along the streets; through the air where none are loaded, or their file cannot be read."""
    path = default_path()
    try:
        found = path.stat()
        return _along(path, found.st_mtime_ns, found.st_size, found.st_ino)
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return straight()


@lru_cache(maxsize=1)
def _along(path: Path, _changed: int, _size: int, _inode: int) -> Travel:
    return streets.along(streets.load(path))


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
