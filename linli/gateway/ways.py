"""The ways by which a person can be told beside the app: those that are connected, for the city and for them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Permission, acting_as
from linli.foundation.errors import InvalidInput
from linli.gateway import channels, queries, wording
from linli.gateway.channels import templates
from linli.gateway.models import Kind, OutgoingMessage, OutgoingState, Way
from linli.people import queries as people
from linli.territory import queries as territory

ONLY_RECORDED: str | Promise = _("not connected here")


def offered(*, phone: str, openid: str) -> Mapping[Way, str | Promise]:
    """The ways that somebody with this number and WeChat account may choose, each with the reason why not yet, or empty.

    What is not connected is left out; a demo shows that it is there.
    """
    return {Way.APP: ""} | {
        way: _why_not(way, phone, openid)
        for way in (Way.SMS, Way.WECHAT)
        if channels.connected(way) or settings.LINLI_DEMO
    }


def _why_not(way: Way, phone: str, openid: str) -> str | Promise:
    if not channels.connected(way):
        return ONLY_RECORDED
    if way == Way.SMS:
        return "" if phone else _("no mobile number is kept")
    return "" if openid else _("connect WeChat first")


def require_offered(actor: Actor, chosen: Mapping[Kind, Way]) -> None:
    """Raises `InvalidInput` where a kind is to get another way than before, and that way cannot be chosen (now)."""
    person, before = people.person_of(actor), queries.own_wish(actor)
    offers = offered(phone=person.phone, openid=person.openid)
    for kind, way in chosen.items():
        # A reason why not yet stands beside a way that is only shown.
        if way != before.way(kind) and offers.get(way, ONLY_RECORDED):
            raise InvalidInput(field="ways")


# How far back the administrators' page counts.
LATELY = timedelta(days=1)


def ways_out(actor: Actor) -> list[dict[str, Any]]:
    """How each way out of the city stands: for its administrators. Holds nobody's address and no message's words."""
    actor.require(Permission.MANAGE_GATEWAY, territory.root().path)
    with acting_as(SYSTEM):
        return [_way_out(way) for way in (Way.SMS, Way.WECHAT)]


def _way_out(way: Way) -> dict[str, Any]:
    rows = OutgoingMessage.objects.filter(channel=way)
    lately = rows.filter(created_at__gt=clock.now() - LATELY).order_by()
    counts = dict(lately.values_list("state").annotate(count=Count("pk")))
    failed = rows.exclude(error="").order_by("-created_at").values("error", "created_at", "template").first()
    return {
        "way": way,
        "adapter": channels.chosen(way),
        "connected": channels.connected(way),
        "missing": channels.missing(way),
        "counts": [(OutgoingState(state).label, counts[state]) for state in OutgoingState if state in counts],
        "error": failed,
        "unregistered": _unregistered(way),
    }


def _unregistered(way: Way) -> list[str] | None:
    """The messages to phones for which its provider has no template; None where it needs none, or the setting cannot be read."""
    setting = channels.TEMPLATES.get(channels.chosen(way), "")
    try:
        known = templates.registered(setting) if setting else {}
    except channels.ChannelDown:
        return None
    if not known:
        return None
    return [
        name
        for name, template in wording.TEMPLATES.items()
        if template.short and not {name, str(template.kind)} & known.keys()
    ]
