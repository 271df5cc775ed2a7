"""The user guides of `docs/guide`, a page per role: written in Markdown, so that they are read in the repository too, and
shown in the app, so that help needs no network beyond Linli's own.

What a guide may hold is Markdown alone: HTML in it is not shown. One kind of comment means something: `<!-- name -->` before
a heading gives the heading that id, the same in each language, so that help beside a word can lead to it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token
from PIL import Image

from linli.foundation.errors import NotFound
from linli.web.help import TOPICS, TOURS

FOLDER = Path(__file__).parent / "guides"
PICTURES = Path(__file__).parent / "static/web/guide"
# Pictures are taken at twice the size at which they are shown.
DENSITY = 2

GUIDES: dict[str, tuple[str | Promise, str | Promise, str]] = {
    "resident": (_("Residents"), _("Report, follow, rate, and decide about your data."), "home"),
    "field": (_("Grid workers"), _("Report on the round, work the inbox, also without a network."), "map"),
    "handler": (_("Handling bodies"), _("Accept, send back, pause, sign, show the proof."), "inbox"),
    "verifier": (_("Verifiers"), _("Look at the result, pass it or send it back."), "check"),
    "desk": (_("Case desk and dispatch"), _("File, decline, merge, dispatch, close, find."), "desk"),
    "hotline": (_("Hotline"), _("File a call, answer a question, call back."), "phone"),
    "leader": (_("Leaders on duty"), _("Smart map, command screen, warnings, decisions, cameras."), "chart"),
    "admin": (_("Administrators and leaders"), _("Posts, duty lists, limits, rates, the timeline."), "people"),
}
_ANCHOR = re.compile(r"\s*<!-- ([a-z-]+) -->\s*")
_OTHER_GUIDE = re.compile(r"([a-z]+)\.md(#[a-z-]+)?")
_PICTURE = re.compile(r"\.\./pictures/([a-z]+/[a-z-]+\.webp)")


@dataclass(frozen=True, slots=True)
class Section:
    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class Guide:
    title: str
    sections: tuple[Section, ...]
    html: SafeString


@require_safe
def guides(request: HttpRequest) -> HttpResponse:
    """All guides, all tours, and every word that is explained somewhere."""
    found = [
        {"href": f"/guide/{role}/", "title": title, "note": note, "icon": icon}
        for role, (title, note, icon) in GUIDES.items()
    ]
    walks = [
        {"href": f"/help/{name}/", "title": tour.title, "note": GUIDES[tour.guide][0], "icon": tour.steps[0].icon}
        for name, tour in TOURS.items()
        if name != "elder"
    ]
    return render(request, "web/guides.html", {"guides": found, "walks": walks, "topics": TOPICS.values()})


@require_safe
def guide(request: HttpRequest, role: str) -> HttpResponse:
    if role not in GUIDES:
        raise NotFound
    return render(request, "web/guide.html", {"guide": read(role, "en" if get_language() == "en" else "zh")})


@cache
def read(role: str, language: str) -> Guide:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = _without_html(parser.parse((FOLDER / language / f"{role}.md").read_text()))
    for token in tokens:
        for child in token.children or ():
            _lead_to_pages(child)
    # The first heading is the page's own.
    title = tokens[1].content
    sections = tuple(
        Section(str(opening.attrs.get("id", "")), words.content)
        for opening, words in pairwise(tokens)
        if opening.type == "heading_open" and opening.tag == "h2"
    )
    html = parser.renderer.render(tokens[3:], parser.options, {})
    return Guide(title, sections, mark_safe(html))  # noqa: S308 (our own file, and no HTML of it is kept)


def _without_html(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without any HTML; a comment before a heading becomes its id."""
    kept: list[Token] = []
    anchor = ""
    for token in tokens:
        if token.type == "html_block":
            named = _ANCHOR.fullmatch(token.content)
            anchor = named[1] if named else ""
            continue
        if token.type == "heading_open" and anchor:
            token.attrSet("id", anchor)
            anchor = ""
        if token.children:
            token.children = [child for child in token.children if child.type != "html_inline"]
        kept.append(token)
    return kept


def _lead_to_pages(token: Token) -> None:
    """Addresses of the repository become those of the app: other guides, and pictures with their size."""
    if token.type == "link_open":
        other = _OTHER_GUIDE.fullmatch(str(token.attrs["href"]))
        if other:
            token.attrSet("href", f"/guide/{other[1]}/{other[2] or ''}")
    elif token.type == "image":
        picture = _PICTURE.fullmatch(str(token.attrs["src"]))
        if picture:
            with Image.open(PICTURES / picture[1]) as image:
                width, height = (side // DENSITY for side in image.size)
            token.attrs |= {
                "src": static(f"web/guide/{picture[1]}"),
                "width": width,
                "height": height,
                "loading": "lazy",
            }
