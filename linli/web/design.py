"""The living page of the design language: every component in its states, drawn from the very line that a page would hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import engines
from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from linli.foundation import clock
from linli.web.templatetags import linli as tags

COMPONENTS = Path(__file__).parent / "templates/web/components"
TOKENS = Path(__file__).parent / "static/web/tokens.css"
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


@dataclass(frozen=True, slots=True)
class State:
    """One state of a component: the line, and the context in which it is drawn."""

    name: str | Promise
    line: str
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Component:
    """What pages are made of: a file of `components`, or a tag."""

    file: str
    name: str | Promise
    states: tuple[State, ...]
    small: bool = False

    @property
    def parameters(self) -> str:
        return _parameters(self.file)


@cache
def _parameters(file: str) -> str:
    """What a component takes: a file says so at its top, a tag in the first line of its docstring."""
    if not file.endswith(".html"):
        return (tags.register.tags[file].__doc__ or "").split("\n")[0]
    source = (COMPONENTS / file).read_text()
    start, end = ("{# ", " #}") if source.startswith("{#") else ("{% comment %}", "{% endcomment %}")
    return source[source.index(start) + len(start) : source.index(end)].strip()


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    shown = [
        {"component": component, "states": [(state, _drawn(state, request)) for state in component.states]}
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


# Week, opened, ended.
SAMPLE_WEEKS = (("11-02", 84, 71), ("11-09", 96, 88), ("11-16", 78, 90), ("11-23", 41, 36))


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


def _tokens() -> dict[str, str]:
    """The tokens as the style sheet has them, by name."""
    return dict(re.findall(r"^  --([\w-]+): (.+?);", TOKENS.read_text(), re.MULTILINE))


def _drawn(state: State, request: HttpRequest) -> str:
    return _compiled(state.line).render(dict(state.given), request)


@cache
def _compiled(line: str) -> Any:
    return engines["django"].from_string(line)


def _line(file: str, given: str = "") -> str:
    return f'{{% include "web/components/{file}"{" with " + given if given else ""} %}}'


class _Sample(forms.Form):
    description = forms.CharField(label=_("What is wrong?"), widget=forms.Textarea(attrs={"rows": 2}))
    place = forms.CharField(label=_("Where"), required=False, help_text=_("A gate, a building, a street."))
    anonymous = forms.BooleanField(label=_("Without my name"), required=False)


class _Narrow(forms.Form):
    text = forms.CharField(label=_("Words"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), ("filed", _("Filed"))])


def components() -> tuple[Component, ...]:
    """Built at each call: its moments are today's."""
    return (*_navigation(), *_reading(), *_progress(), *_asking(), *_answers())


def _navigation() -> tuple[Component, ...]:
    views = [
        {"label": _("To do"), "href": "#tabs", "count": 12, "current": True},
        {"label": _("Waiting"), "href": "#tabs", "count": 3},
        {"label": _("Done"), "href": "#tabs"},
    ]
    return (
        Component(
            "page_head.html",
            _("Head of a page"),
            (
                State(
                    _("With a way on"),
                    _line("page_head.html", "title=title intro=intro href='#page_head' action=action"),
                    {"title": _("Case desk"), "intro": _("What needs you first stands first."), "action": _("Report")},
                ),
            ),
        ),
        Component(
            "tabs.html",
            _("Tabs"),
            (
                State(
                    _("With counts"),
                    _line("tabs.html", "items=items label=label"),
                    {"items": views, "label": _("Views")},
                ),
            ),
        ),
        Component(
            "segments.html",
            _("Segmented control"),
            (
                State(
                    _("One of a few"),
                    _line("segments.html", "items=items label=label"),
                    {
                        "items": [
                            {"label": _("As a list"), "href": "#segments", "current": True},
                            {"label": _("Map"), "href": "#segments"},
                        ],
                        "label": _("Views"),
                    },
                ),
            ),
        ),
        Component(
            "pager.html",
            _("Pages"),
            (
                State(
                    _("In the middle"),
                    _line("pager.html", "next_href='#pager' first_href='#pager' shown=shown"),
                    {"shown": _("50 of 412")},
                ),
            ),
        ),
    )


