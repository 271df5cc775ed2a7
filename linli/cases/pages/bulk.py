"""Changes of many cases at once: what would happen, then what did, then the way back.

The preview asks the changes themselves (`actions.tried`), so it cannot promise what is then refused, unless somebody else was faster.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from linli.cases import actions, errors, queries, rules
from linli.cases.lifecycle import CHANGES, Change
from linli.cases.models import Case
from linli.cases.pages import fields, words
from linli.cases.pages.narrowing import listed
from linli.cases.pages.once_only import key_of
from linli.cases.pages.staff import staff_of
from linli.foundation.access import Actor
from linli.foundation.errors import DomainError, InvalidInput

# What the desk offers to do with many cases, and the fields that each asks for.
OFFERED: dict[str, tuple[str, ...]] = {
    "file": ("class_code",),
    "dispatch": ("note",),
    "close": (),
    "decline": ("note",),
    "merge": ("into",),
    "supervise": ("note",),
}
# What follows, in words that somebody can be held to.
CONSEQUENCES: dict[str, str | Promise] = {
    "file": gettext_lazy("The clock starts now, by the limit of each case's class; the reporters are told until when."),
    "dispatch": gettext_lazy("Each goes to the body whose duty it is by the lists; body and reporter are told."),
    "close": gettext_lazy("The reporters are asked to rate, and may reopen within 30 days."),
    "decline": gettext_lazy("The cases end. The reporters read the reason, and may object."),
    "merge": gettext_lazy("They go on as part of the chosen case; their reporters follow that one."),
    "supervise": gettext_lazy("They become urgent, and the bodies are told that you ask."),
}
# How each is taken back; what is missing cannot be.
BACK = {"merge": "unmerge", "file": "recall", "dispatch": "recall", "close": "recall", "decline": "recall"}
DANGEROUS = {"decline", "merge"}
HERE = re.compile(r"/desk/(\?.*)?|/case/[0-9-]+/")
SALT = "linli.desk.done"
MOST_DIGITS = 10
# One step takes so many cases; what a list shows beyond that is counted up to here.
MOST_AT_ONCE, MOST_COUNTED = 500, 10_000
# A merge offers so many of its cases to go on, and a message names so many that were left as they are.
MOST_TARGETS, MOST_NAMED = 50, 10
# Stands for a reason that is not written yet, where the preview asks what else would be refused.
ANY_REASON = "x"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asks for: a change of these cases, with what its fields say."""

    change: Change
    cases: Sequence[UUID]
    note: str
    class_code: str
    into: str
    # The versions that were shown: what has changed since is left as it is, and named.
    versions: Mapping[UUID, int] = field(default_factory=dict)
    # Where everything was asked for that a list shows, page after page: how many that is.
    matching: int | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> "Asked":
        name = request.POST.get("change", "")
        if name not in OFFERED:
            raise InvalidInput
        value = request.POST.get
        sent = [_case(text) for text in request.POST.getlist("cases")]
        if len(sent) > MOST_AT_ONCE:
            raise InvalidInput(field="cases")
        versions = {case: version for case, version in sent if case and version is not None}
        return cls(
            CHANGES[name],
            [case for case, _shown in sent if case],
            value("note", ""),
            value("class_code", ""),
            (value("other", "") or value("into", "")).strip(),
            versions,
        )

    def with_all(self, actor: Actor, here: str) -> "Asked":
        """The same for everything that the list shows at this address, on every page, up to what one step takes.

        Raises `FilterUnread`.
        """
        filters, order = listed(actor, here)
        page = queries.desk_page(actor, filters, order=order, size=MOST_AT_ONCE)
        count = queries.count_up_to(actor, filters, MOST_COUNTED) if page.after else len(page.cases)
        return replace(self, cases=[case.id for case in page.cases], versions={}, matching=count)

    def arguments(self, actor: Actor, *, trying: bool) -> dict[str, Any]:
        """What the verb takes. Raises a DomainError where the case to merge into is none."""
        reason = self.note if rules.says_something(self.note) or not trying else ANY_REASON
        found: dict[str, Any] = {"cases": self.cases, "note": reason if "note" in self.fields else ""}
        if self.change.name == "file" and self.class_code:
            found["class_code"] = self.class_code
        if self.change.name == "merge":
            found["into"] = into = queries.case_by_reference(actor, self.into).id
            found["cases"] = [case for case in self.cases if case != into]
        if not trying:
            found["version"] = self.versions
        return found

    @property
    def fields(self) -> tuple[str, ...]:
        return OFFERED[self.change.name]


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """What the change would do; with `sure`, do it. Each that is refused says why; the others are done."""
    actor = staff_of(request)
    asked, here = Asked.of(request), _here(request)
    if request.POST.get("all") and not request.POST.get("sure"):
        try:
            asked = asked.with_all(actor, here)
        except errors.FilterUnread as error:
            messages.warning(request, str(error))
            return HttpResponseRedirect(here)
    if not asked.cases:
        messages.warning(request, _("Tick the cases first, then choose what to do with them."))
        return HttpResponseRedirect(here)
    if not request.POST.get("sure"):
        return _preview(request, asked, actor, here)
    key = key_of(request)
    try:
        arguments = asked.arguments(actor, trying=False)
        outcome = getattr(actions, asked.change.name)(by=actor, key=key, each=True, **arguments)
        if not outcome.done and key is not None and key.earlier() is not None:
            messages.success(request, _("That was done already."))
            return _go(request, here)
        _refuse_if_nothing_was_done(outcome)
    except DomainError as error:
        return _preview(request, asked, actor, here, refusal=error)
    for reason, cases in _reasons(outcome.refused):
        text = ngettext(
            "%(count)s case was left as it is: %(reason)s",
            "%(count)s cases were left as they are: %(reason)s",
            len(cases),
        )
        messages.warning(request, f"{text % {'count': len(cases), 'reason': reason}} {_named(actor, cases)}")
    # The case into which others go on was changed too, but is not what was asked for.
    asked_for = set(arguments["cases"])
    changed = [case.number for case in outcome.done if case.id in asked_for]
    return _go(request, f"{here}{'&' if '?' in here else '?'}done={_token(asked.change.name, changed)}")


