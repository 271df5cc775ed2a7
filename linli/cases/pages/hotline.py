"""The hotline clerk's page: who calls and what they told before, what it is about, where, and what to read back.

A call is one form. What the clerk presses says what becomes of it (`step`): looked over again, filed, answered at once, joined to
another caller's case, or noted on a case of the caller's own. Without script every step is a button of the form.
"""

from dataclasses import dataclass
from functools import reduce
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from linli.cases import actions, errors, limits, queries, rules
from linli.cases.models import Case, Channel, Nature
from linli.cases.pages import fields, lists, suggestions, words
from linli.cases.pages.once_only import key_of
from linli.duties import queries as duties
from linli.duties.errors import NoResponsibleBody
from linli.foundation import clock
from linli.foundation.access import Actor, Role, actor_of
from linli.foundation.errors import DomainError, KeyReused, NotAllowed, NotFound, SignInNeeded
from linli.foundation.moments import moment
from linli.foundation.privacy import mask_phone
from linli.people import rules as people_rules
from linli.territory import queries as territory

HISTORY = 10
MOST_CHOICES = 8
# Which field of the form an error of the action is about.
FIELDS = {"position": "place", "lon": "place", "lat": "place", "phone": "contact_phone", "note": "answer"}


class NoPlaceSaid(errors.NoPlace):
    message = gettext_lazy("Ask where it is, and type it: the quarter, the street, or the nearest crossing.")


