"""The one file with all tiles (PMTiles): written as a whole or not at all, and known by its content."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pmtiles.tile import Compression, TileType
from pmtiles.writer import Writer

from linli.config import env
from linli.territory.basemap import schema
from linli.territory.basemap.errors import MapFailed

if TYPE_CHECKING:
    # What serves a map need not load what builds one.
    from linli.territory.basemap.extract import Bounds
    from linli.territory.basemap.tiles import Tile

# As the licence (ODbL) asks; the map shows it in its corner.
ATTRIBUTION = (
    '<a href="https://www.openstreetmap.org/copyright" target="_blank" rel="noopener">© OpenStreetMap contributors</a>'
)
E7 = 10_000_000


@dataclass(frozen=True, slots=True)
class Archive:
    """A base map that is there. `version` follows from its bytes."""

    path: Path
    size: int
    version: str


def default_path() -> Path:
    return env.data_dir() / "map" / "base.pmtiles"


def current() -> Archive | None:
    """The map that pages show, or none where none was built."""
    path = default_path()
    try:
        found = path.stat()
    except OSError:
        return None
    return Archive(path, found.st_size, _version(path, found.st_mtime_ns, found.st_size, found.st_ino))


@lru_cache(maxsize=4)
def _version(path: Path, _changed: int, _size: int, _inode: int) -> str:
    """Read once for each file that comes to stand there."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def write(path: Path, tiles: Iterable["Tile"], bounds: "Bounds", source: str) -> int:
    """Returns how many tiles it has. A map that is there stays until the new one is whole."""
    count = 0
    with _replacing(path) as file:
        writer = Writer(file)
        # Its temporary file, which it closes only at a good end.
        with closing(writer.tile_f):
            for tile in tiles:
                writer.write_tile(tile.id, tile.content)
                count += 1
            if not count:
                raise MapFailed("Nothing of the extract can be seen at the zooms of the map.")
            writer.finalize(_header(bounds), _metadata(source))
    return count


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
    except OSError as error:
        raise _unwritable(path, error) from error
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        draft.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> MapFailed:
    return MapFailed(
        f"{path} cannot be written ({error.strerror}). The map that was there is kept. Make room, here and in {tempfile.gettempdir()}, "
        "or choose a place that you may write to: --out FILE."
    )


def _header(bounds: "Bounds") -> dict[str, object]:
    west, south, east, north = bounds
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": round(west * E7),
        "min_lat_e7": round(south * E7),
        "max_lon_e7": round(east * E7),
        "max_lat_e7": round(north * E7),
        "center_zoom": 12,
        "center_lon_e7": round((west + east) / 2 * E7),
        "center_lat_e7": round((south + north) / 2 * E7),
    }


def _metadata(source: str) -> dict[str, object]:
    layers = [
        {"id": layer, "minzoom": schema.MIN_ZOOM, "maxzoom": schema.MAX_ZOOM, "fields": {"kind": "String"}}
        for layer in schema.LAYERS
    ]
    return {
        "name": "Base map",
        "attribution": ATTRIBUTION,
        "license": "ODbL-1.0",
        "source": source,
        "type": "baselayer",
        "vector_layers": layers,
    }