def _refuse_if_nothing_was_done(outcome: actions.Outcome) -> None:
    """One reason for all is shown where it can be mended: in the preview, with what was typed."""
    if not outcome.done and outcome.refused:
        raise next(iter(outcome.refused.values()))


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        return HttpResponseRedirect(address)
    answer = HttpResponse(status=204)
    answer["HX-Redirect"] = address
    return answer


def _preview(
    request: HttpRequest, asked: Asked, actor: Actor, here: str, refusal: DomainError | None = None
) -> HttpResponse:
    cases = queries.cases_of(actor, asked.cases)
    would, refused, unclear = _tried(asked, actor)
    targets = _targets(asked, actor, cases)
    numbers = {case.id: case.reference for case in cases}
    context = {
        "change": asked.change,
        "cases": cases,
        "here": here,
        "fields": asked.fields,
        "note": asked.note,
        "note_needed": asked.change.needs_note,
        "class_options": fields.with_chosen(fields.class_options(), asked.class_code),
        "targets": targets,
        "matching": _matching_words(asked),
        "into": asked.into,
        # What cannot be found stands where it was typed.
        "other": "" if asked.into in {case.reference for case in targets} else asked.into,
        "unclear": unclear,
        "refusal": refusal,
        "count": len(would),
        "states": _states(cases, would, asked.change),
        "refused": [
            {"reason": reason, "count": len(ids), "numbers": [numbers.get(case, "") for case in ids]}
            for reason, ids in _reasons(refused)
        ],
        "consequence": CONSEQUENCES[asked.change.name],
        "can_be_undone": asked.change.name in BACK,
        "minutes": rules.RECALL_WITHIN.seconds // 60,
        "kind": "danger" if asked.change.name in DANGEROUS else "primary",
    }
    return render(request, "cases/desk/preview.html", context, status=refusal.status if refusal else 200)


def _targets(asked: Asked, actor: Actor, cases: Sequence[Case]) -> list[Case]:
    """What the cases can be merged into: one of them, or one that was named."""
    if asked.change.name != "merge" or not asked.into:
        return list(cases[:MOST_TARGETS])
    try:
        into = queries.case_by_reference(actor, asked.into)
    except DomainError:
        return list(cases[:MOST_TARGETS])
    return [into, *[case for case in cases if case != into]][:MOST_TARGETS]


def _tried(asked: Asked, actor: Actor) -> tuple[set[UUID], dict[UUID, DomainError], str]:
    """The cases that would be changed, the refusals, and what the whole still waits for."""
    if asked.change.name == "merge" and not asked.into:
        return set(), {}, _("Choose the case that goes on.")
    try:
        arguments = asked.arguments(actor, trying=True)
        outcome = actions.tried(getattr(actions, asked.change.name), by=actor, **arguments)
    except DomainError as error:
        return set(), {}, str(error)
    return {case.id for case in outcome.done} & set(arguments["cases"]), outcome.refused, ""


