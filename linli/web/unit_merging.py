"""Units merged into one, or one split into several, from a day on: what moves where is named before it is saved."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from linli.duties import queries as duties
from linli.foundation.access import Actor, Permission, actor_of
from linli.foundation.errors import DomainError, NotAllowed
from linli.foundation.files import FileTooLarge
from linli.foundation.preview import Effect, Line
from linli.territory import actions, queries
from linli.territory.actions import Part
from linli.territory.forms import datum_field, day_field
from linli.territory.index import UnitInfo
from linli.web import unit_effects
from linli.web.unit_saving import read_or_sent, shown_then_done

# A drawing of parts goes along in the page that shows what follows.
MOST_BYTES = 1_000_000
# Classes that are named where merged units have different leads; of more, the number is told.
MOST_CLASSES = 5


class MergeForm(forms.Form):
    others = forms.MultipleChoiceField(
        label=_("Merged with"), widget=forms.CheckboxSelectMultiple, help_text=_("Units of the same level beside it.")
    )
    code = forms.CharField(label=_("Code"), max_length=40, help_text=_("It may be the code of one of them."))
    name = forms.CharField(label=_("Chinese name"), max_length=120)
    name_en = forms.CharField(label=_("English name"), max_length=120, required=False)
    on = day_field()

    def __init__(self, *args: Any, beside: Sequence[UnitInfo], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or ""
        self.fields["others"].choices = [(str(unit.id), unit.name_in(language)) for unit in beside]  # type: ignore[attr-defined]


class SplitForm(forms.Form):
    file = forms.FileField(
        label=_("The parts"),
        help_text=_("GeoJSON: a polygon for each part, with the properties code, name, name_en."),
    )
    datum = datum_field()
    source = forms.CharField(label=_("Source"), max_length=200, required=False, help_text=_("The document's number."))
    on = day_field()
    # The file's content once it was read: the page that shows what follows sends it again.
    drawn = forms.CharField(widget=forms.HiddenInput, required=False, max_length=MOST_BYTES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.data.get("drawn")


@read_or_sent
def merge(request: HttpRequest, unit_id: UUID) -> HttpResponse:
    actor, unit = _who(request, unit_id)
    beside = [one for one in queries.children(unit.parent_id, level=unit.level) if one.id != unit.id]
    initial = {"on": queries.day_of(None), "code": unit.code, "name": unit.name, "name_en": unit.name_en}
    form, status = MergeForm(request.POST or None, initial=initial, beside=beside), 200
    if request.method == "POST" and form.is_valid():
        known = form.cleaned_data
        # The unit itself comes first: where leads differ, its own goes on.
        units = [unit.id, *map(UUID, known["others"])]
        # Asked before it is tried: then all of it lies in the new unit.
        moved = [(_name(queries.unit(one)), unit_effects.inside(actor, one)) for one in units]
        heading = {name: known[name] for name in ("code", "name", "name_en", "on")}
        answer, status = shown_then_done(
            request,
            form,
            lambda: [actions.merge(units=units, **heading, by=actor)],
            lambda _made: _of_merging([queries.unit(one) for one in units], moved, heading),
        )
        if answer is not None:
            return answer
    context = {"form": form, "unit": unit, "title": _name(unit), "beside": beside}
    return render(request, "web/unit_merge.html", context, status=status)


@read_or_sent
def split(request: HttpRequest, unit_id: UUID) -> HttpResponse:
    actor, unit = _who(request, unit_id)
    form = SplitForm(request.POST or None, request.FILES or None, initial={"on": queries.day_of(None)})
    status = 200
    if request.method == "POST" and form.is_valid():
        known = form.cleaned_data
        try:
            parts = actions.read_parts(_drawn(request, known), gettext("The parts"), known["datum"])
        except DomainError as refusal:
            form.add_error("file", str(refusal))
            status = refusal.status
        else:
            answer, status = shown_then_done(
                request,
                form,
                lambda: actions.split(unit=unit.id, parts=parts, on=known["on"], source=known["source"], by=actor),
                lambda made: _of_splitting(actor, unit, parts, [one.pk for one in made], known["on"]),
            )
            if answer is not None:
                return answer
    context = {"form": form, "unit": unit, "title": _name(unit), "drawn": queries.boundary(unit.id) is not None}
    return render(request, "web/unit_split.html", context, status=status)


def _who(request: HttpRequest, unit_id: UUID) -> tuple[Actor, UnitInfo]:
    """Whose post is in the unit itself does not end it: the post would end with it."""
    actor = actor_of(request)
    unit = queries.unit(unit_id)
    if not actor.may(Permission.EDIT_TERRITORY, unit.path[:-1]):
        raise NotAllowed
    return actor, unit


def _drawn(request: HttpRequest, known: dict[str, Any]) -> bytes:
    """What was drawn, of the file or as it was sent before. From now on it is part of what was sent."""
    file: UploadedFile[Any] | None = known["file"]
    if file is None:
        return str(known["drawn"]).encode()
    if (file.size or 0) > MOST_BYTES:
        raise FileTooLarge(field="file", limit=1)
    data: bytes = file.read()
    sent = request.POST.copy()
    sent["drawn"] = data.decode(errors="replace")
    request.POST = sent  # type: ignore[assignment]
    return data


def _of_merging(units: Sequence[UnitInfo], moved: Sequence[tuple[str, str]], heading: dict[str, Any]) -> Effect:
    changes = [
        (str(label), gettext(", ").join(getattr(unit, field) or "–" for unit in units), heading[field] or "–")
        for label, field in ((_("Code"), "code"), (_("Chinese name"), "name"), (_("English name"), "name_en"))
    ]
    follows = [unit_effects.from_day(heading["on"])]
    goes = gettext("From %(unit)s: %(what)s")
    follows += [Line(goes % {"unit": name, "what": what}) for name, what in moved if what]
    follows += _different_leads(units)
    follows += unit_effects.open_cases_in([unit.id for unit in units])
    return Effect(gettext("Merged: %(units)s") % {"units": gettext(", ").join(map(_name, units))}, changes, follows)


def _different_leads(units: Sequence[UnitInfo]) -> list[Line]:
    """Classes that the units give to different bodies: the leads of the first go on."""
    bodies: dict[UUID, set[UUID]] = {}
    for unit in units:
        for class_id, body_id in unit_effects.leads_of(unit.id).items():
            bodies.setdefault(class_id, set()).add(body_id)
    differing = [duties.case_class(class_id).label for class_id, found in bodies.items() if len(found) > 1]
    if not differing:
        return []
    named = gettext(", ").join(differing[:MOST_CLASSES]) + ("…" if len(differing) > MOST_CLASSES else "")
    told = ngettext(
        "%(count)s class has different leads there (%(named)s): that of %(unit)s goes on.",
        "%(count)s classes have different leads there (%(named)s): those of %(unit)s go on.",
        len(differing),
    )
    return [Line(told % {"count": len(differing), "named": named, "unit": _name(units[0])}, "warn")]


def _of_splitting(actor: Actor, unit: UnitInfo, parts: Sequence[Part], made: Sequence[UUID], on: Any) -> Effect:
    """Asked while the parts are there: what lies below has gone to one of them already."""
    changes = [(f"{part.code}", "–", f"{part.name} {part.name_en}".strip()) for part in parts]
    follows = [unit_effects.from_day(on)]
    for part, unit_id in zip(parts, made, strict=True):
        name = part.name_en if part.name_en and not (get_language() or "").startswith("zh") else part.name
        what = unit_effects.inside(actor, unit_id)
        if what:
            follows.append(Line(gettext("To %(unit)s: %(what)s") % {"unit": name, "what": what}))
        else:
            follows.append(Line(gettext("Nothing that is known lies in %(unit)s.") % {"unit": name}, "warn"))
    posts, classes = unit_effects.posts_in(actor, unit.id), len(unit_effects.leads_of(unit.id))
    if posts:
        told = ngettext("%(count)s post in the unit itself goes on in each part.",
                        "%(count)s posts in the unit itself go on in each part.", posts)  # fmt: skip
        follows.append(Line(told % {"count": f"{posts:,}"}))
    if classes:
        told = ngettext("The duties of %(count)s class go on in each part.",
                        "The duties of %(count)s classes go on in each part.", classes)  # fmt: skip
        follows.append(Line(told % {"count": f"{classes:,}"}))
    follows += unit_effects.open_cases_in([unit.id])
    return Effect(gettext("Split: %(unit)s") % {"unit": _name(unit)}, changes, follows)


def _name(unit: UnitInfo) -> str:
    return unit.name_in(get_language() or "")
