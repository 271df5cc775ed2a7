"""The section “What was sent” on the page of a case (`cases.panels`)."""

import json
from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linli.cases import panels
from linli.foundation.access import Actor
from linli.foundation.privacy import mask_phone
from linli.gateway import queries, wording
from linli.gateway.models import Holds, Message, OutgoingChannel, OutgoingMessage, OutgoingState

TONES = {
    OutgoingState.SENT: "good", OutgoingState.RECORDED: "info", OutgoingState.FAILED: "bad", OutgoingState.EXPIRED: "bad",
    OutgoingState.WAITING: "warn",
}  # fmt: skip
# In place of a link in a text: it opens the case for whoever has it.
HIDDEN_LINK = "…"


def register() -> None:
    panels.register("gateway.sent", panel)


def panel(actor: Actor, case: Any) -> panels.Panel | None:
    if not queries.may_see_sent(actor, case):
        return None
    told, phones = queries.sent_about(actor, case)
    rows = [*_by_event(told), *(_phone_row(row, case) for row in phones)]
    rows.sort(key=lambda row: row["at"], reverse=True)
    return panels.Panel("gateway/_sent.html", {"rows": rows})


def _by_event(told: Iterable[Message]) -> list[dict[str, Any]]:
    """One row for all who were told the same: who they are is not shown."""
    together: dict[tuple[Any, str], list[Message]] = {}
    for message in told:
        together.setdefault((message.event, message.template), []).append(message)
    return [_app_row(messages) for messages in together.values()]


def _app_row(messages: list[Message]) -> dict[str, Any]:
    first, read = messages[-1], sum(message.read_at is not None for message in messages)
    if len(messages) == 1:
        state = _("Read") if read else _("Not read yet")
    else:
        state = _("%(read)s of %(all)s have read it") % {"read": read, "all": len(messages)}
    return {
        "at": first.at,
        "to": wording.audience(first.template),
        "channel": _("In the app"),
        "text": wording.long(first.template, first.params, get_language() or ""),
        "state": state,
        "tone": "good" if read == len(messages) else "",
    }


def _phone_row(row: OutgoingMessage, case: Any) -> dict[str, Any]:
    params = json.loads(row.params) | {"link": HIDDEN_LINK, "rate": HIDDEN_LINK}
    # Who stays unknown has no number here either, masked or not. What goes by WeChat may stand under an openid.
    texted = row.channel == OutgoingChannel.SMS and not case.anonymous
    number = mask_phone(row.recipient) if texted else ""
    state = OutgoingState(row.state)
    return {
        "at": row.sent_at or row.created_at,
        "to": " ".join(filter(None, (wording.audience(row.template), number))),
        "channel": row.get_channel_display(),
        "text": wording.short(row.template, params, get_language() or ""),
        "state": state.label,
        "tone": TONES.get(state, ""),
        "waits": Holds(row.held).label if row.held else "",
        "until": row.next_at if state == OutgoingState.WAITING else None,
        "error": row.error,
        "provider": row.provider_id if state == OutgoingState.SENT else "",
        "again": row.id if state in {OutgoingState.FAILED, OutgoingState.EXPIRED} else None,
    }