def _reading() -> tuple[Component, ...]:
    cells = [
        {
            "title": _("Overflowing bins at the north gate"),
            "note": _("Shuangqiaozi · today 09:20"),
            "href": "#list",
            "badge": _("Dispatched"),
            "tone": "info",
            "icon": "list",
        },
        {
            "title": _("Street lamp is dark"),
            "note": _("Shuangqiaozi · yesterday 21:05"),
            "href": "#list",
            "badge": _("Overdue"),
            "tone": "bad",
            "icon": "list",
        },
        {
            "title": _("Damaged manhole cover"),
            "note": _("Shuangqiaozi · yesterday 08:12"),
            "badge": _("Closed"),
            "tone": "good",
        },
    ]
    rows = [
        [
            "51010800001",
            _("Overflowing bins at the north gate"),
            {"text": _("Dispatched"), "badge": True, "tone": "info"},
            {"text": "2.5", "number": True},
        ],
        [
            {"text": "51010800002", "href": "#table"},
            _("Street lamp is dark"),
            {"text": _("Overdue"), "badge": True, "tone": "bad"},
            {"text": "−1.0", "number": True},
        ],
    ]
    figures = [
        {"label": _("Open"), "value": "412", "note": _("18 more than yesterday"), "href": "#stats"},
        {"label": _("Overdue"), "value": "7", "tone": "bad", "href": "#stats"},
        {"label": _("Solved in time"), "value": "96.4", "unit": "%", "tone": "good"},
    ]
    return (
        Component(
            "list.html",
            _("List of cells"),
            (
                State(
                    _("Cells that lead on, and one that does not"),
                    _line("list.html", "items=items label=label"),
                    {"items": cells, "label": _("Cases")},
                ),
            ),
        ),
        Component(
            "card.html",
            _("Card"),
            (
                State(
                    _("Text"),
                    _line("card.html", "title=title text=text note=note"),
                    {
                        "title": _("Water is off"),
                        "text": _("On Friday from nine to noon."),
                        "note": _("Residents' committee"),
                    },
                ),
                State(
                    _("A link, with a badge"),
                    _line("card.html", "title=title text=text href='#card' badge=badge tone='warn'"),
                    {
                        "title": _("Street lamp is dark"),
                        "text": _("Two neighbours have the same trouble."),
                        "badge": _("Due today"),
                    },
                ),
            ),
        ),
        Component(
            "table.html",
            _("Table"),
            (
                State(
                    _("On a phone its rows become cards"),
                    _line("table.html", "caption=caption columns=columns rows=rows"),
                    {
                        "caption": _("Open cases"),
                        "columns": [_("Number"), _("Title"), _("State"), _("Hours left")],
                        "rows": rows,
                    },
                ),
            ),
        ),
        Component(
            "stats.html",
            _("Figures"),
            (
                State(
                    _("Some lead to their cases"),
                    _line("stats.html", "items=items label=label"),
                    {"items": figures, "label": _("Today")},
                ),
            ),
        ),
        Component(
            "chart.html",
            _("Chart"),
            (
                State(
                    _("Drawn when it comes into view, with its table"),
                    _line("chart.html", "source='/design/chart/' title=title note=note columns=columns rows=rows"),
                    {
                        "title": _("Opened and ended by week"),
                        "note": _("Reported in that week; closed, declined or merged in that week."),
                        "columns": [_("Week from"), _("Opened"), _("Ended")],
                        "rows": [[week, str(opened), str(ended)] for week, opened, ended in SAMPLE_WEEKS],
                    },
                ),
            ),
        ),
        Component(
            "map.html",
            _("Map panel"),
            (
                State(
                    _("An area, cases and a pin"),
                    _line("map.html", "map=map label=label"),
                    {"map": _map(), "label": _("Cases on the map")},
                ),
            ),
        ),
        Component(
            "badge",
            _("Badge"),
            tuple(
                State(name, f"{{% load linli %}}{{% badge label '{tone}' %}}", {"label": label})
                for name, tone, label in (
                    (_("Of no weight"), "", _("Merged")),
                    (_("To be known"), "info", _("Dispatched")),
                    (_("Went well"), "good", _("Closed")),
                    (_("Near its limit"), "warn", _("Due today")),
                    (_("Late or wrong"), "bad", _("Overdue")),
                )
            ),
            small=True,
        ),
        Component(
            "avatar.html",
            _("Sign of a body"),
            (
                State(
                    _("Beside a name"), _line("avatar.html", "text=text tone='good'"), {"text": _("Subdistrict office")}
                ),
                State(
                    _("Small"), _line("avatar.html", "text=text tone='info' small=1"), {"text": _("Subdistrict office")}
                ),
            ),
            small=True,
        ),
        Component(
            "keys.html",
            _("Keys"),
            (
                State(
                    _("One key"), _line("keys.html", "keys=keys label=label"), {"keys": ["j"], "label": _("next case")}
                ),
                State(
                    _("Two, one after the other"),
                    _line("keys.html", "keys=keys label=label"),
                    {"keys": ["g", "d"], "label": _("to the desk")},
                ),
            ),
            small=True,
        ),
        Component(
            "help.html",
            _("Help beside a word"),
            (
                State(_("Beside a word that the page says"), '{% load linli %}{% help "limits" %}'),
                State(_("Above the form of a change"), '{% load linli %}{% help_of_change "pause" %}'),
            ),
            small=True,
        ),
        Component(
            "icon",
            _("Icons"),
            (
                State(
                    _("In the colour of their text"),
                    "{% load linli %}{% for name in names %}{% icon name %} {% endfor %}",
                    {
                        "names": (
                            "home",
                            "shield",
                            "service",
                            "person",
                            "inbox",
                            "map",
                            "desk",
                            "phone",
                            "chart",
                            "camera",
                            "clock",
                            "search",
                        )
                    },
                ),
            ),
        ),
    )


