"""Components that say how far something is."""

from datetime import timedelta

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from linli.foundation import clock
from linli.web.design.component import Component, State, line


def progress() -> tuple[Component, ...]:
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
                    line("stepper.html", "steps=steps label=label"),
                    {"steps": midway, "label": _("Where the case stands")},
                ),
                State(
                    _("At its end"),
                    line("stepper.html", "steps=steps label=label"),
                    {"steps": ended, "label": _("Where the case stands")},
                ),
            ),
        ),
        Component(
            "timeline.html",
            _("Timeline"),
            (State(_("By day, with words and a photo"), line("timeline.html", "entries=entries"), {"entries": story}),),
        ),
        Component(
            "progress.html",
            _("Progress of long work"),
            (
                State(
                    _("Running"),
                    line("progress.html", "label=label value=340 max=1000 said=said"),
                    {"label": _("Importing duties"), "said": _("Reading row 340")},
                ),
                State(
                    _("Length not known yet"), line("progress.html", "label=label"), {"label": _("Importing duties")}
                ),
                State(
                    _("Stopped"),
                    line("progress.html", "label=label value=340 max=1000 said=said tone='bad'"),
                    {"label": _("Importing duties"), "said": _("Row 341 names no unit. Nothing was applied.")},
                ),
            ),
        ),
        Component("loading.html", _("Loading"), (State(_("Three lines"), line("loading.html", "lines='123'")),)),
    )
