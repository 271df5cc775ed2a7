"""`campaign.*`: joint control of the whole city, from the declaration to the visits that come back, database included.

`campaign.assign_seconds` declares it for the city at scale 1, takes 490,000 people into the roster, forms teams of three and gives each
of the 7.4 million doors to one. `campaign.submissions_rate` is visits a second by POST, 500 at a time, each batch committed durably;
`campaign.coverage_p95` what the city's coverage takes over HTTP afterwards, `campaign.building_p95` a building's doors, and
`campaign.phone_kb` what a phone loads for 500 doors.
"""

import json
import random
import time
from datetime import timedelta
from itertools import count, islice
from uuid import UUID, uuid4

from bench import _served

PEOPLE = 490_000
TEAM = 3
CLIENTS = 4
BATCH = 500
SECONDS = 20.0
SEED = 1
# One in so many is a nurse.
SKILLED = 50


def run(progress, scale: float = 1.0):
    """Yields five figures: {name, value, unit, on}."""
    from linli.foundation.access import SYSTEM, acting_as
    from linli.territory import actions as territory

    with acting_as(SYSTEM):
        territory.generate_city(scale=scale, seed=SEED, by=SYSTEM, progress=progress.say)
        with progress.step("Making the roster's list"):
            listed = roster(round(PEOPLE * scale))
        began = time.perf_counter()
        with progress.step("Declaring, enlisting and dividing"):
            campaign, divided = assigned(listed)
        seconds = time.perf_counter() - began
        on = f"scale {scale:g}: {divided.doors:,} doors, {divided.stairwells:,} shares, {divided.teams:,} teams, {len(listed):,} people"
        on += f"; {divided.uncovered:,} doors without a team; {_served.cores()}, committed"
        yield {"name": "campaign.assign_seconds", "value": round(seconds, 1), "unit": "s", "on": on}
        with_form(campaign)
        with progress.step("Choosing teams whose phones send"):
            phones = _phones(campaign)
            desk = _desk()
    with _served.serving(progress) as port:
        yield from _sent(progress, port, phones)
        yield from _read(port, campaign, desk, phones)


def roster(people: int):
    from linli.campaigns.actions import NewMember
    from linli.campaigns.models import MemberKind
    from linli.territory import queries as territory

    draw = random.Random(SEED)
    city = territory.root()
    communities = [
        community
        for district in territory.children(city.id)
        for subdistrict in territory.children(district.id)
        for community in territory.children(subdistrict.id, level="community")
    ]
    weights = [community.managed_population or 1 for community in communities]
    places = draw.choices(communities, weights, k=people)
    kinds = draw.choices(list(MemberKind), [1, 1, 3, 0.5, 0.5], k=people)
    return [
        NewMember(place.id, kind, f"成员{number}", f"139{number:08}", skills=() if number % SKILLED else ("护士",))
        for number, (place, kind) in enumerate(zip(places, kinds, strict=True))
    ]


def assigned(listed):
    from linli.campaigns import actions
    from linli.campaigns.models import Power
    from linli.foundation import clock
    from linli.foundation.access import SYSTEM
    from linli.territory import queries as territory

    city, now = territory.root(), clock.now()
    told = actions.Told(
        city.id,
        "epidemic",
        "全市排查",
        "传染病防治法第四十二条",
        "全市逐户走访",
        list(Power),
        now,
        now + timedelta(days=14),
    )
    declared = actions.declare(told=told, by=SYSTEM)
    actions.enlist(members=listed, by=SYSTEM)
    campaign = actions.start(
        declaration=declared.id, unit=city.id, name="全市排查", due_at=now + timedelta(days=7), by=SYSTEM
    )
    actions.form_teams(campaign=campaign.id, size=TEAM, minutes=480, by=SYSTEM)
    return campaign, actions.divide(campaign=campaign.id, by=SYSTEM)


def with_form(campaign) -> None:
    """What is asked at each door, and so checked with each visit."""
    from linli.campaigns import actions, forms
    from linli.campaigns.models import Campaign
    from linli.foundation.access import SYSTEM

    form = actions.publish_form(data=forms.shipped("household_screening"), unit=campaign.unit_id, by=SYSTEM)
    Campaign.objects.filter(pk=campaign.pk).update(form=form)


def _phones(campaign):
    """Leaders with accounts, of the teams with most doors: (cookie, team, ids of its doors)."""
    from django.db.models import Sum

    from linli.campaigns import queries
    from linli.campaigns.models import Member, Membership, Team
    from linli.foundation.access import Actor, ActorKind
    from linli.people.models import Person

    found = []
    teams = (
        Team.objects.filter(campaign=campaign)
        .annotate(doors=Sum("shares__doors"))
        .filter(doors__gt=0)
        .order_by("-doors")[:CLIENTS]
    )
    for number, team in enumerate(teams):
        person = Person.objects.create(username=f"phone{number}", password="!")
        lead = Membership.objects.filter(team=team, leads=True).get()
        Member.objects.filter(pk=lead.member_id).update(person=person)
        pack = queries.doors_of_team(Actor(person.id, ActorKind.PERSON, person.username), team.id)
        doors = [door.id for building in pack.buildings for door in building.doors]
        found.append((_served.cookie_of(person), team.id, doors))
    return found


