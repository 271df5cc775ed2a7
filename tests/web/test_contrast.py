"""Every pair of text and ground in the tokens meets WCAG AA, in light and in dark."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = (Path(settings.ROOT) / "web/static/web/tokens.css").read_text()
LIGHT, DARK = TOKENS.split("prefers-color-scheme: dark")
TEXT = [
    *(("ink", ground) for ground in ("ground", "surface", "sunken")),
    *(("ink-soft", ground) for ground in ("ground", "surface", "sunken")),
    *(("brand", ground) for ground in ("ground", "surface", "sunken")),
    *(("danger", ground) for ground in ("ground", "surface")),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("on-danger", "danger"),
    *((f"on-{tone}-soft", f"{tone}-soft") for tone in ("brand", "warn", "danger", "info", "quiet")),
]
EDGES = [("line-strong", "surface"), ("line-strong", "ground"), ("focus", "surface"), ("focus", "ground")]


def colours(source: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", source))


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("pair", "least"), [*((p, 4.5) for p in TEXT), *((p, 3.0) for p in EDGES)], ids=str)
def test_contrast(scheme: str, pair: tuple[str, str], least: float) -> None:
    tokens = colours(LIGHT) | (colours(DARK) if scheme == "dark" else {})
    assert contrast(tokens[pair[0]], tokens[pair[1]]) >= least
