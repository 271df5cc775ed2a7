"""A warning in plain words: what was seen, against what, how surprising it is, and what to do about it."""

from datetime import date, timedelta
from uuid import UUID

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from linli.cases.models import Channel
from linli.duties import queries as duties
from linli.insight.models import Warning, WarningKind
from linli.insight.sources import wall
from linli.people import queries as people
from linli.territory import queries as territory

# Found by a machine, as a sensor's report is.
CHANNEL = Channel.SENSOR

SUGGESTIONS: dict[str, str | Promise] = {
    WarningKind.CLUSTER: gettext_lazy(
        "Open the cases below and look for one cause: a works site, a broken line, one busy reporter. If there is one, "
        "make it a case, so that it is handled once and not case by case."
    ),
    WarningKind.TREND: gettext_lazy(
        "See whether the cases of that day have one cause, and whether the bodies concerned have the people for it. A new "
        "channel or a campaign raises counts too: then dismiss it and say so."
    ),
    WarningKind.SURGE: gettext_lazy(
        "Something may be going on now. Read the newest cases, call the desk of the unit, and send somebody to look before "
        "more reports come."
    ),
    WarningKind.REPEATED: gettext_lazy(
        "Settling the single cases has not helped here. Send one body to look for the cause on the spot, and tell the "
        "reporters together."
    ),
    WarningKind.SILENT: gettext_lazy(
        "Ask the unit's desk whether its channels work: a form, a phone, somebody on leave. No reports are not always good "
        "news."
    ),
    WarningKind.PILE: gettext_lazy(
        "Give the body help now, move cases to others who may take them, or tell the reporters in time. The cases below fall "
        "due first."
    ),
}
METHODS: dict[str, str | Promise] = {
    "permutation": gettext_lazy("Kulldorff's scan (space-time permutation)"),
    "farrington": gettext_lazy("Farrington's method"),
    "c1": "EARS C1",
    "c2": "EARS C2",
    "c3": "EARS C3",
    "negative_binomial": gettext_lazy("Compared with all addresses (negative binomial)"),
    "binomial": gettext_lazy("Compared with all other communities (binomial)"),
    "pace": gettext_lazy("Work that falls due against the pace of the last four weeks"),
}


def title(warning: Warning) -> str:
    """What and where, in a line."""
    return " · ".join([str(WarningKind(warning.kind).label), *_about(warning)])


def _about(warning: Warning) -> list[str]:
    about = [area(warning)]
    if warning.case_class_id:
        about.append(class_name(warning.case_class_id))
    if warning.body_id:
        about.append(people.body(warning.body_id).label)
    return about


def area(warning: Warning) -> str:
    """The unit; of a cluster also how many places, and around what where no unit below its district holds it all."""
    name = unit_name(warning.unit_id)
    if warning.kind != WarningKind.CLUSTER:
        return name
    if middle := around(warning):
        name = _("around %(name)s") % {"name": unit_name(middle)}
    places = len(warning.places)
    return _("%(name)s (%(places)s)") % {
        "name": name,
        "places": ngettext("%(count)s place", "%(count)s places", places) % {"count": places},
    }


def around(warning: Warning) -> UUID | None:
    """The unit below the district in which the centre of a cluster lies that reaches into several of them, or has no units at all."""
    if warning.kind != WarningKind.CLUSTER or warning.unit_id != warning.district_id:
        return None
    if warning.lon is None or warning.lat is None:
        return None
    place = territory.index().place(warning.lon, warning.lat)
    if place is None or warning.district_id not in place.path:
        return None
    below = place.path[place.path.index(warning.district_id) + 1 :]
    return below[0] if below else None


def class_name(class_id: UUID) -> str:
    info = duties.case_class(class_id)
    return info.name if (get_language() or "").startswith("zh") or not info.name_en else info.name_en


def window(warning: Warning) -> str:
    """From when until when; hours only where it is about hours."""
    since, until = wall(warning.since), wall(warning.until)
    if warning.kind == WarningKind.SURGE:
        return f"{date_format(since, _('M j'))} {since:%H:%M} – {until:%H:%M}"
    last = date_format(until - timedelta(days=1), _("M j"))
    first = date_format(since, _("M j"))
    return first if first == last else f"{first} – {last}"


def seen(warning: Warning) -> str:
    """Observed against expected, in a sentence."""
    numbers = {"observed": warning.observed, "expected": number(warning.expected), "times": times(warning)}
    if warning.kind == WarningKind.SILENT:
        return _("No report, where about %(expected)s were to be expected.") % numbers
    if warning.kind == WarningKind.PILE:
        return _("%(observed)s cases will be overdue if the pace stays; today there are %(expected)s.") % numbers
    if warning.kind == WarningKind.REPEATED:
        return _("%(observed)s reports from one address; an average one has %(expected)s.") % numbers
    if not numbers["times"]:
        return _("%(observed)s reports, where about %(expected)s were to be expected.") % numbers
    return _("%(observed)s reports, where about %(expected)s were to be expected: %(times)s times as many.") % numbers


def times(warning: Warning) -> str:
    return f"{warning.observed / warning.expected:.1f}" if warning.expected >= 0.05 else ""


def surprise(warning: Warning) -> str:
    """How often chance alone shows the like of it."""
    days = warning.once_in_days
    if days >= 3650:
        return _("By chance alone less than once in ten years")
    if days >= 730:
        return _("By chance alone about once in %(years)s years") % {"years": round(days / 365)}
    return _("By chance alone about once in %(days)s days") % {"days": round(days)}


def suggestion(warning: Warning) -> str:
    return str(SUGGESTIONS[warning.kind])


def method(warning: Warning) -> str:
    return str(METHODS.get(warning.method, warning.method))


def for_a_case(warning: Warning, note: str) -> str:
    """The description of the case that a warning becomes."""
    lines = [note.strip(), title(warning), window(warning), seen(warning), suggestion(warning)]
    return "\n".join(line for line in lines if line)


def unit_name(unit_id: UUID) -> str:
    return territory.unit(unit_id).name_in(get_language() or "")


def curve_names(warning: Warning) -> tuple[str, str]:
    """What its curve shows, and what that is compared with."""
    if warning.kind == WarningKind.PILE:
        return _("Falling due"), _("Usually done")
    return _("Observed"), _("Usual")


def day(label: str) -> str:
    """A day of a curve."""
    return date_format(date.fromisoformat(label), _("M j"))


def number(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