def _progress() -> tuple[Component, ...]:
    now = clock.now()
    names = [_("Reported"), _("Filed"), _("Dispatched"), _("Being handled"), _("Verified"), _("Closed"), _("Rated")]
    midway = [{"label": name, "state": "done" if i < 2 else "now" if i == 2 else ""} for i, name in enumerate(names)]
    ended = [{"label": name, "state": "done"} for name in names]
    story = [
        {"what": _("Taken on"), "who": _("Subdistrict office"), "at": now, "why": _("We come this afternoon.")},
        {"what": _("Filed: the clock runs"), "who": _("Case desk"), "at": now - timedelta(minutes=20)},
        {
            "what": _("Reported"),
            "at": now - timedelta(days=1),
            "photos": [{"thumb": static("web/icon.svg"), "href": "#timeline", "alt": _("Photo of the report")}],
        },
    ]
    return (
        Component(
            "stepper.html",
            _("Stepper"),
            (
                State(
                    _("Midway"),
                    _line("stepper.html", "steps=steps label=label"),
                    {"steps": midway, "label": _("Where the case stands")},
                ),
                State(
                    _("At its end"),
                    _line("stepper.html", "steps=steps label=label"),
                    {"steps": ended, "label": _("Where the case stands")},
                ),
            ),
        ),
        Component(
            "timeline.html",
            _("Timeline"),
            (
                State(
                    _("By day, with words and a photo"), _line("timeline.html", "entries=entries"), {"entries": story}
                ),
            ),
        ),
        Component(
            "progress.html",
            _("Progress of long work"),
            (
                State(
                    _("Running"),
                    _line("progress.html", "label=label value=340 max=1000 said=said"),
                    {"label": _("Importing duties"), "said": _("Reading row 340")},
                ),
                State(
                    _("Length not known yet"), _line("progress.html", "label=label"), {"label": _("Importing duties")}
                ),
                State(
                    _("Stopped"),
                    _line("progress.html", "label=label value=340 max=1000 said=said tone='bad'"),
                    {"label": _("Importing duties"), "said": _("Row 341 names no unit. Nothing was applied.")},
                ),
            ),
        ),
        Component("loading.html", _("Loading"), (State(_("Three lines"), _line("loading.html", "lines='123'")),)),
    )


