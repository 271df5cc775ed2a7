"""Joint control as a whole: what holds, declaring, and one declaration up to the proof that its data are gone."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.campaigns import actions, queries, rules
from linli.campaigns.actions import Told
from linli.campaigns.models import Campaign, Declaration, DestructionProof, Kind, Power
from linli.campaigns.pages import words
from linli.campaigns.pages.common import (
    moment_field,
    name_of,
    once_only,
    read_or_sent,
    reader,
    reason_field,
    said,
    span,
    timeline,
    unit_choices,
    units_of,
    uuid_in,
)
from linli.campaigns.queries import console
from linli.campaigns.queries import telling as reads
from linli.campaigns.rules import Act, Stage
from linli.foundation import clock, preview
from linli.foundation.access import Actor
from linli.foundation.attempts import attempt
from linli.foundation.errors import NotFound
from linli.foundation.idempotency import was_used
from linli.foundation.preview import Effect, Line

USUAL = timedelta(days=7)
USES_SHOWN = 50


# --- what holds -------------------------------------------------------------------------------------------------------


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    units = units_of(actor, Act.SEE)
    rows = console.declarations_of(units)
    by_stage = {stage: [_item(row) for row in rows if queries.stage_of(row) is stage] for stage in Stage}
    context = {
        "groups": [
            (gettext_lazy("In force now"), by_stage[Stage.IN_FORCE]),
            (gettext_lazy("Begins later"), by_stage[Stage.AHEAD]),
            (gettext_lazy("Over, its data not yet destroyed"), by_stage[Stage.OVER]),
            (gettext_lazy("Over, its data destroyed"), by_stage[Stage.DESTROYED]),
        ],
        "holds": bool(by_stage[Stage.IN_FORCE]),
        "any": bool(rows),
        "declares": queries.may(actor, Act.DECLARE),
        "runs": queries.may(actor, Act.RUN),
        "here": request.get_full_path(),
        "live_topics": [f"unit:{unit}" for unit in units],
    }
    return render(request, "campaigns/control.html", context)


def _item(row: Declaration) -> dict[str, Any]:
    stage = queries.stage_of(row)
    label, tone = words.STAGES[stage]
    return {
        "href": f"/control/{row.pk}/",
        "title": row.name,
        "note": f"{row.get_kind_display()} · {name_of(row.unit_id)}",
        "meta": _when(row, stage),
        "icon": "shield",
        "badge": label,
        "tone": tone,
    }


def _when(row: Declaration, stage: Stage) -> str:
    over = rules.end_of(row.ends_at, row.ended_at)
    match stage:
        case Stage.AHEAD:
            return _("Begins %(at)s") % {"at": said(row.starts_at)}
        case Stage.IN_FORCE:
            left = {"left": span(over - clock.now()), "at": said(over)}
            return _("Ends by itself in %(left)s, %(at)s") % left
        case Stage.OVER:
            return _("Over since %(at)s") % {"at": said(over)}
        case Stage.DESTROYED:
            proof: DestructionProof = row.proof
            gone = {"count": f"{sum(proof.counts.values()):,}", "at": said(proof.at)}
            return _("%(count)s records destroyed %(at)s, with proof") % gone


# --- declaring --------------------------------------------------------------------------------------------------------


class DeclareForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Kind.choices, initial=Kind.EXERCISE)
    name = forms.CharField(
        label=pgettext_lazy("joint control", "Name"), max_length=120, help_text=gettext_lazy("As people will call it.")
    )
    unit = forms.ChoiceField(label=pgettext_lazy("joint control", "Area"))
    basis = forms.CharField(
        label=gettext_lazy("Legal basis"),
        min_length=rules.LEAST_WORDS,
        max_length=rules.MOST_WORDS,
        help_text=gettext_lazy("The law with its article, or the decision with its number. Everybody can read it."),
        widget=forms.TextInput(attrs={"list": "laws", "autocomplete": "off"}),
    )
    scope = forms.CharField(
        label=gettext_lazy("What it is to reach"), max_length=600, widget=forms.Textarea(attrs={"rows": 3})
    )
    powers = forms.MultipleChoiceField(
        label=gettext_lazy("Powers"),
        choices=Power.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What is not ticked is not allowed. Each use is logged."),
    )
    starts_at = moment_field(gettext_lazy("From"))
    ends_at = moment_field(gettext_lazy("Until"), gettext_lazy("At most 30 days. Its powers end then by themselves."))

    def __init__(self, data: Any, *, units: Sequence[tuple[str, str]], unit: UUID | None) -> None:
        now = clock.now().replace(second=0, microsecond=0)
        initial = {"starts_at": now, "ends_at": now + USUAL, "unit": str(unit) if unit else None}
        super().__init__(data, initial=initial)
        field = self.fields["unit"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(units)

    def told(self) -> Told:
        values = dict(self.cleaned_data)
        return Told(unit=UUID(values.pop("unit")), **values)

    @property
    def allowed(self) -> list[tuple[Any, Any]]:
        """Each power's box, with what it allows."""
        return list(zip(self["powers"], (words.ALLOWS[power] for power in Power), strict=True))


