"""What people are told, in plain words and in their language.

Each template has the words for the app and, where it also goes to phones, short words that name nothing but the case's number, bodies and
dates: no title, no reason, no name. The link leads to the rest, for whoever holds it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import NotFound
from linli.foundation.moments import dated
from linli.gateway.models import Kind
from linli.insight.models import WarningKind
from linli.people import queries as people
from linli.territory import queries as territory


@dataclass(frozen=True, slots=True)
class Template:
    """`text` for the app; `short` for a phone, or empty where it never goes to one.

    Of the messages about one case that are in one `thread` only the newest of a minute is shown and sent. `now` passes quiet hours
    and digest: whoever asked for it waits for it.
    """

    text: str | Promise
    short: str | Promise = ""
    kind: Kind = Kind.PROGRESS
    thread: str = ""
    now: bool = False


# Who is told by the messages of a template, for the desk that reads what was sent.
AUDIENCES: dict[str, str | Promise] = {
    "reporter": _("The reporter"),
    "supporter": _("Who said “me too”"),
    "part": _("Reporter of a merged case"),
    "work": _("Who works on it"),
    "answered": _("Who asked"),
}


def audience(template: str) -> str:
    beginning = "work" if template.startswith(("work_", "late_")) else template.split("_")[0]
    beginning = {"supported": "supporter"}.get(beginning, beginning)
    return str(AUDIENCES.get(beginning, AUDIENCES["reporter"]))


TEMPLATES: dict[str, Template] = {
    "sign_in_code": Template(
        "",
        _("Your code is %(code)s. It is good for five minutes. Give it to nobody, not even to us."),
        kind=Kind.ASKED,
        now=True,
    ),
    # To the reporter, at every step.
    "collected": Template(
        _("We have your report. Its number is %(number)s. The desk will read it and say what happens next."),
        _("We have your report. Its number is %(number)s. See how it goes: %(link)s"),
    ),
    "filed": Template(
        _("Your report %(number)s was filed. It is to be settled by %(due)s."),
        _("Your report %(number)s was filed and is to be settled by %(due)s: %(link)s"),
        thread="mine",
    ),
    "declined": Template(
        _("Your report %(number)s was not filed. The reason: %(reason)s. If you do not agree, reopen it and say why."),
        _("Your report %(number)s was not filed. The reason, and how to object: %(link)s"),
        thread="mine",
    ),
    "dispatched": Template(
        _("Your report %(number)s went to %(body)s, which is to settle it by %(due)s."),
        _("Your report %(number)s went to %(body)s, which is to settle it by %(due)s: %(link)s"),
        thread="mine",
    ),
    "accepted": Template(_("%(body)s is working on your report %(number)s."), thread="mine"),
    "paused": Template(_("The clock of your report %(number)s is paused. The reason: %(reason)s."), thread="mine"),
    "resumed": Template(
        _("The clock of your report %(number)s runs again. It is now to be settled by %(due)s."), thread="mine"
    ),
    "handled": Template(
        _("%(body)s says that your report %(number)s is settled. Somebody else will now check it."),
        _("%(body)s says that your report %(number)s is settled. It will now be checked: %(link)s"),
        thread="mine",
    ),
    "rework": Template(
        _("The check found your report %(number)s not settled yet. %(body)s works on it again."), thread="mine"
    ),
    "closed": Template(
        _("Your report %(number)s is closed. Was it settled? Please rate it, or reopen it within 30 days."),
        _("Your report %(number)s is closed. Was it settled? Please rate it: %(rate)s"),
        kind=Kind.ASKED,
        thread="mine",
    ),
    "merged": Template(
        _(
            "Others reported the same: your report %(number)s goes on as part of %(into)s. You will hear what becomes of it."
        ),
        _(
            "Others reported the same: your report %(number)s goes on as part of %(into)s. We will tell you what becomes of it."
        ),
        thread="mine",
    ),
    "unmerged": Template(_("Your report %(number)s goes on by itself again."), thread="mine"),
    "reopened": Template(
        _("Your report %(number)s was opened again."),
        _("Your report %(number)s was opened again: %(link)s"),
        thread="mine",
    ),
    "reassigned": Template(
        _("Your report %(number)s is now with %(body)s."),
        _("Your report %(number)s is now with %(body)s: %(link)s"),
        thread="mine",
    ),
    "asked": Template(
        _("The case desk asks about your report %(number)s: “%(reason)s”. Open it to answer."),
        _("The case desk has a question about your report %(number)s. Read and answer: %(link)s"),
        kind=Kind.ASKED,
    ),
    # To whoever said “me too”, and to reporters whose case was merged.
    "supported_closed": Template(_("The matter %(number)s, which you have too, was settled."), thread="mine"),
    "supported_reopened": Template(_("The matter %(number)s, which you have too, was opened again."), thread="mine"),
    "supported_declined": Template(_("The matter %(number)s, which you have too, was not filed."), thread="mine"),
    "part_closed": Template(
        _("The matter %(into)s, of which your report %(number)s is a part, was settled."),
        _("The matter %(into)s, of which your report %(number)s is a part, was settled."),
        thread="mine",
    ),
    "part_reopened": Template(
        _("The matter %(into)s, of which your report %(number)s is a part, was opened again."),
        _("The matter %(into)s, of which your report %(number)s is a part, was opened again."),
        thread="mine",
    ),
    "part_declined": Template(
        _("The matter %(into)s, of which your report %(number)s is a part, was not filed."),
        _("The matter %(into)s, of which your report %(number)s is a part, was not filed."),
        thread="mine",
    ),
    # To those who work on it.
    "work_new": Template(
        _("New case %(number)s for %(body)s, to be settled by %(due)s."),
        _("New case %(number)s for %(body)s, to be settled by %(due)s."),
        kind=Kind.WORK,
        thread="work",
    ),
    "work_help": Template(
        _("%(body)s is asked to help with case %(number)s."),
        _("%(body)s is asked to help with case %(number)s."),
        kind=Kind.WORK,
        thread="work",
    ),
    "work_again": Template(
        _("The check of case %(number)s failed: %(reason)s. It is with %(body)s again."),
        _("The check of case %(number)s failed. It is with %(body)s again."),
        kind=Kind.WORK,
        thread="work",
    ),
    "work_asks_help": Template(
        _("A colleague of %(body)s asks for help with case %(number)s: %(reason)s."),
        _("A colleague of %(body)s asks for help with case %(number)s."),
        kind=Kind.WORK,
    ),
    "work_handed": Template(
        _("A colleague handed case %(number)s over to you. It is to be settled by %(due)s."),
        _("A colleague handed case %(number)s over to you. It is to be settled by %(due)s."),
        kind=Kind.WORK,
        thread="work",
    ),
    "work_assigned": Template(
        _("Case %(number)s was assigned to you. It is to be settled by %(due)s."),
        _("Case %(number)s was assigned to you. It is to be settled by %(due)s."),
        kind=Kind.WORK,
        thread="work",
    ),
    "work_gone": Template(_("Case %(number)s was given to another body."), kind=Kind.WORK, thread="work"),
    "work_supervised": Template(
        _("A leader asks for case %(number)s: %(reason)s."), _("A leader asks for case %(number)s."), kind=Kind.WORK
    ),
    "late_half": Template(
        _("Half the time for case %(number)s is used up. It is to be settled by %(due)s."),
        _("Half the time for case %(number)s is used up. It is to be settled by %(due)s."),
        kind=Kind.LATE,
        thread="late",
    ),
    "late_due": Template(
        _("Case %(number)s is overdue at %(body)s since %(due)s."),
        _("Case %(number)s is overdue at %(body)s since %(due)s."),
        kind=Kind.LATE,
        thread="late",
    ),
    "late_far": Template(
        _("Case %(number)s is long overdue at %(body)s: one and a half times its limit has passed."),
        _("Case %(number)s is long overdue at %(body)s: one and a half times its limit has passed."),
        kind=Kind.LATE,
        thread="late",
    ),
    # To who asked the reporter.
    "answered": Template(
        _("The reporter of case %(number)s has answered."),
        _("The reporter of case %(number)s has answered."),
        kind=Kind.WORK,
    ),
    # To the leader of a unit.
    "work_warning": Template(
        _("Warning for %(unit)s: %(warning_kind)s. Open it to see what was found, and answer it."),
        _("Warning for %(unit)s: %(warning_kind)s. What was found: %(link)s"),
        kind=Kind.WORK,
    ),
    # To somebody of the roster, whom a call for help concerns. Whoever stands on no page reads it on their phone.
    "help_called": Template(
        _("Can you help from %(starts)s until %(ends)s? %(text)s. Open it and say whether you come."),
        _("Can you help from %(starts)s until %(ends)s? Read what for, and say whether you come: %(link)s"),
        kind=Kind.WORK,
        now=True,
    ),
    # What staff announce. The whole of it stands on its own page.
    "area_news": Template(
        _("%(unit)s: %(title)s"),
        _("%(unit)s: %(title)s. Read more: %(link)s"),
        kind=Kind.AREA,
    ),
    "area_window": Template(
        _("%(unit)s, from %(starts)s until %(ends)s: %(title)s"),
        _("%(unit)s, from %(starts)s until %(ends)s: %(title)s. Read more: %(link)s"),
        kind=Kind.AREA,
    ),
    "product_news": Template(
        _("News about Linli: %(title)s"),
        _("News of Linli: %(title)s. Read more: %(link)s"),
        kind=Kind.PRODUCT,
    ),
    # To a phone, once a day, for whoever chose that.
    "digest": Template(
        "",
        _("%(count)s messages from Linli today.\n%(lines)s\nAll of them: %(link)s"),
        now=True,
    ),
}


def long(template: str, params: Mapping[str, Any], language: str) -> str:
    """The words for the app."""
    with translation.override(language):
        return str(TEMPLATES[template].text) % _Missing(shown(params, language))


def short(template: str, params: Mapping[str, Any], language: str) -> str:
    """The words for a phone."""
    with translation.override(language):
        return str(TEMPLATES[template].short) % _Missing(shown(params, language))


# Why somebody hears of an announcement.
REASONS: dict[str, str | Promise] = {
    "asked": _("You chose notices from %(asked_for)s."),
    "works": _("You work in this area."),
    "reported": _("You reported something here in the last year."),
    "lives": _("Your account is bound to a door in this area."),
}


def why(params: Mapping[str, Any], language: str) -> str:
    """Why its reader was told; empty where it is about their own case, or for everybody."""
    reason = REASONS.get(str(params.get("why", "")))
    with translation.override(language):
        return str(reason) % _Missing(shown(params, language)) if reason else ""


# What a digest names first.
_MOST_URGENT = (Kind.LATE, Kind.WORK, Kind.ASKED, Kind.PROGRESS, Kind.AREA, Kind.PRODUCT)


def urgency(template: str) -> int:
    """The place of a template in a digest: the smaller, the earlier."""
    return _MOST_URGENT.index(TEMPLATES[template].kind)


def in_thread(thread: str) -> list[str]:
    """The names of the templates of a thread."""
    return [name for name, template in TEMPLATES.items() if template.thread == thread]


def goes_to_phones(template: str) -> bool:
    return bool(TEMPLATES[template].short)


class _Missing(dict[str, str]):
    """What a template names and a message lacks (no limit, no body) reads as a dash."""

    def __missing__(self, name: str) -> str:
        return "—"


def shown(params: Mapping[str, Any], language: str) -> dict[str, str]:
    """The parameters as a reader sees them: the body's name in their language, moments in the city's time."""
    with translation.override(language):
        words = {name: _shown(name, str(value)) for name, value in params.items() if value}
    # What was written in both languages.
    in_english = {} if language.startswith("zh") else {"title": words.get("title_en")}
    return words | {name: text for name, text in in_english.items() if text}


def _shown(name: str, value: str) -> str:
    if name in {"due", "starts", "ends"}:
        return _moment(value)
    if name == "body":
        return _body(value)
    if name == "warning_kind":
        return str(WarningKind(value).label)
    if name in {"unit", "asked_for"}:
        return _unit(value)
    return value


def _moment(value: str) -> str:
    try:
        return dated(datetime.fromisoformat(value))
    except ValueError:
        return value


def whole_moments(params: Mapping[str, Any]) -> dict[str, str]:
    """`due_at`, `starts_at`, `ends_at` with their year, in figures that providers' templates of a time take in every language."""
    return {f"{name}_at": _whole(str(params[name])) for name in ("due", "starts", "ends") if params.get(name)}


def _whole(value: str) -> str:
    try:
        return f"{timezone.localtime(datetime.fromisoformat(value)):%Y年%m月%d日 %H:%M}"
    except ValueError:
        return value


def _unit(value: str) -> str:
    try:
        return territory.unit(UUID(value)).name_in(translation.get_language() or "")
    except (ValueError, NotFound):
        return value


def _body(value: str) -> str:
    try:
        return people.body(UUID(value)).label
    except (ValueError, NotFound):
        return value
