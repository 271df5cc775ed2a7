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
from linli.people import queries as people


@dataclass(frozen=True, slots=True)
class Template:
    """`text` for the app; `short` for a phone, or empty where it never goes to one."""

    text: str | Promise
    short: str | Promise = ""


TEMPLATES: dict[str, Template] = {
    "sign_in_code": Template(
        "", _("Your code is %(code)s. It is good for five minutes. Give it to nobody, not even to us.")
    ),
    # To the reporter, at every step.
    "collected": Template(
        _("We have your report. Its number is %(number)s. The desk will read it and say what happens next."),
        _("We have your report. Its number is %(number)s. See how it goes: %(link)s"),
    ),
    "filed": Template(
        _("Your report %(number)s was filed. It is to be settled by %(due)s."),
        _("Your report %(number)s was filed and is to be settled by %(due)s: %(link)s"),
    ),
    "declined": Template(
        _("Your report %(number)s was not filed. The reason: %(reason)s. If you do not agree, reopen it and say why."),
        _("Your report %(number)s was not filed. The reason, and how to object: %(link)s"),
    ),
    "dispatched": Template(
        _("Your report %(number)s went to %(body)s, which is to settle it by %(due)s."),
        _("Your report %(number)s went to %(body)s, which is to settle it by %(due)s: %(link)s"),
    ),
    "accepted": Template(_("%(body)s is working on your report %(number)s.")),
    "paused": Template(_("The clock of your report %(number)s is paused. The reason: %(reason)s.")),
    "resumed": Template(_("The clock of your report %(number)s runs again. It is now to be settled by %(due)s.")),
    "handled": Template(
        _("%(body)s says that your report %(number)s is settled. Somebody else will now check it."),
        _("%(body)s says that your report %(number)s is settled. It will now be checked: %(link)s"),
    ),
    "rework": Template(_("The check found your report %(number)s not settled yet. %(body)s works on it again.")),
    "closed": Template(
        _("Your report %(number)s is closed. Was it settled? Please rate it, or reopen it within 30 days."),
        _("Your report %(number)s is closed. Was it settled? Please rate it: %(rate)s"),
    ),
    "merged": Template(
        _(
            "Others reported the same: your report %(number)s goes on as part of %(into)s. You will hear what becomes of it."
        ),
        _(
            "Others reported the same: your report %(number)s goes on as part of %(into)s. We will tell you what becomes of it."
        ),
    ),
    "unmerged": Template(_("Your report %(number)s goes on by itself again.")),
    "reopened": Template(
        _("Your report %(number)s was opened again."), _("Your report %(number)s was opened again: %(link)s")
    ),
    "reassigned": Template(
        _("Your report %(number)s is now with %(body)s."), _("Your report %(number)s is now with %(body)s: %(link)s")
    ),
    # To whoever said “me too”, and to reporters whose case was merged.
    "supported_closed": Template(_("The matter %(number)s, which you have too, was settled.")),
    "supported_reopened": Template(_("The matter %(number)s, which you have too, was opened again.")),
    "supported_declined": Template(_("The matter %(number)s, which you have too, was not filed.")),
    "part_closed": Template(
        _("The matter %(into)s, of which your report %(number)s is a part, was settled."),
        _("The matter %(into)s, of which your report %(number)s is a part, was settled."),
    ),
    "part_reopened": Template(
        _("The matter %(into)s, of which your report %(number)s is a part, was opened again."),
        _("The matter %(into)s, of which your report %(number)s is a part, was opened again."),
    ),
    "part_declined": Template(
        _("The matter %(into)s, of which your report %(number)s is a part, was not filed."),
        _("The matter %(into)s, of which your report %(number)s is a part, was not filed."),
    ),
    # To those who work on it.
    "work_new": Template(
        _("New case %(number)s for %(body)s, to be settled by %(due)s."),
        _("New case %(number)s for %(body)s, to be settled by %(due)s."),
    ),
    "work_help": Template(
        _("%(body)s is asked to help with case %(number)s."), _("%(body)s is asked to help with case %(number)s.")
    ),
    "work_again": Template(
        _("The check of case %(number)s failed: %(reason)s. It is with %(body)s again."),
        _("The check of case %(number)s failed. It is with %(body)s again."),
    ),
    "work_gone": Template(_("Case %(number)s was given to another body.")),
    "work_supervised": Template(
        _("A leader asks for case %(number)s: %(reason)s."), _("A leader asks for case %(number)s.")
    ),
    "late_half": Template(
        _("Half the time for case %(number)s is used up. It is to be settled by %(due)s."),
        _("Half the time for case %(number)s is used up. It is to be settled by %(due)s."),
    ),
    "late_due": Template(
        _("Case %(number)s is overdue at %(body)s since %(due)s."),
        _("Case %(number)s is overdue at %(body)s since %(due)s."),
    ),
    "late_far": Template(
        _("Case %(number)s is long overdue at %(body)s: one and a half times its limit has passed."),
        _("Case %(number)s is long overdue at %(body)s: one and a half times its limit has passed."),
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


def goes_to_phones(template: str) -> bool:
    return bool(TEMPLATES[template].short)


class _Missing(dict[str, str]):
    """What a template names and a message lacks (no limit, no body) reads as a dash."""

    def __missing__(self, name: str) -> str:
        return "—"


def shown(params: Mapping[str, Any], language: str) -> dict[str, str]:
    """The parameters as a reader sees them: the body's name in their language, moments in the city's time."""
    with translation.override(language):
        return {name: _shown(name, str(value)) for name, value in params.items() if value}


def _shown(name: str, value: str) -> str:
    if name == "due":
        return _moment(value)
    if name == "body":
        return _body(value)
    return value


def _moment(value: str) -> str:
    try:
        return timezone.localtime(datetime.fromisoformat(value)).strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return value


def _body(value: str) -> str:
    try:
        return people.body(UUID(value)).label
    except (ValueError, NotFound):
        return value
