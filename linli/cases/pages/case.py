"""One case: its page for everyone concerned, its changes, and the pages behind a link in a message."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from linli.cases import actions, panels, queries, rules
from linli.cases.lifecycle import CHANGES
from linli.cases.models import Attachment, Case
from linli.cases.pages import bulk, changes, lists, plain, uploads, words
from linli.cases.pages.once_only import key_of
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, ActorKind, acting_as, actor_of
from linli.foundation.errors import DomainError, NotFound, SignInNeeded, Stale
from linli.territory import maps


@require_GET
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """The page of a case in the actor's scope; for everyone else what the public may know of it."""
    actor = actor_of(request)
    try:
        case = queries.case_by_reference(actor, reference)
    except NotFound:
        return _public(request, reference)
    return _page(request, case, actor)


@require_GET
def track(request: HttpRequest, reference: str, secret: str) -> HttpResponse:
    """The same for whoever holds the link that was shown after reporting."""
    with acting_as(SYSTEM):
        case = queries.case_by_secret(reference, secret)
        return _page(request, case, actor_of(request), secret=secret)


@require_GET
def rate(request: HttpRequest, reference: str, secret: str) -> HttpResponse:
    """Only the rating, large and short: where the link in a message leads."""
    with acting_as(SYSTEM):
        case = queries.case_by_secret(reference, secret)
        offers = _offers(case, actor_of(request), secret)
        context = {
            "case": case,
            "secret": secret,
            "offers": [offer for offer in offers if offer.name in {"evaluate", "reopen"}],
            "next": plain.promise(case),
            "own_surface": "resident",
            "tracking": f"/track/{case.reference}/{secret}/",
        }
        return render(request, "cases/rate.html", context)


@require_POST
def change(request: HttpRequest, reference: str, name: str) -> HttpResponse:
    """Make one change. What was refused comes back with the newest state and with everything that was typed."""
    actor = actor_of(request)
    secret = request.POST.get("secret", "")
    if name == "support":
        return _support(request, reference, actor)
    if name not in changes.ASKS:
        raise NotFound
    if actor.kind is ActorKind.ANONYMOUS and not secret:
        # Most likely a sign-in that ended: “nothing is here” would not say what to do.
        raise SignInNeeded
    with acting_as(SYSTEM if secret else actor):
        case = queries.case_by_secret(reference, secret) if secret else queries.case_by_reference(actor, reference)
        form = changes.ChangeForm(CHANGES[name], case, request.POST, request.FILES)
        if not form.is_valid():
            return _page(request, case, actor, secret=secret, bound=form, status=422)
        try:
            with acting_as(actor):
                changes.apply(case, form, by=actor, secret=secret, key=key_of(request))
        except DomainError as error:
            return _refused(request, reference, actor, secret, form, error)
    if name == "evaluate" and form.cleaned_data["solved"] == "no":
        messages.success(request, _("Thank you. It is not solved: say below what is still wrong, and it goes on."))
        return HttpResponseRedirect(f"{_here(reference, secret)}?reopen=1#reopen")
    thanks = (
        _("Thank you for your rating.")
        if name == "evaluate"
        else _("Done: %(change)s.") % {"change": CHANGES[name].label}
    )
    messages.success(request, thanks)
    return HttpResponseRedirect(_way_back(request, reference, secret))


def _here(reference: str, secret: str) -> str:
    """The case's page for who holds its link, or for who may see it."""
    return f"/track/{reference}/{secret}/" if secret else f"/case/{reference}/"


def _way_back(request: HttpRequest, reference: str, secret: str) -> str:
    if secret:
        return _here(reference, secret)
    lists = {"desk": "/desk/", "field": "/field/", "verify": "/verify/"}
    back = request.POST.get("back", "")
    # Beside the desk's list the case stands open: back to both.
    return back if back.startswith("/desk/?") else lists.get(back, _here(reference, secret))