def _asking() -> tuple[Component, ...]:
    asked = _Sample(initial={"description": _("Overflowing bins at the north gate")})
    refused = _Sample({"description": ""}, auto_id="refused_%s")
    return (
        Component(
            "button.html",
            _("Button"),
            (
                State(
                    _("Main action, one on a page"),
                    _line("button.html", "label=label kind='primary' href='#button'"),
                    {"label": _("Report")},
                ),
                State(
                    _("Beside it"), _line("button.html", "label=label href='#button'"), {"label": _("Keep for later")}
                ),
                State(
                    _("Takes something away"),
                    _line("button.html", "label=label kind='danger' href='#button'"),
                    {"label": _("Decline")},
                ),
            ),
            small=True,
        ),
        Component(
            "field.html",
            _("Field"),
            (
                State(_("Filled"), _line("field.html", "field=form.description"), {"form": asked}),
                State(_("May stay empty, with a hint"), _line("field.html", "field=form.place"), {"form": asked}),
                State(_("Refused"), _line("field.html", "field=form.description"), {"form": refused}),
                State(_("A choice"), _line("field.html", "field=form.anonymous"), {"form": asked}),
            ),
        ),
        Component(
            "filters.html",
            _("Filter bar"),
            (
                State(
                    _("Shown at once where script runs"),
                    _line("filters.html", "form=form target='filters'"),
                    {"form": _Narrow()},
                ),
            ),
        ),
        Component(
            "look_choices.html",
            _("Choice of the look"),
            (State(_("This page in another look"), _line("look_choices.html", "at='/design/' sun='yes' kind='card'")),),
        ),
        Component(
            "sheet.html",
            _("Sheet"),
            (
                State(
                    _("Opens above the page"),
                    _line(
                        "sheet.html",
                        "id='sheet-sample' title=title opens=opens body='web/components/field.html' field=form.place",
                    ),
                    {
                        "title": _("Decline this case?"),
                        "opens": _("Open the sheet"),
                        "form": _Sample(auto_id="sheet_%s"),
                    },
                ),
            ),
        ),
    )


def _answers() -> tuple[Component, ...]:
    tones = (
        (_("To be known"), ""),
        (_("Went well"), "good"),
        (_("Near its limit"), "warn"),
        (_("Late or wrong"), "bad"),
    )
    return (
        Component(
            "notice.html",
            _("Notice"),
            tuple(
                State(
                    name,
                    _line("notice.html", f"text=text tone='{tone}'"),
                    {"text": _("Your report is case 51010800001.")},
                )
                for name, tone in tones
            ),
        ),
        Component(
            "toast.html",
            _("Toast"),
            (
                State(
                    _("With a way to undo"),
                    _line("toast.html", "text=text undo='#toast' token='sample'"),
                    {"text": _("3 cases filed")},
                ),
            ),
        ),
        Component(
            "empty.html",
            _("Empty"),
            (
                State(
                    _("Says what to do"),
                    _line("empty.html", "title=title text=text icon='inbox' href='#empty' action=action"),
                    {
                        "title": _("You have not reported anything yet"),
                        "text": _(
                            "A dark lamp, rubbish, a broken lift: say it in a sentence, and follow here what becomes of it."
                        ),
                        "action": _("Report now"),
                    },
                ),
            ),
        ),
        Component(
            "error_panel.html",
            _("Error"),
            (
                State(
                    _("In an open page"),
                    _line("error_panel.html", "title=title text=text"),
                    {
                        "title": _("This was not done"),
                        "text": _("Somebody else changed this case a moment ago. Look at it again, then decide."),
                    },
                ),
            ),
        ),
        Component(
            "offline.html",
            _("Offline"),
            (State(_("What was typed is kept"), _line("offline.html", "retry='#offline'")),),
        ),
    )


def _map() -> SimpleNamespace:
    areas = [
        SimpleNamespace(
            id=1, name=_("North"), points="M8 8 120 14 112 76 14 70z", label_x=64, label_y=44, labelled=True
        ),
        SimpleNamespace(
            id=2, name=_("South"), points="M120 14 232 8 226 78 112 76z", label_x=172, label_y=44, labelled=True
        ),
    ]
    dots = [
        SimpleNamespace(x=44.0, y=58.0, title=_("Street lamp is dark"), href=""),
        SimpleNamespace(x=196.0, y=28.0, title=_("Closed"), href=""),
    ]
    return SimpleNamespace(
        view_box="0 0 240 86",
        ground="",
        areas=areas,
        dots=dots,
        pin=(150.0, 60.0),
        font_size=6,
        dot_radius=2,
        pin_radius=3,
    )
