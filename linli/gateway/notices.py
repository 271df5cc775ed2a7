"""Who is told what when a case changes. Called by the outbox worker as the system, at least once for each event.

Everything is read anew: an event names the case and its timeline entry. A person hears once of an event, however often it is
handled and in however many parts they are concerned (`Message` and `OutgoingMessage` are unique per event).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from linli.campaigns import events as campaign_events
from linli.campaigns.actions import calling
from linli.campaigns.queries import calls
from linli.cases import concerned
from linli.cases.concerned import Told
from linli.config import env
from linli.foundation import clock
from linli.foundation.access import Role
from linli.foundation.errors import DomainError
from linli.foundation.models import OutboxEvent
from linli.gateway import actions, channels, queries, wording
from linli.gateway.actions import Letter, Note
from linli.gateway.models import Kind, Message, OutgoingChannel, Way
from linli.gateway.rules import DEFAULT_WISH, Wish, is_urgent, quiet_until, usual_way
from linli.insight import events as insight_events
from linli.insight import queries as insight
from linli.people import events as people_events
from linli.people import queries as people
from linli.people.queries import Addressee
from linli.people.rules import is_landline, normalise_phone
from linli.territory import queries as territory

# A worker that was away, or a replay of the past, sends nobody a text about what is long over. The app still keeps the note.
TOO_OLD_FOR_PHONES = timedelta(days=2)

# The change, and the template by which its reporter is told.
REPORTER = {
    "collect": "collected", "file": "filed", "decline": "declined", "dispatch": "dispatched", "reassign": "reassigned",
    "accept": "accepted", "pause": "paused", "resume": "resumed", "report_back": "handled", "rework": "rework",
    "close": "closed", "merge": "merged", "unmerge": "unmerged", "reopen": "reopened", "ask": "asked",
}  # fmt: skip
# The end of a case, for those who said “me too” and those whose report was merged into it.
OUTCOME = {"close": "closed", "decline": "declined", "reopen": "reopened"}
# The change, and the template by which the lead body's handlers are told.
WORK = {"dispatch": "work_new", "reassign": "work_new", "rework": "work_again", "supervise": "work_supervised"}
# Changes of which others are told than by these tables.
OTHERS = frozenset({"escalate", "ask_co_handler", "answer", "ask_help", "hand_over", "assign"})
# What is done for a reporter, also by their link or on the phone, and the messages that asked them for it.
ASKED_FOR = {
    "evaluate": frozenset({"closed"}),
    "reopen": frozenset({"closed", "declined"}),
    "answer": frozenset({"asked"}),
}
# The escalation level, its template, and how many levels above the body's own unit its leaders are told.
LATE = {2: ("late_due", 1), 3: ("late_far", 2)}


@dataclass(frozen=True, slots=True)
class Post:
    """One person (or, without an account, one phone) and what they are told."""

    person: UUID | None
    template: str
    params: dict[str, Any]
    # None: it is about an area or about Linli itself.
    case: UUID | None
    phone: str = ""
    # Whoever asked to stay unknown is told in the app and nowhere else.
    in_app_only: bool = False
    # What cannot wait for the morning: an emergency, and work whose limit passes in the night.
    emergency: bool = False
    due: datetime | None = None
    # After this moment it is no use to a phone.
    expires_at: datetime | None = None
    # The page that a signed-in reader opens; empty: that of the case.
    page: str = ""


def case_happened(event: OutboxEvent) -> None:
    """Handler of `case.collected` and `case.changed`."""
    change = event.payload["change"]
    told = concerned.told(UUID(event.payload["case"]), UUID(event.payload["entry"]))
    if told is None:
        return
    _read_by_doing(change, told, event.at)
    if change in REPORTER or change in OUTCOME or change in WORK or change in OTHERS:
        posts = [*_to_reporter(change, told), *_to_others(change, told), *_to_workers(change, told)]
        send([replace(post, emergency=told.is_emergency, due=told.case.due_at) for post in posts], event.id, event.at)


def _read_by_doing(change: str, told: Told, at: datetime) -> None:
    """Whoever does something with a case knows what they were told of it before; and what was asked of its reporter may be done now."""
    before = Message.objects.filter(case=told.case.id, happened_at__lt=at)
    if told.by is not None:
        actions.read_by_doing(before.filter(person=told.by))
    if change in ASKED_FOR and told.case.reporter_id is not None:
        actions.read_by_doing(before.filter(person=told.case.reporter_id, template__in=ASKED_FOR[change]))


def call_answered(event: OutboxEvent) -> None:
    """Handler of `campaigns.answered`: who has said whether they come need not open the message that asked them."""
    call = UUID(event.payload["call"])
    # A call is told once, as its own event.
    actions.read_by_doing(Message.objects.filter(event=call, person__in=calls.answered_by(call)))


def code_requested(event: OutboxEvent) -> None:
    """Handler of `people.code_requested`: the code goes out by text, and not after it has expired."""
    phone, code = people_events.opened(event.payload)
    expires_at = datetime.fromisoformat(event.payload["expires_at"])
    letter = Letter(
        OutgoingChannel.SMS, phone, "sign_in_code", event.payload["language"], {"code": code}, expires_at, urgent=True
    )
    actions.write([letter], event=event.id, at=event.at)


def send(posts: Iterable[Post], event_id: UUID, at: datetime) -> tuple[int, int]:
    """Each person in the app, and by the way that they chose; each phone without an account by text. How many of either were new."""
    posts = list(posts)
    persons = {one.id: one for one in people.addressees({post.person for post in posts if post.person})}
    notes = [Note(post.person, post.template, post.params, post.case) for post in posts if post.person in persons]
    told, written = actions.tell(notes, event=event_id, at=at), 0
    if clock.now() - at < TOO_OLD_FOR_PHONES:
        wishes = queries.wishes(persons)
        written = actions.write(_letters(posts, persons, wishes), event=event_id, at=at)
    return told, written


def _letters(posts: Iterable[Post], persons: dict[UUID, Addressee], wishes: Mapping[UUID, Wish]) -> Iterator[Letter]:
    for post in posts:
        if post.in_app_only or not wording.goes_to_phones(post.template):
            continue
        params = {name: value for name, value in post.params.items() if name != "reason"}
        if post.person is None and (not post.phone or is_landline(post.phone)):
            continue
        if post.person is None and post.case is not None:
            links = {"link": _link("track", params, post.case), "rate": _link("rate", params, post.case)}
            yield _letter(post, OutgoingChannel.SMS, post.phone, settings.LANGUAGE_CODE, params | links, DEFAULT_WISH)
        elif post.person is None:
            link = {"link": env.get("LINLI_URL") + post.page}
            yield _letter(post, OutgoingChannel.SMS, post.phone, settings.LANGUAGE_CODE, params | link, DEFAULT_WISH)
        elif person := persons.get(post.person):
            wish = wishes[person.id]
            way = _way(wish, wording.TEMPLATES[post.template].kind, person)
            # The number stands for the person, by whichever way: nobody is told twice who is known by phone alone as well.
            known_by = person.phone or (person.openid if way == Way.WECHAT else "")
            page = env.get("LINLI_URL") + (post.page or f"/case/{params['number']}/")
            if way != Way.APP and known_by:
                yield _letter(post, way, known_by, person.language, params | {"link": page, "rate": page}, wish)


def _way(wish: Wish, kind: Kind, person: Addressee) -> str:
    """The way that a person chose; where they have taken off their WeChat since, the usual one; where the city has, a text."""
    way = wish.way(kind)
    if way != Way.WECHAT:
        return way
    if channels.connected(way):
        return way if person.openid else usual_way(kind)
    return Way.SMS if channels.connected(Way.SMS) and person.phone else way


def _letter(post: Post, channel: str, phone: str, language: str, params: dict[str, Any], wish: Wish) -> Letter:
    template = wording.TEMPLATES[post.template]
    urgent = post.emergency or template.now
    if template.kind in {Kind.WORK, Kind.LATE} and not urgent:
        quiet_end = quiet_until(clock.now(), wish, timezone.get_default_timezone())
        urgent = is_urgent(now=clock.now(), quiet_end=quiet_end, due=post.due)
    return Letter(
        channel, phone, post.template, language, params, post.expires_at,
        person=post.person, case=post.case, urgent=urgent, wish=wish,
    )  # fmt: skip


def _link(page: str, params: dict[str, Any], case_id: UUID) -> str:
    return f"{env.get('LINLI_URL')}/{page}/{params['number']}/{concerned.secret_of(case_id)}/"


def _params(told: Told) -> dict[str, Any]:
    case = told.case
    return {
        "number": case.reference,
        "body": str(case.lead_body_id or ""),
        "due": case.due_at.isoformat() if case.due_at else "",
        "reason": told.note,
    }


def _to_reporter(change: str, told: Told) -> Iterator[Post]:
    template = REPORTER.get(change)
    if template is None:
        return
    params = _params(told)
    if change == "merge":
        params["into"] = told.into
    if told.case.reporter_id is not None:
        # Who has just reported sees the answer on the screen.
        if change != "collect":
            yield Post(told.case.reporter_id, template, params, told.case.id, in_app_only=told.case.anonymous)
    elif told.phone:
        yield Post(None, template, params, told.case.id, told.phone)


def _to_others(change: str, told: Told) -> Iterator[Post]:
    outcome = OUTCOME.get(change)
    if outcome is None:
        return
    for part in concerned.parts(told.case.id):
        if part.reporter_id is None and not part.phone:
            continue
        params = {"number": part.reference, "into": told.case.reference}
        # A text would be on record beside the masked phone of somebody who stays unknown.
        hidden = part.anonymous and part.reporter_id is not None
        yield Post(part.reporter_id, f"part_{outcome}", params, part.case_id, part.phone, in_app_only=hidden)
    for person in concerned.supporters(told.case.id):
        yield Post(person, f"supported_{outcome}", {"number": told.case.reference}, told.case.id)


def _to_workers(change: str, told: Told) -> Iterator[Post]:
    for body, template in _bodies(change, told):
        params = _params(told) | {"body": str(body)}
        for person in people.holders(Role.HANDLER, body_id=body):
            yield Post(person, template, params, told.case.id)
    if change == "answer" and (asker := concerned.asker(told.case.id)) is not None:
        yield Post(asker, "answered", _params(told), told.case.id)
    if change == "escalate" and told.level in LATE and told.case.lead_body_id is not None:
        yield from _to_leaders(told, *LATE[told.level])
    if change == "ask_help" and told.case.lead_body_id is not None:
        yield from _to_the_team(told, told.case.lead_body_id)
    if change == "hand_over" and told.to is not None:
        yield Post(told.to, "work_handed", _params(told), told.case.id)
    if change == "assign" and told.to is not None:
        yield Post(told.to, "work_assigned", _params(told), told.case.id)


def _bodies(change: str, told: Told) -> Iterator[tuple[UUID, str]]:
    lead = told.case.lead_body_id
    if lead is not None and change in WORK:
        yield lead, WORK[change]
    if lead is not None and change == "escalate":
        yield lead, {1: "late_half", 2: "late_due", 3: "late_far"}.get(told.level, "late_far")
    if change == "reassign" and told.from_body is not None:
        yield told.from_body, "work_gone"
    # A dispatch brings the helpers that the duty list names; each may also be asked later.
    for helper in told.co_bodies:
        yield helper, "work_help"


def _to_the_team(told: Told, body: UUID) -> Iterator[Post]:
    """Who can help, and who can send more: the body's other handlers, and the leaders of the unit that it works in."""
    team = people.holders(Role.HANDLER, body_id=body)
    leaders = people.holders(Role.LEADER, unit_id=people.body(body).unit_id)
    for person in dict.fromkeys((*team, *leaders)):
        if person != told.by:
            yield Post(person, "work_asks_help", _params(told), told.case.id)


