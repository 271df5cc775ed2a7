"""The cases of the verifier's page, written in Python: in templates they took half the page's time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from linli.cases.models import Attachment, Case
from linli.cases.pages import changes, tasks, words
from linli.cases.pages.field import QUICK
from linli.foundation import clock
from linli.foundation.errors import DomainError
from linli.foundation.markup import badge, once_key, written
from linli.foundation.models import Entry
from linli.foundation.moments import moment

FOUND = (Attachment.Step.REPORT, Attachment.Step.BEFORE)
# One case: what it is, before and after beside each other, what the handler said, and the two ways.
CARD = (
    '<article class="card check-card" aria-labelledby="check-{reference}"><header><p class="row">{badges}'
    '<a class="digits" href="/case/{reference}/">{reference}</a></p><h2 id="check-{reference}">{title}</h2>'
    '<p class="soft small">{class_name} · {place}</p></header>{refusal}<div class="sides" data-tour="photos">'
    "<figure><figcaption>{l_found}</figcaption>{found}</figure><figure><figcaption>{l_left}</figcaption>{left}</figure></div>"
    '{more}<blockquote class="what-done"><p>{done}</p><p class="soft small">{lead}{at}</p></blockquote>{ways}</article>'
)
# Each form with the page's token and a key of its own.
WAYS = (
    '<div class="check-ways" data-tour="task"><form method="post" action="/verify/{reference}/verify/">'
    '<input type="hidden" name="csrfmiddlewaretoken" value="{token}">{key}'
    '<input type="hidden" name="version" value="{version}"><button class="button primary wide large">{l_pass}</button></form>'
    '<details class="back-way"{open}><summary class="button danger wide large">{l_back}</summary>'
    '<form method="post" action="/verify/{reference}/rework/" class="field-form">'
    '<input type="hidden" name="csrfmiddlewaretoken" value="{token}">{other_key}'
    '<fieldset class="quick"><legend>{l_why}</legend>{quick}</fieldset>'
    '<input type="hidden" name="version" value="{newest}"><div class="field"><label for="why-{reference}">{l_words}</label>'
    '<textarea name="note" id="why-{reference}" rows="2" maxlength="2000">{typed}</textarea>{wrong}</div>'
    '<button class="button danger wide large">{l_send}</button></form></details></div>'
)
REASON = '<label class="choice"><input type="checkbox" name="quick" value="{reason}"><span>{reason}</span></label>'
PHOTO = '<a href="{href}"><img src="{href}?small" alt="{alt}" width="{width}" height="{height}" loading="lazy"></a>'
NO_PHOTO = '<p class="no-photo soft">{none}</p>'
STRIP = '<div class="photo-strip" tabindex="0" role="group" aria-label="{label}">{found}{left}</div>'
OURS = '<p class="notice warn">{text}</p>'
LARGE, SMALL = {"width": 320, "height": 240}, {"width": 96, "height": 72}


@dataclass(frozen=True, slots=True)
class Check:
    """A case that waits for its verifier; `ours`: the actor may not verify it. `form` and `refusal` where it was refused."""

    case: Case
    photos: Sequence[Attachment]
    said: Entry | None
    ours: bool
    form: changes.ChangeForm | None = None
    refusal: DomainError | None = None


def cards(checks: Iterable[Check], request: HttpRequest) -> SafeString:
    now = clock.now()
    shared = {"l_found": pgettext("photo", "Before"), "l_left": pgettext("photo", "After")}
    ways = _shared_by_ways(request)
    return written(CARD, shared, (_card(check, ways, now) for check in checks))


def _card(check: Check, ways: dict[str, object], now: datetime) -> dict[str, object]:
    case, reference, said = check.case, check.case.reference, check.said
    found, left = _sides(check)
    alt_found, alt_left = _("Before the work"), _("After the work")
    return {
        "reference": reference,
        "badges": _badges(case, now),
        "title": case.text.title,
        "class_name": words.class_name(case.case_class_id),
        "place": tasks.place_of(case),
        "refusal": _refusal(check.refusal) if check.refusal else "",
        "found": _photos(found[:1], alt_found, LARGE) or _no_photo(),
        "left": _photos(left[:1], alt_left, LARGE) or _no_photo(),
        "more": _strip(_photos(found[1:], alt_found, SMALL), _photos(left[1:], alt_left, SMALL)),
        "done": said.note if said else "",
        "lead": words.body_name(case.lead_body_id) if case.lead_body_id else "",
        "at": f" · {moment(said.at)}" if said else "",
        "ways": _not_by_us() if check.ours else written(WAYS, ways, [_ways(check, reference)]),
    }


def _badges(case: Case, now: datetime) -> SafeString:
    shown = (words.due_words(case, now), words.urgency(case))
    return mark_safe("".join(badge(label, tone) for label, tone in shown if label))  # noqa: S308 (`badge` escapes)


def _sides(check: Check) -> tuple[list[str], list[str]]:
    """Addresses of the photos of how it was found, and of how it was left.

    Of the work that is to be judged: earlier rounds are on the case's page.
    """
    case = check.case
    now = [photo for photo in check.photos if photo.cycle == case.cycle or photo.step == Attachment.Step.REPORT]
    here = f"/case/{case.reference}/files/"
    return (
        [f"{here}{photo.id}/" for photo in now if photo.step in FOUND],
        [f"{here}{photo.id}/" for photo in now if photo.step == Attachment.Step.AFTER],
    )


def _photos(addresses: Sequence[str], alt: str, size: dict[str, int]) -> SafeString:
    return written(PHOTO, {"alt": alt, **size}, ({"href": address} for address in addresses))


def _no_photo() -> SafeString:
    return written(NO_PHOTO, {}, [{"none": _("No photo")}])


def _strip(found: SafeString, left: SafeString) -> SafeString:
    """What is more than one photo of a side."""
    if not found and not left:
        return SafeString("")
    return written(STRIP, {"label": _("More photos")}, [{"found": found, "left": left}])


def _not_by_us() -> SafeString:
    return written(OURS, {}, [{"text": _("Your own body worked on this: somebody else verifies it.")}])


def _shared_by_ways(request: HttpRequest) -> dict[str, object]:
    return {
        "token": get_token(request),
        "quick": written(REASON, {}, ({"reason": reason} for reason in QUICK["rework"])),
        "l_pass": _("Done: pass"),
        "l_back": _("Send back"),
        "l_why": _("Why?"),
        "l_words": _("In words: the handler reads it"),
        "l_send": _("Send back to the handler"),
    }


def _ways(check: Check, reference: str) -> dict[str, object]:
    form = check.form
    return {
        "reference": reference,
        "key": once_key(),
        "other_key": once_key(),
        "version": check.case.version,
        "open": " open" if form else "",
        "newest": form["version"].value() if form else check.case.version,
        "typed": (form["note"].value() or "") if form else "",
        "wrong": form["note"].errors if form else "",
    }


def _refusal(refusal: DomainError) -> SafeString:
    return render_to_string("web/components/error_panel.html", {"title": _("This was not done"), "text": refusal})
