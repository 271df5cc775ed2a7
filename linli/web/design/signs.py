"""Small signs beside what is read."""

from django.utils.translation import gettext_lazy as _

from linli.web.design.component import Component, State, line


def signs() -> tuple[Component, ...]:
    return (
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
                    _("Beside a name"), line("avatar.html", "text=text tone='good'"), {"text": _("Subdistrict office")}
                ),
                State(
                    _("Small"), line("avatar.html", "text=text tone='info' small=1"), {"text": _("Subdistrict office")}
                ),
            ),
            small=True,
        ),
        Component(
            "keys.html",
            _("Keys"),
            (
                State(
                    _("One key"), line("keys.html", "keys=keys label=label"), {"keys": ["j"], "label": _("next case")}
                ),
                State(
                    _("Two, one after the other"),
                    line("keys.html", "keys=keys label=label"),
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
