"""The form of each change and what it calls: one table beside the lifecycle's, so that every page offers the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from linli.cases import actions, errors, limits, queries, rules
from linli.cases.lifecycle import Change
from linli.cases.models import Case
from linli.cases.pages import fields, suggestions, uploads
from linli.duties import queries as duties
from linli.duties.errors import NoResponsibleBody
from linli.foundation.access import Actor
from linli.foundation.errors import NotAllowed
from linli.foundation.idempotency import Once
from linli.people import queries as people
from linli.territory import queries as territory

STARS = [(number, "★" * number) for number in range(5, 0, -1)]
SOLVED = [("yes", _("Yes, it is solved")), ("no", _("No, it is not solved"))]
PRIMARY = frozenset(
    {"file", "dispatch", "accept", "resume", "report_back", "sign", "verify", "close", "evaluate", "answer"}
)
DANGEROUS = frozenset({"decline", "reject", "rework", "merge"})

_FIELDS: dict[str, Callable[[Change, Case], forms.Field]] = {
    "note": lambda change, case: fields.note(
        _("Reason: the people concerned will read it") if change.needs_note else _("Note"), required=change.needs_note
    ),
    "question": lambda change, case: fields.note(_("Your question: the reporter gets it as a message"), required=True),
    "answer": lambda change, case: fields.note(_("Your answer"), required=True),
    "done": lambda change, case: fields.note(_("What was done"), required=True),
    "class_code": lambda change, case: fields.case_class(_("Class"), required=True, help_text=_suggested(case)),
    "place": lambda change, case: forms.CharField(label=_("Name or code of the quarter or community"), max_length=100),
    "body_id": lambda change, case: fields.body(_("Body"), case.units),
    "asked_for": lambda change, case: forms.CharField(label=_("What is asked of it"), max_length=500, required=False),
    "before": lambda change, case: fields.PhotosField(label=_("Photos of how it was found")),
    "files": lambda change, case: fields.PhotosField(label=_("Photos of the result")),
    "lon": lambda change, case: forms.FloatField(required=False, widget=forms.HiddenInput),
    "lat": lambda change, case: forms.FloatField(required=False, widget=forms.HiddenInput),
    "to": lambda change, case: forms.ChoiceField(label=_("To whom"), choices=_colleagues(case)),
    "into": lambda change, case: forms.CharField(label=_("Number of the case that goes on"), max_length=24),
    "solved": lambda change, case: forms.ChoiceField(
        label=_("Is it solved?"), choices=SOLVED, widget=forms.RadioSelect
    ),
    "stars": lambda change, case: forms.TypedChoiceField(
        label=_("How satisfied are you?"), choices=STARS, coerce=int, widget=forms.RadioSelect
    ),
    "comment": lambda change, case: fields.note(_("Anything else"), required=False),
}
# Fields of photos, and the action's argument for each.
FILES = {"before": "before_ids", "files": "file_ids"}
# Places that a doubtful name is answered with.
MOST_PLACES = 8
# What the form of each change asks for, in order. A change that is missing here has no form on these pages.
ASKS: dict[str, Sequence[str]] = {
    "file": ("class_code",),
    "decline": ("note",),
    "classify": ("class_code",),
    "locate": ("place", "note"),
    "dispatch": ("body_id", "note"),
    "accept": (),
    "reject": ("note",),
    "reassign": ("body_id", "note"),
    "ask_co_handler": ("body_id", "asked_for"),
    "sign": ("done",),
    "set_out": (),
    "arrive": ("lon", "lat"),
    "ask_help": ("note",),
    "hand_over": ("to", "note"),
    "pause": ("note",),
    "resume": (),
    "report_back": ("done", "before", "files"),
    "verify": ("note",),
    "rework": ("note",),
    "close": (),
    "evaluate": ("solved", "stars", "comment"),
    "reopen": ("note",),
    "merge": ("into",),
    "unmerge": ("note",),
    "supervise": ("note",),
    "comment": ("note",),
    "ask": ("question",),
    "answer": ("answer",),
    "answer_call": ("note",),
}
# What forms call the note of a change, where that says more.
NOTES = ("done", "question", "answer")


class ChangeForm(forms.Form):
    """The form of one change of one case. `version` is what the page showed; an older one is refused as stale."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, change: Change, case: Case, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **(kwargs | {"auto_id": f"{change.name}-%s"}))
        self.change = change
        for name in ASKS[change.name]:
            self.fields[name] = _FIELDS[name](change, case)

    def show_version(self, version: int) -> None:
        """Keep what was typed, but for the newest state: the next sending is meant for that."""
        typed = cast(QueryDict, self.data).copy()
        typed["version"] = str(version)
        self.data = typed

    def words(self) -> str:
        """What was typed for somebody to read."""
        return next((words for name in ("note", *NOTES) if (words := self.data.get(name, "").strip())), "")


