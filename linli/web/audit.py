"""The audit's page: the hourly seals, and the chain of one case or announcement checked link by link."""

import hmac
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from linli.cases import queries as cases
from linli.cases.pages import words
from linli.foundation import audit, seals
from linli.foundation.access import SYSTEM, Actor, Permission, acting_as, actor_of
from linli.foundation.errors import DomainError, NotAllowed, NotFound, SignInNeeded
from linli.foundation.models import Entry, Seal
from linli.gateway import queries as gateway
from linli.gateway.actions import states
from linli.people import labels

LATEST = 24


@require_safe
def audit_page(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not actor.may(Permission.SEE_AUDIT):
        raise SignInNeeded if actor.id is None else NotAllowed
    number, notice = request.GET.get("number", "").strip(), request.GET.get("notice", "")
    notices = gateway.announcements(actor, size=LATEST, permission=Permission.SEE_AUDIT)
    context: dict[str, Any] = {"number": number, "seals": _seals(), "notices": notices}
    if number:
        context |= _chain(actor, number)
    elif notice:
        context |= _chain_of_notice(actor, notice)
    return render(request, "web/audit.html", context)


def _seals() -> list[dict[str, Any]]:
    """The latest seals, each with whether its own hash fits. They hold no personal data."""
    with acting_as(SYSTEM):
        latest = list(Seal.objects.order_by("-seq")[:LATEST])
    return [
        {
            "seq": seal.seq,
            "until": seal.until,
            "chains": seal.chains,
            "root": bytes(seal.root).hex(),
            "fits": hmac.compare_digest(seals.hash_of(seal), bytes(seal.hash)),
        }
        for seal in latest
    ]


def _chain(actor: Actor, number: str) -> dict[str, Any]:
    try:
        case = cases.case_by_reference(actor, number)
    except DomainError as error:
        return {"problem": str(error)}
    entries = audit.timeline(case.id)
    told = words.told(entries, to_staff=True)
    return {
        "heading": f"{case.reference} {case.text.title}",
        "links": [{**link, "what": step.what} for link, step in zip(links(entries), told, strict=True)],
        "whole": len(entries) == case.entries,
    }


def _chain_of_notice(actor: Actor, notice: str) -> dict[str, Any]:
    """It does not hold the end of its chain as a case does; but its last entry holds a digest of its words and state."""
    try:
        row = gateway.announcement(actor, UUID(notice), permission=Permission.SEE_AUDIT)
    except (ValueError, DomainError):
        return {"problem": str(NotFound())}
    with acting_as(SYSTEM):
        entries = audit.timeline(row.id)
    steps = {
        "announced": gettext("Announced"), "called_back": gettext("Called back"), "went_out": gettext("Going out"),
        "sent": gettext("Sent"),
    }  # fmt: skip
    kept = {audit.digest(state) for state in states([row.id]).values()}
    return {
        "heading": row.title,
        "links": [{**link, "what": steps[link["entry"].action]} for link in links(entries)],
        "as_left": bool(entries) and bytes(entries[-1].state) in kept,
    }


def links(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Each entry with whether it follows the one before and holds what it held when it was written."""
    previous, found = audit.NO_HASH, []
    for position, entry in enumerate(entries, start=1):
        follows = entry.seq == position and bytes(entry.previous) == previous
        fits = follows and hmac.compare_digest(audit.chain_hash(entry), bytes(entry.hash))
        found.append(
            {"entry": entry, "who": labels.said(entry.actor_label), "fits": fits, "hash": bytes(entry.hash).hex()}
        )
        previous = bytes(entry.hash)
    return found