def _refused(
    request: HttpRequest, reference: str, actor: Actor, secret: str, form: changes.ChangeForm, error: DomainError
) -> HttpResponse:
    case = queries.case_by_secret(reference, secret) if secret else queries.case_by_reference(actor, reference)
    if isinstance(error, Stale):
        form.show_version(case.version)
    elif error.field and changes.field_of(form, error.field):
        form.add_error(changes.field_of(form, error.field), str(error))
    return _page(request, case, actor, secret=secret, bound=form, refusal=error, status=error.status)


def _support(request: HttpRequest, reference: str, actor: Actor) -> HttpResponse:
    """ "Me too" is open to every signed-in person for every public case, also one that they may not see."""
    if actor.id is None:
        raise SignInNeeded
    public = queries.public_case(reference)
    actions.support(case=public.id, by=actor)
    messages.success(
        request, _("Counted. You are told what becomes of case %(number)s.") % {"number": public.reference}
    )
    return HttpResponseRedirect(f"/case/{public.reference}/")


def _offers(
    case: Case, actor: Actor, secret: str, bound: changes.ChangeForm | None = None, question: str = ""
) -> list[changes.Offer]:
    """`question` is what waits for the reporter's answer: without one there is nothing to answer."""
    allowed = queries.allowed_changes(actor, case, is_reporter=bool(secret))
    answers = question or (bound is not None and bound.change.name == "answer")
    left_out = {"support"} if answers else {"support", "answer"}
    return changes.offers(case, [one for one in allowed if one.name not in left_out], bound)


