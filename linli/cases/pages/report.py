"""Reporting: the public page, and what its open page asks while somebody types."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.cases import actions, errors, pace, queries, rules
from linli.cases.models import Channel
from linli.cases.pages import around, fields, lists, suggestions, uploads, words
from linli.cases.pages.once_only import key_of
from linli.foundation import files
from linli.foundation.access import Actor, ActorKind, Role, actor_of
from linli.foundation.errors import DomainError, KeyReused
from linli.territory import maps
from linli.territory import queries as territory
from linli.territory import rules as territory_rules
from linli.territory.index import UnitInfo

MOST_CHOICES = 6
MOST_PRESET = 100
# City, district, subdistrict, community: a map of a community is exact enough for a tap.
COMMUNITY_DEPTH = 3
# Which field of the form an error of the action is about.
FIELDS = {
    "position": "place",
    "lon": "place",
    "lat": "place",
    "unit_id": "place",
    "files": "photos",
    "phone": "contact_phone",
}


class ReportForm(forms.Form):
    """What somebody noticed. Class, unit and position are chosen outside the form's own fields (chips, map, position)."""

    description = forms.CharField(
        label=gettext_lazy("In your words"),
        max_length=rules.DESCRIPTION_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    # A second input of the page, for the camera, has the same name.
    photos = fields.PhotosField(label=gettext_lazy("Photos"))
    place = forms.CharField(
        label=gettext_lazy("Name of the quarter or community, or the address"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    lon = forms.FloatField(required=False, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, widget=forms.HiddenInput)
    # Browsers tell WGS84, WeChat's own position is GCJ-02; the server converts.
    datum = forms.ChoiceField(
        required=False, choices=[(name, name) for name in territory_rules.DATUMS], widget=forms.HiddenInput
    )
    unit = forms.UUIDField(required=False, widget=forms.HiddenInput)
    class_code = forms.CharField(required=False, widget=forms.HiddenInput)
    class_other = fields.case_class(
        gettext_lazy("Another class"), required=False, empty=gettext_lazy("As chosen above")
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=rules.TITLE_LENGTH, required=False)
    anonymous = forms.BooleanField(
        label=gettext_lazy("Report anonymously"),
        help_text=gettext_lazy("Nobody who works on the case sees who you are."),
        required=False,
    )
    private = forms.BooleanField(
        label=gettext_lazy("Do not show it to the public"),
        help_text=gettext_lazy("Only those who work on the case read it."),
        required=False,
    )
    contact_name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    contact_phone = forms.CharField(
        label=gettext_lazy("Phone"),
        help_text=gettext_lazy("Only for questions about this case and to tell you the outcome."),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def __init__(self, *args: Any, with_contact: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_contact:
            del self.fields["contact_name"], self.fields["contact_phone"]


@dataclass(slots=True)
class Draft:
    """A report as far as it has come: what the form holds, and what was made of it."""

    form: ReportForm
    kept: list[dict[str, Any]] = field(default_factory=list)
    refusal: DomainError | None = None
    # Who filled the form in is not who is signed in now: asked before it is sent in another name, or in none.
    other_sender: bool = False
    # What was sent before, and added to since, begins a new report.
    anew: bool = False
    # What the map shows as long as there is no position; None is the whole territory.
    start: UUID | None = None

    def value(self, name: str) -> Any:
        data = self.form.data if self.form.is_bound else self.form.initial
        return data.get(name) or ""

    @property
    def position(self) -> tuple[float, float] | None:
        """In WGS84, whatever the form's datum."""
        try:
            lon, lat = float(self.value("lon")), float(self.value("lat"))
        except ValueError:
            return None
        datum = self.value("datum")
        if datum not in territory_rules.DATUMS or not territory_rules.on_earth(lon, lat):
            return lon, lat
        true_lon, true_lat = territory_rules.to_wgs84(lon, lat, datum)
        return float(true_lon), float(true_lat)


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    with_contact = actor.kind is ActorKind.ANONYMOUS
    if request.method != "POST":
        # Other pages lead here with the words of a frequent matter.
        said = request.GET.get("text", "")[:MOST_PRESET]
        return _page(request, Draft(ReportForm(initial={"description": said}, with_contact=with_contact)))
    if "anew" in request.POST:
        return _page(request, _begun_anew(request, actor, with_contact))
    draft = Draft(ReportForm(request.POST, request.FILES, with_contact=with_contact))
    draft.other_sender = _sender_changed(request, actor)
    collected = collect(request, draft, _channel(actor))
    if collected is None:
        return _page(request, draft, draft.refusal.status if draft.refusal else 422)
    reference = collected.case.reference
    if collected.secret:
        return HttpResponseRedirect(f"/track/{reference}/{collected.secret}/?new=1")
    if actor.kind is ActorKind.ANONYMOUS:
        messages.success(
            request, _("This report was sent already: its case number is %(number)s.") % {"number": reference}
        )
        return HttpResponseRedirect("/report/")
    return HttpResponseRedirect(f"/case/{reference}/?new=1")


def _begun_anew(request: HttpRequest, actor: Actor, with_contact: bool) -> Draft:
    """The same words under a new key. Photos that went with the report before stay with it."""
    form = ReportForm(initial=request.POST.dict(), with_contact=with_contact)
    return Draft(form, kept=uploads.kept(request.POST.getlist("kept"), actor), anew=True)


def _page(request: HttpRequest, draft: Draft, status: int = 200) -> HttpResponse:
    draft.start = around.unit_of(request) or around.served()
    shown = context(draft, actor_of(request))
    return render(request, "cases/report.html", shown, status=status)


def _sender_changed(request: HttpRequest, actor: Actor) -> bool:
    """Whether a sign-in ended, or changed, while the form was open, and its sender has not agreed to that yet."""
    sender = request.POST.get("sender", "")
    return bool(sender) and sender != str(actor.id) and "unsigned" not in request.POST


def _channel(actor: Actor) -> str:
    return Channel.GRID_WORKER if Role.GRID_WORKER in actor.roles() else Channel.APP


def collect(request: HttpRequest, draft: Draft, channel: str) -> actions.Collected | None:
    """Make the case, or say on the form what is missing; photos that have arrived are kept either way."""
    actor = actor_of(request)
    form = draft.form
    draft.kept = uploads.kept(request.POST.getlist("kept"), actor)
    valid = form.is_valid()
    try:
        chosen = form.cleaned_data.get("photos") or []
        pace.files(request, actor, len(chosen))
        draft.kept += uploads.keep(chosen, actor)
    except DomainError as error:
        form.add_error("photos", str(error))
    if not valid or form.errors or not _settle_place(form) or draft.other_sender:
        return None
    try:
        pace.report(request, actor)
        # Whoever's sign-in ends between two sendings of one report still has one case.
        return actions.collect(report=_report(draft, channel), by=actor, key=key_of(request, sender="report"))
    except DomainError as error:
        draft.refusal = errors.SentAlready() if isinstance(error, KeyReused) else error
        name = FIELDS.get(error.field or "", error.field or "")
        if name in form.fields and not isinstance(error, KeyReused):
            form.add_error(name, str(error))
        return None


def _settle_place(form: ReportForm) -> bool:
    """Make a typed name a unit where it means one; where it means several, ask which."""
    values = form.cleaned_data
    if values["lon"] is not None or values["unit"] or not values["place"]:
        return True
    found = find_units(values["place"])
    exact = [unit for unit in found if values["place"].strip() in {unit.name, unit.name_en}]
    if len(exact) == 1 or len(found) == 1:
        values["unit"] = (exact or found)[0].id
    elif found and form.data.get("unit") != "none":
        form.add_error("place", _("Several places have this name. Choose one below."))
        return False
    return True


def _report(draft: Draft, channel: str) -> rules.Report:
    values = draft.form.cleaned_data
    return rules.Report(
        description=values["description"],
        channel=channel,
        title=values["title"],
        class_code=values["class_other"] or values["class_code"],
        lon=values["lon"],
        lat=values["lat"],
        datum=values["datum"] or territory_rules.WGS84,
        address=values["place"],
        unit_id=values["unit"] if values["lon"] is None else None,
        anonymous=values["anonymous"],
        private=values["private"],
        contact_name=values.get("contact_name", ""),
        contact_phone=values.get("contact_phone", ""),
        file_ids=tuple(item["id"] for item in draft.kept),
    )


def find_units(name: str) -> list[UnitInfo]:
    return territory.search_names(name, limit=MOST_CHOICES) if len(name.strip()) > 1 else []


# --- what the open page asks while somebody types --------------------------------------------------------------------


@require_POST
def hints(request: HttpRequest) -> HttpResponse:
    """Class, likely duplicates, emergency warning and the place's name for what has been typed so far."""
    draft = Draft(ReportForm(request.POST, with_contact=False))
    return render(request, "cases/hints.html", context(draft, actor_of(request)))


@require_GET
def area_map(request: HttpRequest) -> HttpResponse:
    """The map of one unit, for the report page."""
    try:
        unit = territory.unit(UUID(request.GET.get("unit", "")))
    except ValueError:
        unit = territory.root()
    return render(request, "cases/_map.html", {"map": maps.map_of(unit.id), "up": unit.parent_id})


@require_POST
def photos(request: HttpRequest) -> HttpResponse:
    """Store photos as they are chosen: they are there when the report is sent, and their position is known."""
    actor = actor_of(request)
    kept = uploads.kept(request.POST.getlist("kept"), actor)
    refusal = ""
    try:
        chosen = request.FILES.getlist("photos")
        if len(kept) + len(chosen) > rules.MAX_PHOTOS:
            raise errors.TooManyPhotos(limit=rules.MAX_PHOTOS)
        pace.files(request, actor, len(chosen))
        kept += uploads.keep(chosen, actor)
    except DomainError as error:
        refusal = str(error)
    position = next((item["position"] for item in kept if item.get("position")), None)
    context = {"kept": kept, "photo_error": refusal, "position": position}
    return render(request, "cases/_kept_photos.html", context)


def context(draft: Draft, actor: Actor) -> dict[str, Any]:
    """Everything that the page and its fragments show."""
    # Whoever types more is told when the report is sent; to look through megabytes meanwhile would cost seconds.
    text = f"{draft.value('title')} {draft.value('description')}".strip()[: rules.DESCRIPTION_LENGTH]
    suggested = suggestions.of(text)
    chosen = str(draft.value("class_code"))
    place, outside, path = _place(draft)
    units = [] if draft.position else find_units(str(draft.value("place")))
    return {
        "form": draft.form,
        "kept": draft.kept,
        "refusal": draft.refusal,
        "sent_before": isinstance(draft.refusal, errors.SentAlready),
        "anew": draft.anew,
        # A refused form keeps its key: two tabs that hold it are still one case.
        "once": draft.form.data.get("once", "") if draft.form.is_bound else "",
        "emergency": rules.emergency_number(text),
        "suggestions": suggestions.with_chosen(suggested, chosen),
        "chosen": chosen,
        "duplicates": _duplicates(draft, text, chosen) if path else [],
        "signed_in": actor.kind is ActorKind.PERSON,
        "place": place,
        "outside": outside,
        "choices": [{"id": str(unit.id), "name": _whole_name(unit)} for unit in units],
        "unit": str(draft.value("unit")),
        "map": maps.map_of(_shown(draft, path), **_pin(draft)),
        "up": _above(_shown(draft, path)),
        "other_sender": draft.other_sender,
        "sender": str(actor.id) if actor.kind is ActorKind.PERSON else "",
        "max_bytes": files.MAX_BYTES,
        "max_photos": rules.MAX_PHOTOS,
    }


def _shown(draft: Draft, path: tuple[UUID, ...]) -> UUID | None:
    """The unit that the map shows: the community of the position, else where the reader's pages begin."""
    community = path[COMMUNITY_DEPTH] if len(path) > COMMUNITY_DEPTH else path[-1] if path else None
    return community or draft.start


def _above(unit_id: UUID | None) -> UUID | None:
    return territory.unit(unit_id).parent_id if unit_id else None


def _pin(draft: Draft) -> dict[str, float]:
    return {"lon": draft.position[0], "lat": draft.position[1]} if draft.position else {}


def _place(draft: Draft) -> tuple[str, str, tuple[UUID, ...]]:
    """The name of the place, or why it is none, and its units."""
    if draft.position is None:
        return "", "", ()
    try:
        found = territory.locate(*draft.position)
    except DomainError as error:
        return "", str(error), ()
    return words.names_of(found.path[2:]) or found.name, "", found.path


def _whole_name(unit: UnitInfo) -> str:
    language = get_language() or ""
    return " · ".join(territory.unit(one).name_in(language) for one in unit.path[2:] or unit.path[-1:])


def _duplicates(draft: Draft, text: str, class_code: str) -> list[dict[str, Any]]:
    assert draft.position is not None
    class_id = suggestions.class_id(class_code)
    found = queries.likely_duplicates(
        lon=draft.position[0], lat=draft.position[1], text=text, class_id=class_id, most=3
    )
    return lists.likely(found, words.plain_state)
