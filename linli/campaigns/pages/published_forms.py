"""Forms: an XLSForm is published, and looked at as the phone draws it, in each of its languages and versions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.campaigns import actions, queries
from linli.campaigns.forms.errors import FormFault
from linli.campaigns.forms.source import MAX_BYTES
from linli.campaigns.forms.structure import DEFAULT, Kind
from linli.campaigns.models import FormVersion
from linli.campaigns.pages.common import (
    language,
    name_of,
    once_only,
    read_or_sent,
    reader,
    said,
    unit_choices,
    units_of,
    uuid_in,
)
from linli.campaigns.queries import forms as reads
from linli.campaigns.rules import Act
from linli.foundation.errors import DomainError

LANGUAGES = {"zh": gettext_lazy("Chinese"), "en": gettext_lazy("English"), DEFAULT: gettext_lazy("As it was written")}
# How an answer is given, in a word.
GIVEN = {
    Kind.TEXT: pgettext_lazy("how a question is answered", "words"),
    Kind.INTEGER: pgettext_lazy("how a question is answered", "a whole number"),
    Kind.DECIMAL: pgettext_lazy("how a question is answered", "a number"),
    Kind.DATE: pgettext_lazy("how a question is answered", "a day"),
    Kind.SELECT_ONE: pgettext_lazy("how a question is answered", "one of these"),
    Kind.SELECT_MANY: pgettext_lazy("how a question is answered", "any of these"),
    Kind.PHOTO: pgettext_lazy("how a question is answered", "a photo"),
    Kind.POSITION: pgettext_lazy("how a question is answered", "the position"),
}
UNSEEN = frozenset({Kind.CALCULATE, Kind.STAMP})
# A list of a thousand streets is shown by its beginning.
MOST_CHOICES = 12


class PublishForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Form (XLSForm)"),
        help_text=gettext_lazy("An .xlsx workbook with the sheets survey, choices and settings, or the same as CSV."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )
    unit = forms.ChoiceField(label=gettext_lazy("For which area"))
    asks_health = forms.BooleanField(
        label=gettext_lazy("It asks about health"),
        help_text=gettext_lazy(
            "A screening with it is begun only where the declaration gives the power to ask about health. Questions named as in the "
            "forms that come with the system (fever, symptoms, injured …) are known without this mark."
        ),
        required=False,
    )


@read_or_sent
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """The forms of one's units; and one more. What does not compile is told by sheet, row and column."""
    actor = reader(request)
    runs = queries.may(actor, Act.RUN)
    declaration = uuid_in(request.GET.get("declaration"))
    beside = f"?declaration={declaration}" if declaration else ""
    form, fault, status = None, None, 200
    if runs:
        sent = request.POST if request.method == "POST" else None
        form = PublishForm(sent, request.FILES if sent is not None else None)
        field = form.fields["unit"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = unit_choices(units_of(actor, Act.RUN))
        if sent is not None:
            status = 422
            if form.is_valid():
                data, unit = form.cleaned_data["file"].read(MAX_BYTES + 1), UUID(form.cleaned_data["unit"])
                health = form.cleaned_data["asks_health"]

                def publish() -> str:
                    return str(actions.publish_form(data=data, unit=unit, by=actor, asks_health=health).pk)

                try:
                    made = once_only(request, actor, publish)
                except FormFault as found:
                    fault, status = found, found.status
                except DomainError as refusal:
                    form.add_error("file", str(refusal))
                    status = refusal.status
                else:
                    notices.success(request, _("Published. This is how it is asked at the door."))
                    return redirect(f"/control/forms/{made}/{beside}")
    elif request.method == "POST":
        queries.require(actor, Act.RUN)
    context = {
        "form": form,
        "runs": runs,
        "declaration": declaration,
        "faults": [{"place": str(one.place), "problem": str(one.problem)} for one in fault.faults] if fault else [],
        "items": [_item(versions, beside) for versions in _by_form(reads.published(units_of(actor, Act.SEE)))],
        "back": f"/control/{declaration}/screening/new/" if declaration else "/control/",
    }
    return render(request, "campaigns/forms.html", context, status=status)


def _by_form(rows: Sequence[FormVersion]) -> list[list[FormVersion]]:
    found: dict[str, list[FormVersion]] = {}
    for row in rows:
        found.setdefault(row.form_id, []).append(row)
    return list(found.values())


def _item(versions: Sequence[FormVersion], beside: str) -> dict[str, Any]:
    newest = versions[0]
    return {
        "href": f"/control/forms/{newest.pk}/{beside}",
        "title": _title(newest),
        "note": f"{newest.form_id} · {newest.version} · {name_of(newest.unit_id)} · {said(newest.at)}",
        "badge": _("%(count)s versions") % {"count": len(versions)} if len(versions) > 1 else "",
        "tone": "",
    }


def _title(row: FormVersion) -> str:
    return row.title_en if language() == "en" and row.title_en else row.title


@require_safe
@never_cache
def one(request: HttpRequest, form_id: UUID) -> HttpResponse:
    """A version as the phone draws it, side by side in its languages."""
    actor = reader(request)
    row = reads.form(form_id)
    declaration = uuid_in(request.GET.get("declaration"))
    beside = f"?declaration={declaration}" if declaration else ""
    schema = row.schema
    context = {
        "row": row,
        "title": _title(row),
        "unit_name": name_of(row.unit_id),
        "drawn": [
            {
                "code": code if code != DEFAULT else "",
                "language": LANGUAGES.get(code, code),
                "title": schema["title"].get(code, row.title),
                "items": list(_drawn(schema["items"], schema.get("choices", {}), code)),
            }
            for code in schema["languages"]
        ],
        "versions": [
            {
                "href": f"/control/forms/{one.pk}/{beside}",
                "version": one.version,
                "at": said(one.at),
                "is_this": one.pk == row.pk,
            }
            for one in reads.versions_of(row)
        ],
        "begin": f"/control/{declaration}/screening/new/?form={row.pk}"
        if declaration and queries.may(actor, Act.RUN)
        else "",
        "back": f"/control/forms/{beside}",
    }
    return render(request, "campaigns/form.html", context)


def _drawn(items: Sequence[Mapping[str, Any]], choices: Mapping[str, Any], code: str) -> Iterator[dict[str, Any]]:
    """What is seen of each question, group and repeat group, in one language."""
    for item in items:
        if item["kind"] in UNSEEN:
            continue
        offered = choices.get(item.get("choices", ""), [])
        yield {
            "kind": item["kind"],
            "label": _text(item.get("label", {}), code) or item["path"].rpartition("/")[2],
            "hint": _text(item.get("hint", {}), code),
            "given": GIVEN.get(item["kind"], ""),
            "required": item.get("required") not in (None, "", "false()"),
            "sometimes": bool(item.get("relevant")),
            "choices": [_text(one["label"], code) or one["name"] for one in offered[:MOST_CHOICES]],
            "more": max(len(offered) - MOST_CHOICES, 0),
            "items": list(_drawn(item.get("items", []), choices, code)),
        }


def _text(labels: Mapping[str, Any], code: str) -> str:
    """A label; what is filled in from other answers is shown as a gap."""
    label = labels.get(code, "")
    return label if isinstance(label, str) else "".join(part if isinstance(part, str) else "…" for part in label)
