"""Rounds of a shift: planned as long work, kept as a proposal of their own kind, sent and taken back as every proposal is."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.dispatch import errors, network, queries, rounds, rules
from linli.dispatch.actions.deciding import accept
from linli.dispatch.actions.proposing import keep
from linli.dispatch.models import Proposal
from linli.dispatch.rounds import Told
from linli.foundation import clock, work
from linli.foundation.access import Actor
from linli.foundation.models import Work
from linli.territory import queries as territory

PLAN, SEND = "dispatch.rounds", "dispatch.send"


def plan_rounds(
    *, unit: UUID, cases: Collection[UUID] | None, who: Collection[UUID], by: Actor, told: Told | None = None
) -> Proposal:
    """Who of these people and teams goes where in their shift, now or within a day. `cases` None: whatever waits and is not urgent.

    Nobody is sent by it. Raises NotFound, NotAllowed, WrongRounds, NothingWaits.
    """
    rules.require(by, rules.DISPATCHERS, territory.unit(unit).path)
    here = queries.work_for_rounds(by, unit, cases, brief=True)
    going = [one.worker for one in here.people if UUID(one.worker.id) in who and one.is_on_duty]
    if not 1 <= len(going) <= rules.MOST_ROUNDS:
        raise errors.WrongRounds(field="who")
    if not here.work:
        raise errors.NothingWaits(field="cases")
    now = clock.now()
    plan = rounds.plan_rounds(going, [one.task for one in here.work], now, travel=network.travel(), told=told)
    return keep(plan, here, Proposal.Kind.ROUNDS, now, by)


def begin_rounds(*, unit: UUID, cases: Collection[UUID] | None, who: Collection[UUID], by: Actor) -> Work:
    """The same as long work. Raises NotFound, NotAllowed, WrongRounds."""
    place = territory.unit(unit)
    rules.require(by, rules.DISPATCHERS, place.path)
    if not 1 <= len(who) <= rules.MOST_ROUNDS:
        raise errors.WrongRounds(field="who")
    asked = {
        "unit": str(unit),
        "cases": None if cases is None else [str(one) for one in cases],
        "who": [str(one) for one in who],
    }
    title = _("Rounds: %(unit)s") % {"unit": place.name}
    return work.begin(kind=PLAN, title=title, by=by, asked=asked, unit_path=place.path)


def plan_as_asked(running: work.Running) -> Mapping[str, Any]:
    """For whoever began it, with the rights that they have by now."""
    asked = running.work.asked
    said = _("Trying orders and exchanging stops")
    cases = None if asked["cases"] is None else [UUID(one) for one in asked["cases"]]
    with transaction.atomic():
        made = plan_rounds(
            unit=UUID(asked["unit"]),
            cases=cases,
            who={UUID(one) for one in asked["who"]},
            by=running.by,
            told=lambda done, steps: running.say(said, done, steps),
        )
    stops = len(made.lines)
    told = ngettext("%(count)s stop is planned.", "%(count)s stops are planned.", stops) % {"count": stops}
    return {"told": told, "href": f"/dispatch/rounds/{made.id}/"}


def begin_sending(*, proposal: UUID, who: Collection[str], by: Actor) -> Work:
    """Whole rounds are sent as long work: each stop is a change of its own. Raises NotFound, NotAllowed, NothingChosen."""
    found = queries.rounds(by, proposal)
    place = territory.unit(found.unit_id)
    rules.require(by, rules.DISPATCHERS, place.path)
    if not queries.choices_of(by, found, who):
        raise errors.NothingChosen(field="who")
    title = _("Sending rounds: %(unit)s") % {"unit": place.name}
    asked = {"proposal": str(found.id), "who": list(who)}
    return work.begin(kind=SEND, title=title, by=by, asked=asked, unit_path=place.path)


def send_as_asked(running: work.Running) -> Mapping[str, Any]:
    """For whoever began it. What somebody else was sent to meanwhile is left as it is."""
    found = queries.rounds(running.by, UUID(running.work.asked["proposal"]))
    said = _("Sending stop by stop")
    sent = accept(
        proposal=found.id,
        choices=queries.choices_of(running.by, found, running.work.asked["who"]),
        by=running.by,
        told=lambda done, stops: running.say(said, done, stops),
    )
    stops = len(sent.done)
    told = ngettext("%(count)s stop is sent.", "%(count)s stops are sent.", stops) % {"count": stops}
    return {"told": told, "href": f"/dispatch/rounds/{found.id}/"}
