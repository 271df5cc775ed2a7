"""Components to read: lists, tables, figures, charts, maps."""

from types import SimpleNamespace

from django.utils.translation import gettext_lazy as _

from linli.web.design.component import Component, State, line

# Week, opened, ended.
SAMPLE_WEEKS = (("11-02", 84, 71), ("11-09", 96, 88), ("11-16", 78, 90), ("11-23", 41, 36))


def reading() -> tuple[Component, ...]:
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
                    line("list.html", "items=items label=label"),
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
                    line("card.html", "title=title text=text note=note"),
                    {
                        "title": _("Water is off"),
                        "text": _("On Friday from nine to noon."),
                        "note": _("Residents' committee"),
                    },
                ),
                State(
                    _("A link, with a badge"),
                    line("card.html", "title=title text=text href='#card' badge=badge tone='warn'"),
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
                    line("table.html", "caption=caption columns=columns rows=rows"),
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
                    line("stats.html", "items=items label=label"),
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
                    line("chart.html", "source='/design/chart/' title=title note=note columns=columns rows=rows"),
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
                    line("map.html", "map=map label=label"),
                    {"map": _map(), "label": _("Cases on the map")},
                ),
            ),
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
