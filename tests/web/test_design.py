"""The living page shows every component, in both languages, and holds nothing that the policy forbids."""

import re
from html import escape
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from linli.web.design.component import COMPONENTS
from linli.web.design.page import components

# Parts of other components, and parts of the shell, which surrounds the page itself.
PARTS = {"logo.html", "messages.html", "once.html", "form.html", "live_map.html"}
SHELL = {"looks.html", "side.html", "tabs_bar.html", "field_head.html", "map_head.html", "tour.html"}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_page_shows_each_component_from_its_line(client: Client, language: str) -> None:
    answer = client.get("/design/", headers={"accept-language": language})
    page = answer.content.decode()
    assert answer.status_code == 200
    with translation.override(language):
        for component in components():
            assert f'id="{component.file.removesuffix(".html")}"' in page
            assert escape(str(component.name)) in page
            assert all(escape(state.line) in page for state in component.states)


def test_no_component_is_missing() -> None:
    files = {path.name for path in COMPONENTS.glob("*.html")}
    shown = {component.file for component in components()}
    assert files == {file for file in shown if file.endswith(".html")} | PARTS | SHELL
    assert {"icon", "badge"} <= shown, "tags"


def test_what_a_page_is_made_of_is_there() -> None:
    needed = {
        "list",
        "card",
        "sheet",
        "stepper",
        "table",
        "filters",
        "map",
        "timeline",
        "empty",
        "loading",
        "error_panel",
        "offline",
    }
    assert needed <= {component.file.removesuffix(".html") for component in components()}


def test_tokens_are_shown_as_the_style_sheet_has_them(client: Client) -> None:
    page = client.get("/design/").content.decode()
    assert all(f'class="swatches" data-theme="{theme}"' in page for theme in ("light", "dark", "sun"))
    for name, value in (("s1", "0.25rem"), ("radius-large", "0.75rem"), ("calm", "240ms")):
        assert re.search(rf"<code>--{name}</code>\s*<span[^>]*>{re.escape(value)}</span>", page)
    assert re.search(r'name="theme" value="sun"', page), "the page itself in every look"


def test_every_component_says_what_it_takes() -> None:
    assert all(component.parameters for component in components())


@pytest.mark.parametrize("path", ["/design/", "/", "/nothing/", "/offline/", "/report/", "/sign-in/"])
def test_page_as_drawn_holds_no_inline_style_or_script(client: Client, world: object, path: str) -> None:
    page = client.get(path).content.decode()
    assert not re.findall(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=[\"']", page)


def test_every_icon_that_is_named_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="(\w+)"', (Path(settings.ROOT) / "web/static/web/icons.svg").read_text()))
    named = set()
    for source in [*Path(settings.ROOT).rglob("templates/**/*.html"), *Path(settings.ROOT).rglob("web/*.py")]:
        named |= set(re.findall(r'icon\.html" with name="(\w+)"|icon="(\w+)"', source.read_text()))
    assert {name for pair in named for name in pair if name} <= drawn


@pytest.mark.parametrize(
    ("path", "status", "ways"), [("/nothing/", 404, ["/report/", "/"]), ("/offline/", 200, ["tel:12345"])]
)
def test_answer_of_its_own_leads_on(client: Client, path: str, status: int, ways: list[str]) -> None:
    answer = client.get(path)
    main = answer.content.decode().split("<main")[1].split("</main>")[0]
    assert answer.status_code == status
    assert all(f'href="{way}"' in main for way in ways)
