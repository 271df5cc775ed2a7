"""What each figure of the screen and of the weekly report means, and what it is counted from: said here once."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

NOW = _("Counted now, from the cases themselves.")
BY_WEEK = _("Counted now; for the city and its districts within the last hour.")


@dataclass(frozen=True, slots=True)
class Definition:
    key: str
    label: str | Promise
    meant: str | Promise
    source: str | Promise


DEFINITIONS = {
    one.key: one
    for one in (
        Definition(
            "open", _("Open"), _("Reported, and neither closed nor declined nor merged into another case."), NOW
        ),
        Definition(
            "overdue",
            _("Overdue"),
            _("Open, past its limit and not reported back. A paused clock stands where it was paused."),
            NOW,
        ),
        Definition(
            "today", _("Reported today"), _("Reported since midnight, by whatever channel, whatever became of it."), NOW
        ),
        Definition(
            "warnings",
            pgettext_lazy("of the screen", "Open warnings"),
            _(
                "Found by the nightly and hourly looks, and neither dismissed nor made a case. Those that touch the unit."
            ),
            _("The warnings themselves, now."),
        ),
        Definition(
            "response",
            _("Response rate"),
            _(
                "Of the cases dispatched in the period: taken on before the limit for an answer. Who has time left is not "
                "counted."
            ),
            BY_WEEK,
        ),
        Definition(
            "solution",
            _("Solution rate"),
            _("Of those whose reporter rated them: solved, in the reporter's word."),
            BY_WEEK,
        ),
        Definition(
            "satisfaction",
            _("Satisfaction rate"),
            _("Of those whose reporter rated them: three stars or more."),
            BY_WEEK,
        ),
        Definition(
            "weeks",
            _("Opened and ended by week"),
            _("Reported in that week; closed, declined or merged in that week."),
            BY_WEEK,
        ),
        Definition(
            "rates",
            _("The three rates by week"),
            _(
                "Of the cases dispatched in that week: answered in time; of those rated, solved, and three stars or more."
            ),
            BY_WEEK,
        ),
        Definition("units", _("By unit"), _("The unit in which the place lay on the day of the report."), NOW),
        Definition(
            "classes",
            _("By class"),
            _(
                "Open cases by the class that they have now, the most common first. What has no class yet is a line of "
                "its own."
            ),
            NOW,
        ),
        Definition(
            "ages",
            _("How long ago reported"),
            _(
                "Open cases by the time since their report, nights and free days counted; a paused clock changes nothing. "
                "The bar is their share of all that is open."
            ),
            NOW,
        ),
    )
}