@read_or_sent
@never_cache
def declare(request: HttpRequest) -> HttpResponse:
    """What is declared, then what follows from it, then it holds."""
    actor = reader(request, Act.DECLARE)
    asked = uuid_in(request.GET.get("unit"))
    form = DeclareForm(
        request.POST if request.method == "POST" else None,
        units=unit_choices(units_of(actor, Act.DECLARE), asked or uuid_in(request.POST.get("unit"))),
        unit=asked,
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        told = form.told()
        made, status = attempt(form, lambda: _declared(request, actor, told))
        if made is not None:
            return made
    context = {"form": form, "laws": words.LAWS}
    return render(request, "campaigns/declare.html", context, status=422 if form.errors and status == 200 else status)


def _declared(request: HttpRequest, actor: Actor, told: Told) -> HttpResponse:
    # What can be refused is refused before the effect is shown.
    rules.require_period(told.starts_at, told.ends_at)
    effect = _effect(actor, told)
    if not preview.confirmed(request, effect):
        return preview.page(request, effect, back=request.get_full_path())
    made = once_only(request, actor, lambda: str(actions.declare(told=told, by=actor).pk))
    notices.success(request, _("Joint control is declared."))
    return redirect(f"/control/{made}/")


def _effect(actor: Actor, told: Told) -> Effect:
    reach = console.people_in_reach(told.unit)
    helpers = queries.roster(actor, told.unit).count() if queries.may(actor, Act.RUN, told.unit) else 0
    follows = [
        Line(_("%(households)s households in %(communities)s communities, %(residents)s residents.") % _grouped(reach)),
        Line(
            ngettext(
                "%(count)s person on the roster of this area can be called.",
                "%(count)s people on the roster of this area can be called.",
                helpers,
            )
            % {"count": f"{helpers:,}"},
            "" if helpers else "warn",
        ),
        *(Line(f"{Power(power).label}: {words.ALLOWS[Power(power)]}") for power in told.powers),
        Line(
            _("It ends by itself %(at)s. Nobody has to do anything for its powers to close.")
            % {"at": said(told.ends_at)}
        ),
        Line(
            _("What is collected under it is destroyed by %(at)s, with a proof, unless an exception is recorded.")
            % {"at": said(told.ends_at + rules.DESTROYED_AFTER)}
        ),
    ]
    if not reach["households"]:
        follows.append(Line(_("No household is known in this area: nobody could be visited."), "bad"))
    title = _("Declare “%(name)s” for %(unit)s") % {"name": told.name.strip(), "unit": name_of(told.unit)}
    return Effect(title, follows=follows)


def _grouped(counts: dict[str, Any]) -> dict[str, str]:
    return {name: f"{count:,}" for name, count in counts.items()}


# --- one declaration --------------------------------------------------------------------------------------------------


class _ChangeForm(forms.Form):
    """A change of a declaration, against the version that its page showed."""

    name = ""
    label: Any = ""
    about: Any = ""
    danger = False
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, row: Declaration, data: Any = None) -> None:
        super().__init__(data, initial={"version": row.version, **self.usual(row)}, auto_id=f"{self.name}_%s")
        self.row = row

    def usual(self, row: Declaration) -> dict[str, Any]:
        return {}

    def carry_out(self, by: Actor) -> Any:
        raise NotImplementedError


