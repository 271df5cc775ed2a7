"""Every pair of text and ground in the tokens meets WCAG AA in light and in dark, and WCAG AAA in sunlight."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = (Path(settings.ROOT) / "web/static/web/tokens.css").read_text()
COLOUR = re.compile(
    r"--([\w-]+): var\(--light, (#[0-9a-f]{6})\) var\(--dark, (#[0-9a-f]{6})\) var\(--sun, (#[0-9a-f]{6})\);"
)
# What a text needs in each: AA, and AAA on the street.
SCHEMES = {"light": 4.5, "dark": 4.5, "sun": 7}
TEXT = [
    *(
        (text, ground)
        for text in ("ink", "ink-soft", "brand", "danger")
        for ground in ("ground", "surface", "raised", "sunken", "pressed")
    ),
    ("ink", "quiet-soft"),
    ("ink", "chosen"),
    ("surface", "ink"),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("on-danger", "danger"),
    # What is written into a point on the smart map, and into its sign in the legend.
    *(("surface", tone) for tone in ("on-info-soft", "brand", "on-warn-soft", "danger", "ink-soft")),
    *((f"on-{tone}-soft", f"{tone}-soft") for tone in ("brand", "warn", "danger", "info", "quiet")),
]
EDGES = [(edge, ground) for edge in ("line-strong", "focus") for ground in ("ground", "surface", "raised")]


def colours(scheme: str) -> dict[str, str]:
    return {name: values[list(SCHEMES).index(scheme)] for name, *values in COLOUR.findall(TOKENS)}


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("pair", TEXT, ids="/".join)
def test_contrast_of_text(scheme: str, pair: tuple[str, str]) -> None:
    tokens = colours(scheme)
    assert contrast(tokens[pair[0]], tokens[pair[1]]) >= SCHEMES[scheme]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("pair", EDGES, ids="/".join)
def test_contrast_of_edges(scheme: str, pair: tuple[str, str]) -> None:
    tokens = colours(scheme)
    assert contrast(tokens[pair[0]], tokens[pair[1]]) >= 3