def _desk() -> str:
    from bench import _city
    from linli.foundation.access import Role
    from linli.territory import queries as territory

    return _city.employed(Role.DESK, territory.root().id)


def _sent(progress, port: int, phones):
    from linli.campaigns.models import Submission
    from linli.foundation.access import SYSTEM, acting_as

    clients = [_client(*phone, seed) for seed, phone in enumerate(phones)]
    _served.ask(port, clients, 3, 200)
    before = _stored(Submission)
    with progress.step(f"{CLIENTS} phones send {BATCH} visits at a time for {SECONDS:.0f} s"):
        answers = _served.ask(port, clients, SECONDS, 200)
    stored = _stored(Submission) - before
    with acting_as(SYSTEM):
        aside = Submission.objects.exclude(aside="").count()
    if aside:
        raise RuntimeError(f"{aside} visits were set aside: what is measured would not be counting")
    if stored < len(answers.seconds) * BATCH:
        raise RuntimeError(f"{len(answers.seconds) * BATCH} visits were acknowledged but {stored} are stored")
    on = f"{_served.cores()}; {CLIENTS} phones, {len(answers.seconds)} batches of {BATCH}, all stored"
    on += f"; slowest batch {max(answers.seconds):.2f} s"
    yield {"name": "campaign.submissions_rate", "value": round(stored / SECONDS), "unit": "visits/s", "on": on}


def _stored(model) -> int:
    from linli.foundation.access import SYSTEM, acting_as

    with acting_as(SYSTEM):
        return model.objects.count()


def _client(cookie: str, team: UUID, doors: list[UUID], seed: int):
    """A function that makes one batch after the other, over the team's doors again and again."""
    from linli.campaigns.models import Outcome
    from linli.foundation import clock

    draw, numbers = random.Random(seed), count()
    head = (
        f"POST /api/v1/campaigns/teams/{team}/visits HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    )
    head += f"Cookie: {cookie}\r\nX-CSRFToken: {_served.CSRF}\r\n"
    adult = {"name": "小李", "age_band": "age_18_59", "symptoms": ["none"], "fever": 0, "chronic_medicine": "no"}
    answers = {
        "answered_by": "member",
        "people_at_home": 3,
        "member": [adult] * 3,
        "members_listed": 3,
        "fevers": 0,
        "contact": {"contact_with_case": "no", "away_14_days": "no"},
        "needs": ["none"],
        "gas_smell": "no",
    }

    def make() -> bytes:
        now = clock.now().isoformat()
        visits = [
            {
                "id": str(uuid4()),
                "door": str(doors[number % len(doors)]),
                "outcome": draw.choice(Outcome.values),
                "visited_at": now,
                "answers": answers,
            }
            for number in islice(numbers, BATCH)
        ]
        body = json.dumps({"device": str(UUID(int=seed)), "sent_at": now, "visits": visits}).encode()
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    return make


def _read(port: int, campaign, desk: str, phones):
    from linli.campaigns.models import Share
    from linli.foundation.access import SYSTEM, acting_as
    from linli.territory import queries as territory

    with acting_as(SYSTEM):
        city = territory.root().id
        building = Share.objects.filter(team=phones[0][1]).order_by("-doors")[0].building_id
    cookie, team, doors = phones[0]
    addresses = {
        "campaign.coverage_p95": (desk, f"{campaign.id}/coverage?unit={city}"),
        "campaign.building_p95": (desk, f"{campaign.id}/buildings/{building}"),
    }
    for name, (who, address) in addresses.items():
        request = _get(who, address)
        times = _served.ask_times(port, request, 43, 200)[3:]
        on = f"{_served.cores()}; one client, median {_served.quantile(times, 0.5) * 1000:.1f} ms"
        yield {"name": name, "value": round(_served.quantile(times, 0.95) * 1000, 1), "unit": "ms", "on": on}
    yield {
        "name": "campaign.phone_kb",
        "value": round(_size(port, _get(cookie, f"teams/{team}/doors")) / 1024 / len(doors) * 500, 1),
        "unit": "kB",
        "on": f"{len(doors)} doors of a team as the server sends them, not compressed, for 500",
    }


def _get(cookie: str, address: str) -> bytes:
    return f"GET /api/v1/campaigns/{address} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()


def _size(port: int, request: bytes) -> int:
    import socket

    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += line.recv(65536)
        head = answer.split(b"\r\n\r\n")[0]
        return _served._length(head + b"\r\n\r\n")