class ExtendForm(_ChangeForm):
    name, label = "extend", gettext_lazy("Let it last longer")
    about = gettext_lazy("Decided anew, with its reason, for at most 30 days from its present end.")
    until = moment_field(gettext_lazy("Until"))
    reason = reason_field(gettext_lazy("Why it is still needed"))

    def usual(self, row: Declaration) -> dict[str, Any]:
        return {"until": row.ends_at + USUAL}

    def carry_out(self, by: Actor) -> Any:
        given = self.cleaned_data
        actions.extend(
            declaration=self.row.pk, until=given["until"], reason=given["reason"], by=by, version=given["version"]
        )


class EndForm(_ChangeForm):
    name, label = "end", gettext_lazy("End it now")
    about = gettext_lazy("Back to co-governance: its powers close at once. Visits made before still count.")
    danger = True
    reason = reason_field(gettext_lazy("Why it is over"))

    def carry_out(self, by: Actor) -> Any:
        given = self.cleaned_data
        actions.end(declaration=self.row.pk, reason=given["reason"], by=by, version=given["version"])


class KeepForm(_ChangeForm):
    name, label = "keep", gettext_lazy("Keep the data for a while")
    about = gettext_lazy("An exception that everybody can read. Until then nobody can destroy them.")
    until = moment_field(gettext_lazy("Until"))
    reason = reason_field(gettext_lazy("Which law or proceeding asks for it"))

    def usual(self, row: Declaration) -> dict[str, Any]:
        return {"until": clock.now().replace(second=0, microsecond=0) + rules.LONGEST}

    def carry_out(self, by: Actor) -> Any:
        given = self.cleaned_data
        actions.keep(
            declaration=self.row.pk, until=given["until"], reason=given["reason"], by=by, version=given["version"]
        )


class DestroyForm(_ChangeForm):
    name, label = "destroy", gettext_lazy("Destroy what was collected")
    about = gettext_lazy("It cannot be undone. Counts without names and the proof remain; nothing else does.")
    danger = True
    reason = reason_field(gettext_lazy("Why now"))
    typed = forms.CharField(label=gettext_lazy("Type the name of this declaration"), max_length=120)

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"]).strip()
        if typed != self.row.name:
            raise forms.ValidationError(_("This is not its name: %(name)s.") % {"name": self.row.name})
        return typed

    def carry_out(self, by: Actor) -> Any:
        given = self.cleaned_data
        actions.destroy(declaration=self.row.pk, reason=given["reason"], by=by, version=given["version"])


CHANGES: dict[str, type[_ChangeForm]] = {form.name: form for form in (ExtendForm, EndForm, KeepForm, DestroyForm)}
DONE = {
    "extend": gettext_lazy("It lasts longer now."),
    "end": gettext_lazy("Joint control is over. Its powers are closed."),
    "keep": gettext_lazy("The exception is recorded."),
    "destroy": gettext_lazy("The data are destroyed. The proof stands below."),
}


def _offered(actor: Actor, row: Declaration) -> list[str]:
    """The changes that this actor may make now."""
    stage = queries.stage_of(row)
    names = []
    if queries.may(actor, Act.DECLARE, row.unit_id) and stage in {Stage.AHEAD, Stage.IN_FORCE}:
        names += ["extend", "end"]
    if queries.may(actor, Act.ORDER_DESTRUCTION, row.unit_id) and stage is not Stage.DESTROYED:
        names += ["keep", "destroy"] if stage is Stage.OVER else ["keep"]
    return names


@require_safe
@never_cache
def declaration(request: HttpRequest, declaration_id: UUID) -> HttpResponse:
    actor = reader(request)
    return _shown(request, actor, queries.declaration(declaration_id))


@require_POST
def change(request: HttpRequest, declaration_id: UUID, name: str) -> HttpResponse:
    """One of the changes; what is refused is told in its form, with what was typed."""
    actor = reader(request)
    row = queries.declaration(declaration_id)
    if name not in CHANGES:
        raise NotFound
    form = CHANGES[name](row, request.POST)
    if not form.is_valid() and not was_used(actor, request.POST.get("once")):
        return _shown(request, actor, row, form, 422)

    def work() -> str:
        form.carry_out(actor)
        return name

    done, status = attempt(form, lambda: once_only(request, actor, work))
    if done is None:
        newest = queries.declaration(declaration_id)
        # Whoever has read what changed meanwhile may send the same words again.
        form.data = form.data.copy() | {"version": newest.version}  # type: ignore[attr-defined]
        return _shown(request, actor, newest, form, status)
    notices.success(request, str(DONE[name]))
    return redirect(f"/control/{declaration_id}/")