def _states(cases: Iterable[Case], would: set[UUID], change: Change) -> list[dict[str, Any]]:
    """How many would go from which state to which."""
    counted: dict[str, int] = {}
    for case in cases:
        if case.id in would:
            counted[case.state] = counted.get(case.state, 0) + 1
    return [
        {
            "count": count,
            "before": {"label": words.state_name(state), "tone": words.tone(state)},
            "after": {"label": words.state_name(change.to or state), "tone": words.tone(change.to or state)},
        }
        for state, count in counted.items()
    ]


def _reasons(refused: dict[UUID, DomainError]) -> list[tuple[str, list[UUID]]]:
    found: dict[str, list[UUID]] = {}
    for case, error in refused.items():
        found.setdefault(str(error), []).append(case)
    return list(found.items())


def _named(actor: Actor, cases: Sequence[UUID]) -> str:
    """Some of these cases by their numbers, and how many more."""
    numbers = [case.reference for case in queries.cases_of(actor, cases[:MOST_NAMED])]
    more = len(cases) - len(numbers)
    return " · ".join([*numbers, f"+{more}"] if more > 0 and numbers else numbers)


def _matching_words(asked: Asked) -> str:
    """That it is everything that matches; or that it is more than one step takes, and which of it this is."""
    if asked.matching is None:
        return ""
    count = f"{asked.matching:,}" + ("+" if asked.matching == MOST_COUNTED else "")
    if asked.matching <= len(asked.cases):
        told = ngettext("%(count)s case matches.", "All %(count)s cases that match.", asked.matching)
        return told % {"count": count}
    told = _(
        "%(count)s cases match. One step takes %(most)s: these are the first of the list; the rest is for the next step."
    )
    return told % {"count": count, "most": MOST_AT_ONCE}


# The way back -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """What was just done, for the toast; `token` undoes it where that is possible."""

    text: str
    token: str
    undo: str


def _token(change: str, numbers: Iterable[int]) -> str:
    """Numbers as steps from one to the next: five hundred cases fit into an address."""
    ordered = sorted(numbers)
    steps = [number - before for before, number in zip([0, *ordered], ordered, strict=False)]
    return signing.dumps([change, steps], salt=SALT, compress=True)


def _read(token: str) -> tuple[str, list[int]] | None:
    """The change and its cases' numbers, as long as it can be taken back. The token only names them: who may is asked again."""
    try:
        change, steps = signing.loads(token, salt=SALT, max_age=rules.RECALL_WITHIN)
    except signing.BadSignature:
        return None
    return change, list(accumulate(steps))


def done(token: str, here: str) -> Done | None:
    """What the token tells of, until its time has passed. `here` is the list to come back to."""
    found = _read(token) if token else None
    if found is None or not found[1]:
        return None
    change, cases = found
    text = ngettext("%(change)s: %(count)s case done.", "%(change)s: %(count)s cases done.", len(cases))
    undo = f"/desk/undo/?{urlencode({'here': here})}" if change in BACK else ""
    return Done(text % {"change": CHANGES[change].label, "count": len(cases)}, token, undo)


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back what a bulk change did: each case by the change that leads back, as a step of its own."""
    actor = staff_of(request)
    here, found = _here(request), _read(request.POST.get("token", ""))
    if found is None or found[0] not in BACK:
        messages.warning(request, _("The time to take it back has passed. Each case can still be changed by itself."))
        return HttpResponseRedirect(here)
    verb, cases = getattr(actions, BACK[found[0]]), queries.ids_of(actor, found[1])
    try:
        outcome = verb(cases=cases, by=actor, note=_("Taken back"), each=True, key=key_of(request))
    except DomainError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(here)
    back = len({case.id for case in outcome.done} & set(cases))
    if back:
        text = ngettext("%(count)s case was taken back.", "%(count)s cases were taken back.", back)
        messages.success(request, text % {"count": back})
    for reason, left in _reasons(outcome.refused):
        text = ngettext(
            "%(count)s case was left as it is: %(reason)s",
            "%(count)s cases were left as they are: %(reason)s",
            len(left),
        )
        messages.warning(request, f"{text % {'count': len(left), 'reason': reason}} {_named(actor, left)}")
    return HttpResponseRedirect(here)


def _here(request: HttpRequest) -> str:
    """The list or the case that the form came from, and nothing outside."""
    here = request.POST.get("here") or request.GET.get("here", "")
    return here if HERE.fullmatch(here) else "/desk/"


def _case(text: str) -> tuple[UUID | None, int | None]:
    """A case as a form names it, with the version that was shown, where it says one: `id:version`."""
    case, _separator, version = text.partition(":")
    try:
        return UUID(case), _version(version)
    except ValueError:
        return None, None


def _version(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < MOST_DIGITS else None
