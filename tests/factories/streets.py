"""OpenStreetMap extracts, as small as a test needs them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

Position = tuple[float, float]
Tags = Mapping[str, str]
# A place has one position, a street several, and an area ends where it began.
Thing = tuple[Tags, Sequence[Position]]


def extract(path: Path, *things: Thing) -> Path:
    nodes, ways, ids = [], [], {}
    for tags, positions in things:
        said = "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
        if len(positions) == 1:
            nodes.append(_node(len(ids) + 1, positions[0], said))
            ids[len(ids)] = len(ids) + 1
            continue
        for position in positions:
            if position not in ids:
                ids[position] = len(ids) + 1
                nodes.append(_node(ids[position], position))
        corners = "".join(f'<nd ref="{ids[position]}"/>' for position in positions)
        ways.append(f'<way id="{len(ways) + 1}" version="1">{corners}{said}</way>')
    path.write_text(f'<osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>', encoding="utf-8")
    return path


def _node(number: int, position: Position, said: str = "") -> str:
    lon, lat = position
    return f'<node id="{number}" version="1" lon="{lon:.7f}" lat="{lat:.7f}">{said}</node>'


def square(lon: float, lat: float, side: float) -> list[Position]:
    """Around a position; all in degrees."""
    half = side / 2
    west, south, east, north = lon - half, lat - half, lon + half, lat + half
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]
