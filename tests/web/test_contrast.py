"""Every pair of text and ground in the tokens meets WCAG AA, in light and in dark."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = (Path(settings.ROOT) / "web/static/web/tokens.css").read_text()
COLOUR = re.compile(r"--([\w-]+): var\(--light, (#[0-9a-f]{6})\) var\(--dark, (#[0-9a-f]{6})\);")
SCHEMES = ("light", "dark")
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
    *((f"on-{tone}-soft", f"{tone}-soft") for tone in ("brand", "warn", "danger", "info", "quiet")),
]
# In sunlight, on the street: main texts and buttons (WCAG AAA), read where the look “sunlight” is written.
SUN = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
SUN_TEXT = [
    *((text, ground) for text in ("ink", "ink-soft", "brand", "danger") for ground in ("ground", "surface", "sunken")),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("on-quiet-soft", "quiet-soft"),
    ("surface", "danger"),
]
EDGES = [(edge, ground) for edge in ("line-strong", "focus") for ground in ("ground", "surface", "raised")]


def colours(scheme: str) -> dict[str, str]:
    return {name: values[SCHEMES.index(scheme)] for name, *values in COLOUR.findall(TOKENS)}


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("pair", "least"), [*((p, 4.5) for p in TEXT), *((p, 3.0) for p in EDGES)], ids=str)
def test_contrast(scheme: str, pair: tuple[str, str], least: float) -> None:
    tokens = colours(scheme)
    assert contrast(tokens[pair[0]], tokens[pair[1]]) >= least


@pytest.mark.parametrize("pair", SUN_TEXT, ids=str)
def test_contrast_in_sunlight(pair: tuple[str, str]) -> None:
    tokens = dict(SUN.findall((Path(settings.ROOT) / "web/static/web/field.css").read_text()))
    assert contrast(tokens[pair[0]], tokens[pair[1]]) >= 7