def _to_leaders(told: Told, template: str, levels_up: int) -> Iterator[Post]:
    """The leaders of the unit above the lead body's own; at the top, the city's."""
    assert told.case.lead_body_id is not None
    path = people.body(told.case.lead_body_id).unit_path
    unit = path[max(len(path) - 1 - levels_up, 0)]
    for person in people.holders(Role.LEADER, unit_id=unit):
        yield Post(person, template, _params(told), told.case.id)


def warning_raised(event: OutboxEvent) -> None:
    """Handler of `warning.raised`: a strong one is told to the leaders of its unit; where it has none, of the unit above."""
    if not event.payload["strong"]:
        return
    found = insight.told_of(UUID(event.payload["warning"]))
    if found is None:
        return
    params = {"warning": str(found.id), "warning_kind": found.kind, "unit": str(found.unit_id)}
    for unit in reversed(territory.unit(found.unit_id).path):
        if leaders := people.holders(Role.LEADER, unit_id=unit):
            page = f"/warnings/{found.id}/"
            send([Post(leader, "work_warning", params, None, page=page) for leader in leaders], event.id, event.at)
            return


def called(event: OutboxEvent) -> None:
    """Handler of `campaigns.called`: the next of those who are asked to help, each once for the call and not for the event."""
    asked = calling.ask_next(call=UUID(event.payload["call"]))
    if asked:
        send([_asked(one) for one in asked], asked[0].call.pk, event.at)


def _asked(one: calling.Asked) -> Post:
    row = one.call
    params = {
        "call": str(row.pk),
        "text": row.text,
        "starts": row.starts_at.isoformat(),
        "ends": row.ends_at.isoformat(),
    }
    page = f"/control/calls/{row.pk}/" if one.person else f"/calls/{one.id}/{calls.secret_of(one.id)}/"
    return Post(
        one.person, "help_called", params, None, "" if one.person else _phone_of(one.phone),
        emergency=True, expires_at=row.ends_at, page=page,
    )  # fmt: skip


def _phone_of(text: str) -> str:
    """A number of the roster as texts are sent to it; empty where it is none."""
    try:
        return normalise_phone(text)
    except DomainError:
        return ""


HANDLERS: dict[str, Callable[[OutboxEvent], None]] = {
    "case.collected": case_happened,
    "case.changed": case_happened,
    people_events.CODE_REQUESTED: code_requested,
    insight_events.RAISED: warning_raised,
    campaign_events.CALLED: called,
    campaign_events.ANSWERED: call_answered,
}