def _page(
    request: HttpRequest, case: Case, actor: Actor, *, secret: str = "", bound: changes.ChangeForm | None = None,
    refusal: DomainError | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    details = queries.details(actor, case)
    question = words.open_question(details.entries)
    offers = _offers(case, actor, secret, bound, question)
    here = _here(case.reference, secret)
    kept = changes.kept(bound, {offer.name for offer in offers})
    if secret or not actor.grants:
        return _reporters_page(request, case, details, offers, here, secret, question, refusal, kept, status)
    context = {
        "case": case,
        "here": here,
        "secret": secret,
        "tone": words.tone(case.state),
        "urgency": words.urgency(case),
        "due": words.due_words(case, clock.now()),
        "steps": words.steps(case),
        "next": words.what_next(case),
        "question": question,
        "panels": panels.shown(actor, case),
        "likely": _likely(case) if any(offer.name == "merge" for offer in offers) else [],
        "story": words.told(reversed(details.entries), to_staff=actor.is_staff and not secret),
        "photos": _photos(here, details.attachments),
        "facts": _facts(case, details),
        "main_offers": [offer for offer in offers if offer.is_main],
        "more_offers": [offer for offer in offers if not offer.is_main],
        "refusal": refusal,
        "kept": kept,
        # What many are asked about before it is done, one is too; the preview is the desk's.
        "shown_first": bulk.DANGEROUS if actor.is_staff else (),
        "done": bulk.done(request.GET.get("done", ""), here),
        "created": request.GET.get("new") == "1",
        "emergency": rules.emergency_number(f"{case.text.title} {case.text.description}"),
        "tracking": here if secret else "",
        "tracking_whole": request.build_absolute_uri(here) if secret else "",
        "live_topics": [f"case:{case.id}"],
    }
    return render(request, "cases/case.html", context, status=status)


def _reporters_page(
    request: HttpRequest, case: Case, details: queries.Details, offers: Sequence[changes.Offer], here: str, secret: str,
    question: str, refusal: DomainError | None, kept: str, status: int,
) -> HttpResponse:  # fmt: skip
    """The page of who reported it, signed in or with the link: plain words instead of an office's forms."""
    by_name = {offer.name: offer for offer in offers}
    for name in {"comment", "reopen"} & by_name.keys():
        # A desk gives a reason for what it does; a reporter says what there is to say.
        by_name[name].form.fields["note"].label = _("In your words")
    rated = next((one for one in details.evaluations if one.cycle == case.cycle), None)
    reopen = by_name.get("reopen")
    if reopen and not reopen.open and plain.still_reopens(case) is None:
        reopen = None
    if reopen and rated and not rated.solved and not reopen.form.is_bound:
        reopen.form.initial["note"] = rated.comment
    context = {
        "case": case,
        "here": here,
        "secret": secret,
        "state": words.plain_state(case.state),
        "tone": words.tone(case.state),
        "steps": words.steps(case),
        "next": plain.promise(case),
        "story": plain.story(here, details.entries, details.attachments),
        "photos": plain.pair(here, details.attachments),
        "facts": _facts(case, details),
        "evaluate": by_name.get("evaluate"),
        "reopen": reopen,
        "reopening": reopen is not None and (request.GET.get("reopen") == "1" or reopen.open),
        "comment": by_name.get("comment"),
        "question": question,
        "answer": by_name.get("answer"),
        "rated": rated,
        "refusal": refusal,
        "kept": kept,
        "created": request.GET.get("new") == "1",
        "emergency": rules.emergency_number(f"{case.text.title} {case.text.description}"),
        "tracking": here if secret else "",
        "tracking_whole": request.build_absolute_uri(here) if secret else "",
        "live_topics": [f"case:{case.id}"],
    }
    return render(request, "cases/resident/case.html", context, status=status)


def _likely(case: Case) -> list[dict[str, Any]]:
    """What the case could be merged into."""
    if case.lon is None or case.lat is None:
        return []
    text = f"{case.text.title} {case.text.description}"
    found = queries.likely_duplicates(
        lon=case.lon, lat=case.lat, text=text, class_id=case.case_class_id, most=3, exclude=case.id
    )
    return lists.likely(found)


def _photos(here: str, attachments: Sequence[Attachment]) -> dict[str, list[dict[str, Any]]]:
    shown: dict[str, list[dict[str, Any]]] = {"report": [], "after": []}
    for attachment in attachments:
        group = "report" if attachment.step in {Attachment.Step.REPORT, Attachment.Step.BEFORE} else "after"
        shown[group].append(uploads.shown(here, attachment))
    return shown


def _facts(case: Case, details: queries.Details) -> dict[str, Any]:
    clause = next((entry.data["clause"] for entry in reversed(details.entries) if entry.data.get("clause")), "")
    into = Case.objects.filter(pk=case.merged_into_id).first() if case.merged_into_id else None
    smallest = case.community_id or case.subdistrict_id or case.district_id
    return {
        "class_name": words.class_name(case.case_class_id),
        "place": words.place_name(case),
        "lead": words.body_name(case.lead_body_id),
        "clause": clause if case.duty_id else "",
        "co_handlers": [
            {"name": words.body_name(row.body_id), "signed_at": row.signed_at, "asked_for": row.asked_for}
            for row in details.co_handlers
        ],
        "merged": details.merged,
        "into": into.reference if into else "",
        "contact": details.contact,
        "map": maps.map_of(smallest, lon=case.lon, lat=case.lat) if smallest and case.lon is not None else None,
    }


def _public(request: HttpRequest, reference: str) -> HttpResponse:
    case = queries.public_case(reference)
    smallest = case.community_id or case.subdistrict_id or case.district_id
    context = {
        "case": case,
        "state": words.plain_state(case.state),
        "tone": words.tone(case.state),
        "class_name": words.class_name(case.case_class_id),
        "lead": words.body_name(case.lead_body_id) if case.lead_body_id else "",
        "steps": words.steps(case),
        "place": words.names_of([unit for unit in (case.subdistrict_id, case.community_id, case.quarter_id) if unit]),
        "map": maps.map_of(smallest, lon=case.lon, lat=case.lat) if smallest else None,
        "joined": queries.has_supported(actor_of(request), case.id),
        "live_topics": [f"case:{case.id}"],
        "sign_in": "/sign-in/?" + urlencode({"next": request.path}),
    }
    return render(request, "cases/public.html", context)
