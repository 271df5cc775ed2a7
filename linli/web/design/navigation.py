"""Components that lead somewhere."""

from django.utils.translation import gettext_lazy as _

from linli.web.design.component import Component, State, line


def navigation() -> tuple[Component, ...]:
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
                    line("page_head.html", "title=title intro=intro href='#page_head' action=action"),
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
                    line("tabs.html", "items=items label=label"),
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
                    line("segments.html", "items=items label=label"),
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
                    line("pager.html", "next_href='#pager' first_href='#pager' shown=shown"),
                    {"shown": _("50 of 412")},
                ),
            ),
        ),
    )
