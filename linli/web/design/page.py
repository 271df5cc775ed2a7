"""The page itself: tokens as the style sheet has them, then every component."""

import re
from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from linli.web.design.answers import answers
from linli.web.design.asking import asking
from linli.web.design.component import Component, drawn
from linli.web.design.navigation import navigation
from linli.web.design.progress import progress
from linli.web.design.reading import SAMPLE_WEEKS, reading
from linli.web.design.signs import signs

TOKENS = Path(__file__).parent.parent / "static/web/tokens.css"
# Text, ground and what they are for; `static/web/design.css` gives each pair its colours.
PAIRS: tuple[tuple[str, str | Promise], ...] = (
    ("ink", _("Text")),
    ("ink-soft", _("Soft text")),
    ("brand", _("What can be pressed")),
    ("on-brand", _("Main action")),
    ("good", _("Went well")),
    ("warn", _("Near its limit")),
    ("bad", _("Late or wrong")),
    ("info", _("To be known")),
    ("quiet", _("Of no weight")),
)
SIZES: tuple[tuple[str, str | Promise], ...] = (
    ("display", _("Title of a page")),
    ("title", _("Figure")),
    ("large", _("Heading")),
    ("text", _("Text")),
    ("small", _("Note")),
)
THEMES: tuple[tuple[str, str | Promise], ...] = (("light", _("Light")), ("dark", _("Dark")), ("sun", _("Sunlight")))
SPACES = ("s1", "s2", "s3", "s4", "s5", "s6", "s7")
CORNERS = ("radius-small", "radius", "radius-large", "radius-round")
MOTIONS: tuple[tuple[str, str | Promise], ...] = (
    ("quick", _("What answers a finger")),
    ("calm", _("What comes or goes")),
    ("breath", _("What waits, or is new")),
)


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    shown = [
        {"component": component, "states": [(state, drawn(state, request)) for state in component.states]}
        for component in components()
    ]
    tokens = _tokens()
    given = {
        "shown": shown,
        "themes": THEMES,
        "pairs": PAIRS,
        "sizes": SIZES,
        "spaces": [(name, tokens[name]) for name in SPACES],
        "corners": [(name, tokens[name]) for name in CORNERS],
        "motions": [(name, tokens[name], use) for name, use in MOTIONS],
    }
    return render(request, "web/design.html", given)


@require_safe
def sample_chart(_request: HttpRequest) -> JsonResponse:
    """What the chart on the page draws."""
    weeks, opened, ended = zip(*SAMPLE_WEEKS, strict=True)
    series = (("info", _("Opened"), opened), ("good", _("Ended"), ended))
    return JsonResponse(
        {
            "kind": "bars",
            "percent": False,
            "labels": weeks,
            "series": [
                {"tone": tone, "name": str(name), "values": values, "hrefs": []} for tone, name, values in series
            ],
        }
    )


def _tokens() -> dict[str, str]:
    """The tokens as the style sheet has them, by name."""
    return dict(re.findall(r"^  --([\w-]+): (.+?);", TOKENS.read_text(), re.MULTILINE))


def components() -> tuple[Component, ...]:
    """Built at each call: its moments are today's."""
    return (*navigation(), *reading(), *signs(), *progress(), *asking(), *answers())