@dataclass(frozen=True, slots=True)
class Offer:
    """A change that the actor may make now, with its form."""

    change: Change
    form: ChangeForm
    clause: str = ""
    open: bool = False

    @property
    def name(self) -> str:
        return self.change.name

    @property
    def is_main(self) -> bool:
        """Shown open: the step that comes next, and a form that came back."""
        return self.open or self.name in PRIMARY

    @property
    def kind(self) -> str:
        return "primary" if self.name in PRIMARY else "danger" if self.name in DANGEROUS else ""


def offers(case: Case, allowed: Sequence[Change], bound: ChangeForm | None = None) -> list[Offer]:
    """A form for each allowed change, the main ones first; `bound` is one that came back and keeps what was typed.

    Where somebody else was faster and it cannot be done any more, its words wait in the form of a note.
    """
    left_over = bound.words() if bound is not None and bound.change not in allowed else ""
    found = []
    for change in sorted(allowed, key=lambda change: change.name not in PRIMARY):
        if change.name not in ASKS:
            continue
        initial, clause = _initial(case, change.name)
        if change.name == "comment" and left_over:
            initial["note"] = left_over
        back = bound if bound is not None and bound.change.name == change.name else None
        is_open = back is not None or "note" in initial
        found.append(Offer(change, back or ChangeForm(change, case, initial=initial), clause, open=is_open))
    return found


def _initial(case: Case, name: str) -> tuple[dict[str, Any], str]:
    """What the form holds at first, and for a dispatch the clause by which the body was chosen."""
    initial: dict[str, Any] = {"version": case.version}
    if name in {"file", "classify"} and case.case_class_id:
        initial["class_code"] = duties.minor_class(case.case_class_id).code
    if name == "dispatch" and case.case_class_id:
        try:
            found = duties.responsible(case.case_class_id, limits.place_of(case))
        except NoResponsibleBody:
            return initial, ""
        return initial | {"body_id": str(found.body_id)}, found.clause
    return initial, ""


def _suggested(case: Case) -> str:
    """The classes that the words suggest, with their confidences, beside the field: offered, never set."""
    chips = suggestions.of(f"{case.text.title} {case.text.description}")
    found = ", ".join(f"{chip.label} {chip.percent}%" for chip in chips)
    return gettext("Suggested: %(classes)s") % {"classes": found} if found else ""


def field_of(form: ChangeForm, name: str) -> str:
    """The form's field that an error is about, or nothing."""
    if name == "note":
        name = next((one for one in ("note", *NOTES) if one in form.fields), "")
    return name if name in form.fields else ""


def _colleagues(case: Case) -> list[tuple[str, Any]]:
    """Who could take the case in hand instead. Offered to those of the lead body alone: nobody else may hand it over."""
    found = people.colleagues(case.lead_body_id) if case.lead_body_id else []
    return [("", _("Choose a colleague")), *((str(one.id), one.name) for one in found if one.id != case.handler_id)]


def apply(case: Case, form: ChangeForm, *, by: Actor, secret: str = "", key: Once | None = None) -> actions.Outcome:
    """Keep the photos that came with the form and make the change. Raises a DomainError when it is refused."""
    chosen = {name: form.cleaned_data[name] for name in FILES if form.cleaned_data.get(name)}
    # Before anything is kept: whoever may not make the change would fill the disk.
    if chosen and not rules.may_change(form.change, case, by):
        raise NotAllowed
    stored = {name: uploads.store_all(photos, by) for name, photos in chosen.items()}
    arguments = _arguments(form.change.name, form.cleaned_data, stored, by)
    verb = getattr(actions, form.change.name)
    version = form.cleaned_data["version"]
    outcome: actions.Outcome = verb(cases=[case.id], by=by, version=version, secret=secret, key=key, **arguments)
    return outcome


def _arguments(change: str, values: dict[str, Any], stored: dict[str, list[UUID]], by: Actor) -> dict[str, Any]:
    """The action's arguments from the form's values."""
    arguments: dict[str, Any] = {}
    for name in ASKS[change]:
        value = values[name]
        if name in NOTES:
            arguments["note"] = value
        elif name in {"body_id", "to"}:
            arguments[name] = UUID(value)
        elif name == "solved":
            arguments["solved"] = value == "yes"
        elif name == "into":
            arguments["into"] = queries.case_by_reference(by, value).id
        elif name == "place":
            arguments["unit_id"] = _unit_named(value.strip())
        elif name in FILES:
            arguments[FILES[name]] = stored.get(name, [])
        else:
            arguments[name] = value
    return arguments


def _unit_named(text: str) -> UUID:
    """The unit of this code or name. Raises PlaceUnknown, PlaceDoubtful."""
    by_code = territory.find_by_code(text)
    if by_code is not None:
        return by_code.id
    found = territory.search_names(text, limit=MOST_PLACES)
    exact = [unit for unit in found if text in {unit.name, unit.name_en}]
    if not found:
        raise errors.PlaceUnknown(field="place")
    if len(found) > 1 and len(exact) != 1:
        choices = ", ".join(f"{unit.name_in(get_language() or '')} ({unit.code})" for unit in found)
        raise errors.PlaceDoubtful(field="place", choices=choices)
    return (exact or found)[0].id
