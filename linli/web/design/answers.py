"""Components that say what came of it."""

from django.utils.translation import gettext_lazy as _

from linli.web.design.component import Component, State, line


def answers() -> tuple[Component, ...]:
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
                    line("notice.html", f"text=text tone='{tone}'"),
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
                    line("toast.html", "text=text undo='#toast' token='sample'"),
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
                    line("empty.html", "title=title text=text icon='inbox' href='#empty' action=action"),
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
                    line("error_panel.html", "title=title text=text"),
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
            (State(_("What was typed is kept"), line("offline.html", "retry='#offline'")),),
        ),
    )
