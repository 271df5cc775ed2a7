"""One design language: colours, motion and sizes of text have their names in tokens.css, and no page brings a layout of its own."""

import re
from pathlib import Path

import pytest
from django.conf import settings

STATIC = Path(settings.ROOT) / "web/static/web"
STYLES = sorted(path for path in STATIC.glob("*.css") if path.name != "tokens.css")
TEMPLATES = sorted(Path(settings.ROOT).rglob("templates/**/*.html"))
BASE = Path(settings.ROOT) / "web/templates/web/base.html"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DECLARATION = re.compile(r"([\w-]+)\s*:\s*([^;{}]+);")
# `transparent` and `currentcolor` are no colours of their own; a system's colours stand where it brings its own (forced-colors).
COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|color-mix)\(|\b(?:white|black|red|green|blue|gray|grey)\b",
    re.I,
)
LENGTH_OF_MOTION = re.compile(r"(?<![\w.-])[\d.]+m?s\b")
# Letters of the page, of code within its words, of what surrounds it; on the wall multiples of its step (screen.css).
SIZE_OF_TEXT = re.compile(
    r"var\(--(?:text|print)[\w-]*\)|inherit|0\.95em|var\(--step\)|calc\([\d.]+ \* var\(--(?:step|text-grown)\)\)"
)
DOCUMENT = re.compile(r"<(?:!DOCTYPE|html|head|body|main|footer)\b", re.I)


def declarations(path: Path) -> list[tuple[str, str]]:
    return [(name, value.strip()) for name, value in DECLARATION.findall(COMMENT.sub("", path.read_text()))]


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_colours_are_tokens(path: Path) -> None:
    raw = [f"{name}: {value}" for name, value in declarations(path) if COLOUR.search(value)]
    assert not raw, f"{path.name}: name them in tokens.css, for light, dark and sunlight: {raw}"


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_motion_is_a_token(path: Path) -> None:
    moving = [(name, value) for name, value in declarations(path) if name.startswith(("transition", "animation"))]
    raw = [f"{name}: {value}" for name, value in moving if LENGTH_OF_MOTION.search(value)]
    assert not raw, f"{path.name}: use --quick, --calm or --breath of tokens.css: {raw}"


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_sizes_of_text_are_of_the_scale(path: Path) -> None:
    sizes = [(name, value) for name, value in declarations(path) if name in ("font-size", "font")]
    raw = [f"{name}: {value}" for name, value in sizes if not SIZE_OF_TEXT.fullmatch(value)]
    assert not raw, f"{path.name}: use a size of tokens.css: {raw}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_the_layout_of_every_page_is_the_shell_s(path: Path) -> None:
    source = path.read_text()
    if path != BASE:
        assert not DOCUMENT.search(source), f"{path.name}: extend web/base.html, which holds document, frame and main"
    extends = re.findall(r'{% extends "([^"]+)" %}', source)
    assert extends in ([], ["web/base.html"]), f"{path.name}: there is one shell"
    assert not re.search(r'\b(?:fill|stroke|bgcolor|color)="(?!none|currentcolor)', source, re.I), (
        f"{path.name}: a class has the colour"
    )


def test_the_browser_s_own_frame_has_the_colour_of_the_bar() -> None:
    """A meta element cannot read a token."""
    bar = re.search(r"--surface: var\(--light, (#\w+)\) var\(--dark, (#\w+)\)", (STATIC / "tokens.css").read_text())
    assert bar
    assert re.findall(r'name="theme-color" content="(#\w+)"', BASE.read_text()) == list(bar.groups())