class CallForm(forms.Form):
    contact_phone = forms.CharField(
        label=gettext_lazy("Caller's phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    contact_name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    nature = forms.ChoiceField(
        label=gettext_lazy("What the caller wants"),
        choices=Nature.choices,
        initial=Nature.COMPLAINT,
        required=False,
        widget=forms.RadioSelect,
    )
    description = forms.CharField(
        label=gettext_lazy("In the caller's words"),
        max_length=rules.DESCRIPTION_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    answer = forms.CharField(
        label=gettext_lazy("What you answer"),
        help_text=gettext_lazy("For a question that you can answer now: the case is closed with these words."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    place = forms.CharField(
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("Quarter, building, entrance, door: 水碾 3栋 2单元 501"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-combobox": "/hotline/addresses/"}),
    )
    lon = forms.FloatField(required=False, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, widget=forms.HiddenInput)
    # The unit that was chosen for an address that means several; "none" leaves it as it was written.
    spot = forms.CharField(required=False, widget=forms.HiddenInput)
    class_code = fields.case_class(
        gettext_lazy("Class"),
        required=False,
        empty=gettext_lazy("Let the desk decide"),
        help_text=gettext_lazy("Some letters of its name, or its code; ↓ shows what fits the words."),
    )
    anonymous = forms.BooleanField(
        label=gettext_lazy("The caller stays unknown to those who work on it"), required=False
    )
    private = forms.BooleanField(label=gettext_lazy("Do not show it to the public"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["class_code"].widget.attrs["data-combobox"] = "/hotline/classes/"


@dataclass(slots=True)
class Call:
    """A call as far as it has come."""

    form: CallForm
    choices: list[territory.Address]
    refusal: DomainError | None = None

    def value(self, name: str) -> str:
        data = self.form.data if self.form.is_bound else self.form.initial
        return str(data.get(name) or "")

    @property
    def position(self) -> tuple[float, float] | None:
        try:
            return float(self.value("lon")), float(self.value("lat"))
        except ValueError:
            return None


def _clerk(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if Role.HOTLINE_CLERK not in actor.roles():
        raise SignInNeeded if actor.id is None else NotAllowed
    return actor


@require_http_methods(["GET", "HEAD", "POST"])
def hotline(request: HttpRequest) -> HttpResponse:
    actor = _clerk(request)
    if request.method != "POST":
        return _page(request, _empty(request.GET.get("phone", "")), actor)
    call = _typed(request.POST, actor)
    step = request.POST.get("step", "file")
    if "same" in request.POST:
        reference = _note(request, call, actor)
        to = f"/hotline/?noted={reference}"
    elif step == "look":
        return _page(request, call, actor)
    else:
        collected = _collect(request, call, actor, step)
        reference, to = ("", "") if collected is None else _filed_at(collected)
    if not reference:
        return _page(request, call, actor, call.refusal.status if call.refusal else 422)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": to})
    return HttpResponseRedirect(to)


def _filed_at(collected: actions.Collected) -> tuple[str, str]:
    reference = collected.case.reference
    return reference, f"/hotline/?filed={reference}"


def _empty(phone: str) -> Call:
    return Call(CallForm(initial={"contact_phone": phone, "nature": Nature.COMPLAINT}), [])


def _typed(typed: QueryDict, actor: Actor) -> Call:
    """What was sent, with its address looked up where no point was chosen for it."""
    data = typed.copy()
    call = Call(CallForm(data), [])
    if call.position is None and call.value("place").strip():
        _settle(call, data, actor)
    return call


def _settle(call: Call, data: QueryDict, actor: Actor) -> None:
    """Put the address on its point where it means one place, or the one that was chosen; else offer what it may mean."""
    found = territory.search_addresses(call.value("place"), within=actor.units(), limit=MOST_CHOICES)
    chosen = [address for address in found if str(address.unit.id) == call.value("spot")]
    if len(found) == 1 or chosen:
        address = (chosen or found)[0]
        if address.unit.lon is not None and address.unit.lat is not None:
            data["lon"], data["lat"] = str(address.unit.lon), str(address.unit.lat)
            data["place"] = address.label(get_language() or "")
    else:
        call.choices = found


def _collect(request: HttpRequest, call: Call, actor: Actor, step: str) -> actions.Collected | None:
    """Make the case, or say on the form what is missing."""
    form = call.form
    if not form.is_valid():
        return None
    if call.choices and form.cleaned_data["spot"] != "none":
        form.add_error("place", _("Several places have this name. Choose one below."))
        return None
    report, key = _report(call, actor), key_of(request)
    try:
        if step == "answered":
            return actions.collect_answered(report=report, answer=form.cleaned_data["answer"], by=actor, key=key)
        if "join" in request.POST:
            into = queries.case_by_reference(actor, request.POST["join"]).id
            return actions.collect_joined(report=report, into=into, by=actor, key=key)
        return actions.collect(report=report, by=actor, key=key)
    except DomainError as error:
        _refuse(call, error)
        return None


def _report(call: Call, actor: Actor) -> rules.Report:
    values = call.form.cleaned_data
    located = values["lon"] is not None and values["lat"] is not None
    # A question needs no place, and an address that nobody knows is asked for by the desk: both belong to the clerk's unit.
    needs_unit = not located and (values["place"].strip() or values["nature"] == Nature.QUESTION)
    return rules.Report(
        description=values["description"],
        channel=Channel.HOTLINE,
        nature=values["nature"] or Nature.COMPLAINT,
        class_code=values["class_code"],
        lon=values["lon"] if located else None,
        lat=values["lat"] if located else None,
        address=values["place"],
        unit_id=next(iter(actor.units()), None) if needs_unit else None,
        anonymous=values["anonymous"],
        private=values["private"],
        contact_name=values["contact_name"],
        contact_phone=values["contact_phone"],
    )


def _refuse(call: Call, error: DomainError) -> None:
    # There is no map to tap here.
    call.refusal = NoPlaceSaid(field=error.field) if isinstance(error, errors.NoPlace) else error
    name = FIELDS.get(error.field or "", error.field or "")
    if name in call.form.fields and not isinstance(error, KeyReused):
        call.form.add_error(name, str(call.refusal))


def _note(request: HttpRequest, call: Call, actor: Actor) -> str:
    """The caller asks again about a case that is there: their words are noted on it. Empty where that was refused."""
    said = call.value("description").strip()
    note = _("The caller asked again: %(words)s") % {"words": said} if said else _("The caller asked how far it is.")
    try:
        case = queries.case_by_reference(actor, request.POST["same"])
        actions.comment(cases=[case.id], by=actor, note=note[:2000], key=key_of(request))
    except DomainError as error:
        call.refusal = error
        return ""
    return case.reference


# --- what the open page asks while somebody types --------------------------------------------------------------------


@require_POST
def caller(request: HttpRequest) -> HttpResponse:
    """Who calls from this number, and their cases."""
    actor = _clerk(request)
    found = _caller(actor, request.POST.get("contact_phone", ""))
    return render(request, "cases/hotline/_caller.html", {"caller": found})


@require_POST
def hints(request: HttpRequest) -> HttpResponse:
    """Warning, likely duplicates and the text to read back, for what has been typed so far."""
    actor = _clerk(request)
    call = _typed(request.POST, actor)
    return render(request, "cases/hotline/hints.html", _hints(call))


@require_POST
def addresses(request: HttpRequest) -> HttpResponse:
    """Addresses that begin as typed, as options of a combobox."""
    actor = _clerk(request)
    language = get_language() or ""
    found = territory.search_addresses(request.POST.get("q", ""), within=actor.units(), limit=MOST_CHOICES)
    options = [
        {"label": label, "fill": {"place": label, "lon": address.unit.lon, "lat": address.unit.lat}}
        for address in found
        for label in (address.label(language),)
    ]
    return render(request, "cases/hotline/_options.html", {"options": options})


@require_POST
def classes(request: HttpRequest) -> HttpResponse:
    """Classes whose code, name or keywords hold what was typed; before anything is typed, those that the words suggest."""
    _clerk(request)
    wanted = request.POST.get("q", "").strip().casefold()
    found = _classes_named(wanted) if wanted else _suggested(request.POST.get("description", ""))
    options = [{"label": label, "note": code, "fill": {"class_code": code}} for code, label in found]
    return render(request, "cases/hotline/_options.html", {"options": options})


def _suggested(text: str) -> list[tuple[str, str]]:
    return [(chip.code, chip.label) for chip in suggestions.of(text[: rules.DESCRIPTION_LENGTH])]


def _classes_named(wanted: str) -> list[tuple[str, str]]:
    """By code or whole name first, then names that begin so, then names that hold it, then keywords: the first is taken by Enter."""
    ranked = []
    for info in duties.classes():
        if not (info.is_minor and info.active):
            continue
        names = [name.casefold() for name in (info.name, info.name_en)]
        ranks = (
            wanted in (info.code.casefold(), *names),
            info.code.casefold().startswith(wanted),
            any(name.startswith(wanted) for name in names),
            any(wanted in name for name in names),
            any(wanted in word.casefold() for word in (*info.keywords, *info.keywords_en)),
        )
        if any(ranks):
            ranked.append((ranks.index(True), info.code, info.label))
    return [(code, label) for _rank, code, label in sorted(ranked)[:MOST_CHOICES]]


# --- what the page shows -----------------------------------------------------------------------------------------------


def _page(request: HttpRequest, call: Call, actor: Actor, status: int = 200) -> HttpResponse:
    caller = _caller(actor, call.value("contact_phone"))
    call.form.initial.setdefault("contact_name", caller["name"])
    context = _hints(call) | {
        "form": call.form,
        "refusal": call.refusal,
        "choices": [{"id": str(one.unit.id), "name": one.label(get_language() or "")} for one in call.choices],
        "caller": caller,
        "filed": _told(actor, request.GET.get("filed", "")),
        "noted": _told(actor, request.GET.get("noted", "")),
        "live_topics": lists.topics_of(actor),
    }
    return render(request, "cases/hotline/call.html", context, status=status)


def _caller(actor: Actor, phone: str) -> dict[str, Any]:
    """What this caller has reported before, in the clerk's scope, open cases first, each with what happens next."""
    if not phone.strip():
        return {"phone": "", "name": "", "cases": [], "problem": ""}
    try:
        cases = queries.desk_page(actor, queries.Filters(reporter_phone=phone), size=HISTORY).cases
    except DomainError as error:
        return {"phone": phone, "name": "", "cases": [], "problem": str(error)}
    cases.sort(key=lambda case: not case.is_open)
    shown = [{"row": row, "next": _next(row.case)} for row in lists.rows(cases)]
    return {"phone": phone, "name": queries.reporter_name(cases), "cases": shown, "problem": ""}


def _next(case: Case) -> str:
    """What happens next with a case, until when, and whether that is over."""
    after = words.what_next(case)
    until = _("Until %(moment)s.") % {"moment": moment(after.until)} if after.until else ""
    return _sentences(after.text, until, _("Overdue.") if after.late else "")


def _hints(call: Call) -> dict[str, Any]:
    text = call.value("description").strip()[: rules.DESCRIPTION_LENGTH]
    class_id = suggestions.class_id(call.value("class_code"))
    where, path = _place(call)
    likely = []
    if call.position is not None and path:
        lon, lat = call.position
        likely = lists.likely(queries.likely_duplicates(lon=lon, lat=lat, text=text, class_id=class_id, most=3))
    return {
        "emergency": rules.emergency_number(text),
        "suggested": _suggested(text) if class_id is None else [],
        "duplicates": likely,
        "where": where,
        "outside": "" if path or call.position is None else where,
        "readback": _readback(call, text, class_id, where if path else "", path),
    }


def _place(call: Call) -> tuple[str, tuple[Any, ...]]:
    """The name of the place and its units; without units, why it is none."""
    if call.position is None:
        return "", ()
    try:
        found = territory.locate(*call.position)
    except DomainError as error:
        return str(error), ()
    return words.names_of(found.path[2:]) or found.name, found.path


def _readback(call: Call, text: str, class_id: Any, where: str, path: tuple[Any, ...]) -> list[str]:
    """What was understood, as sentences to be read to the caller."""
    if not text:
        return []
    place = call.value("place") or where
    said = [_("You say: “%(words)s”.") % {"words": text}]
    said.append(_("It is at %(place)s.") % {"place": place} if place else _("Where is it, please?"))
    if call.value("nature") == Nature.QUESTION and call.value("answer").strip():
        return said[:1]
    if class_id is None or not path:
        said.append(_("The desk reads it and sends it to whoever is responsible."))
    if class_id is not None and path:
        said.append(_what_and_who(class_id, path))
    if _no_text_reaches(call.value("contact_phone")):
        said.append(_("No text reaches a landline: please write down the number that I give you at the end."))
    return said


def _no_text_reaches(phone: str) -> bool:
    try:
        return people_rules.is_landline(people_rules.normalise_caller(phone))
    except DomainError:
        return False


def _what_and_who(class_id: Any, path: tuple[Any, ...]) -> str:
    """What the case is about, who will handle such a one there, and until when if it is filed now."""
    case = Case(case_class_id=class_id, units=list(path))
    limits.start_clock(case, clock.now())
    try:
        body = words.body_name(duties.responsible(class_id, limits.place_of(case)).body_id)
        who = _("%(body)s handles it.") % {"body": body}
    except NoResponsibleBody:
        who = _("The desk decides who handles it.")
    what = _("It is about: %(class)s.") % {"class": words.class_name(class_id)}
    until = _("If it is filed now, it is to be settled by %(moment)s.") % {"moment": moment(case.due_at)}
    return _sentences(what, who, until if case.due_at else "")


def _sentences(*said: str) -> str:
    """One after the other; Chinese has no blank between sentences."""
    return reduce(lambda one, after: _("%(one)s %(next)s") % {"one": one, "next": after}, filter(None, said))


def _told(actor: Actor, reference: str) -> dict[str, Any] | None:
    """The call that was just filed or noted: what stays on the screen, and what is still to be read."""
    if not reference:
        return None
    try:
        case = queries.case_by_reference(actor, reference)
    except (NotFound, errors.WrongNumber):
        return None
    contact = queries.contacts(actor, [case]).get(case.id)
    into = queries.case(actor, case.merged_into_id).reference if case.merged_into_id else ""
    return {
        "case": case,
        "phone": mask_phone(contact.phone) if contact and contact.phone else "",
        "landline": contact is not None and people_rules.is_landline(contact.phone),
        "next": words.what_next(case),
        "into": into,
        "emergency": rules.emergency_number(f"{case.text.title} {case.text.description}"),
    }


# --- calling back ------------------------------------------------------------------------------------------------------


class RatingForm(forms.Form):
    """What the reporter says on the phone of the outcome."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    solved = forms.ChoiceField(
        label=gettext_lazy("Is it solved?"),
        choices=[("yes", gettext_lazy("Yes, it is solved")), ("no", gettext_lazy("No, it is not solved"))],
        widget=forms.RadioSelect,
    )
    stars = forms.TypedChoiceField(
        label=gettext_lazy("How satisfied are you, from 1 to 5?"),
        choices=[(number, str(number)) for number in range(1, 6)],
        coerce=int,
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label=gettext_lazy("In the caller's words"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reopen = forms.BooleanField(
        label=gettext_lazy("The caller asks that it be opened again; the words above are the reason"), required=False
    )


@require_http_methods(["GET", "HEAD", "POST"])
def callbacks(request: HttpRequest, reference: str = "") -> HttpResponse:
    """Callers whose case was closed and who have not rated it: whom to call, what to read, and their rating."""
    actor = _clerk(request)
    if request.method != "POST":
        return _callbacks(request, actor, reference)
    case = queries.case_by_reference(actor, reference)
    form = RatingForm(request.POST)
    if not form.is_valid():
        return _callbacks(request, actor, reference, form, status=422)
    values = form.cleaned_data
    try:
        actions.rate_by_phone(
            case=case.id, solved=values["solved"] == "yes", stars=values["stars"], comment=values["comment"],
            reopen=values["reopen"], version=values["version"], by=actor, key=key_of(request),
        )  # fmt: skip
    except DomainError as error:
        return _callbacks(request, actor, reference, form, refusal=error, status=error.status)
    messages.success(request, _("The rating of case %(number)s is noted.") % {"number": case.reference})
    return HttpResponseRedirect("/hotline/callbacks/")


def _callbacks(
    request: HttpRequest, actor: Actor, reference: str, form: RatingForm | None = None, *,
    refusal: DomainError | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    waiting = queries.to_call_back(actor)
    now = queries.case_by_reference(actor, reference) if reference else next(iter(waiting), None)
    context: dict[str, Any] = {
        "rows": lists.rows(waiting),
        "refusal": refusal,
        "live_topics": lists.topics_of(actor),
        "case": now,
    }
    if now is not None:
        context |= {
            "row": lists.rows([now])[0],
            "contact": queries.contacts(actor, [now]).get(now.id),
            "done": queries.last_note(now, "report_back"),
            "form": form or RatingForm(initial={"version": now.version}),
            "may_rate": any(change.name == "evaluate" for change in queries.allowed_changes(actor, now)),
        }
    return render(request, "cases/hotline/callbacks.html", context, status=status)