def _shown(
    request: HttpRequest, actor: Actor, row: Declaration, sent: _ChangeForm | None = None, status: int = 200
) -> HttpResponse:
    stage = queries.stage_of(row)
    label, tone = words.STAGES[stage]
    sees = queries.may(actor, Act.SEE, row.unit_id)
    names = _offered(actor, row)
    changes = [sent if sent is not None and sent.name == name else CHANGES[name](row) for name in names]
    if sent is not None and sent.name not in names:
        notices.error(request, " ".join(str(error) for errors in sent.errors.values() for error in errors))
    proof = console.proof_of(row)
    context = {
        "row": row,
        "unit_name": name_of(row.unit_id),
        "stage": label,
        "tone": tone,
        "when": _when(row, stage),
        "over_at": rules.end_of(row.ends_at, row.ended_at),
        "gone_at": rules.end_of(row.ends_at, row.ended_at) + rules.DESTROYED_AFTER,
        "in_force": stage is Stage.IN_FORCE,
        "over": stage is Stage.OVER,
        "powers": [(Power(power).label, words.ALLOWS[Power(power)]) for power in row.powers],
        "uses": queries.uses(actor, row)[:USES_SHOWN] if sees else [],
        "sees": sees,
        "keepings": console.keepings(row),
        "screenings": [_screening(one) for one in console.screenings(row)],
        "runs": queries.may(actor, Act.RUN) and Power.VISIT_HOUSEHOLDS in row.powers,
        "tells": queries.may(actor, Act.RUN, row.unit_id),
        "telling": reads.telling_of_notice(row.pk) if sees else None,
        "changes": changes,
        "sent": sent.name if sent is not None else "",
        "entries": timeline(row.pk, words.STEPS),
        "proof": proof_in_words(proof) if proof else None,
        "key_missed_at": queries.key_missed_at(row) if stage is not Stage.DESTROYED else None,
        "live_topics": [f"declaration:{row.pk}"],
    }
    return render(request, "campaigns/declaration.html", context, status=status)


def _screening(row: Campaign) -> dict[str, Any]:
    return {
        "href": f"/control/screenings/{row.pk}/",
        "title": row.name,
        "note": f"{name_of(row.unit_id)} · " + _("due %(at)s") % {"at": said(row.due_at)},
        "icon": "list",
        "badge": pgettext("of a screening", "Closed") if row.closed_at else "",
        "tone": "",
    }


COUNTED = {
    "submissions": gettext_lazy("Visits as phones sent them"),
    "doors": gettext_lazy("Results of doors"),
    "follow_ups": gettext_lazy("What followed from answers"),
    "follow_up_notes": gettext_lazy("Notes about what followed"),
    "photos": gettext_lazy("Photos of visits"),
    "files": gettext_lazy("Files of photos"),
    "door_codes": gettext_lazy("Codes of doors"),
    "tellings": gettext_lazy("Doors that were told of a notice"),
    "memberships": gettext_lazy("Who was in which team"),
    "moves": gettext_lazy("Moves of households"),
    "shares": gettext_lazy("Which team had which floors"),
    "tallies": gettext_lazy("Counts of single buildings"),
    "reports": gettext_lazy("Situation reports of earlier hours"),
    "shifts": gettext_lazy("Shifts of helpers"),
    "answers": gettext_lazy("Answers to calls for help"),
}


def proof_in_words(proof: DestructionProof) -> dict[str, Any]:
    return {
        "at": proof.at,
        "by": proof.by_label,
        "counts": [(COUNTED.get(name, name), f"{count:,}") for name, count in sorted(proof.counts.items())],
        "root": bytes(proof.root).hex(),
        "key_digest": bytes(proof.key_digest).hex(),
        "key_missed_at": proof.key_missed_at,
    }
