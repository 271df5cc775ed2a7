"""What the pages of joint control are measured with: doors for the whole city, a screening of them at work, a city's roster, premises.

Visits are written by the database itself, with what follows from them (doors, counts of buildings), as `_million` writes cases.
"""

import random
from datetime import timedelta

import psycopg

from bench import campaign
from linli.foundation.database import embedded, urls

# Of the city's 7.4 million doors; the roster is as large as a city's.
SCALE = 0.1
# Of the roster, those in the screening's teams, so that a team has the doors of some days.
IN_TEAMS = 30_000
VISITED, ASIDE = 0.6, 0.005
PREMISES = 5_000
SEED = 1

# Rows are written as the owner, whom row security does not bind; every constraint and index of the tables holds.
VISITS = """
INSERT INTO campaigns_door (
    campaign_id, door, building_id, community_id, found, label, outcome, visits, visited_at, submission, teams
)
SELECT share.campaign_id, home.id, share.building_id, share.community_id, false, '',
    (ARRAY['done', 'done', 'done', 'done', 'refused', 'moved', 'nobody_home', 'nobody_home', 'unsafe'])[1 + floor(random() * 9)::int],
    1, now() - random() * interval '6 hours', uuidv7(), ARRAY[share.team_id]
FROM campaigns_share AS share JOIN territory_household AS home ON home.building_id = share.building_id
    AND home.entrance = share.entrance AND home.floor BETWEEN share.floor_from AND share.floor_to
WHERE share.taken_at IS NULL AND random() < %(visited)s;

INSERT INTO campaigns_submission (
    id, campaign_id, team_id, door, building_id, community_id, found, outcome, aside, visited_at, received_at, device, answers, note,
    digest
)
SELECT CASE WHEN aside = '' THEN submission ELSE uuidv7() END, campaign_id, teams[1], door, building_id, community_id, false,
    outcome, aside, visited_at, visited_at, teams[1], '', '', '\\x00'
FROM campaigns_door, unnest(ARRAY['', 'not_yours']) AS aside WHERE aside = '' OR random() < %(aside)s;

UPDATE campaigns_tally AS tally SET
    done = counted.done, refused = counted.refused, moved = counted.moved, nobody_home = counted.nobody_home, unsafe = counted.unsafe,
    visits = counted.visits, aside = counted.aside
FROM (
    SELECT building_id, count(*) FILTER (WHERE counts) AS visits, count(*) FILTER (WHERE NOT counts) AS aside,
        count(*) FILTER (WHERE counts AND outcome = 'done') AS done,
        count(*) FILTER (WHERE counts AND outcome = 'refused') AS refused,
        count(*) FILTER (WHERE counts AND outcome = 'moved') AS moved,
        count(*) FILTER (WHERE counts AND outcome = 'nobody_home') AS nobody_home,
        count(*) FILTER (WHERE counts AND outcome = 'unsafe') AS unsafe
    FROM (SELECT building_id, outcome, aside = '' AS counts FROM campaigns_submission) AS visit GROUP BY building_id
) AS counted
WHERE tally.building_id = counted.building_id;

INSERT INTO campaigns_hourtally (campaign_id, community_id, hour, reached)
SELECT campaign_id, community_id, date_trunc('hour', visited_at), count(*) FROM campaigns_door
WHERE outcome IN ('done', 'refused', 'moved') GROUP BY 1, 2, 3;

UPDATE campaigns_team SET synced_at = now() - random() * interval '4 hours';
"""
TABLES = (
    "territory_unit", "territory_household", "campaigns_member", "campaigns_membership", "campaigns_team", "campaigns_share",
    "campaigns_tally", "campaigns_communitytally", "campaigns_hourtally", "campaigns_districthour", "campaigns_memberskill",
    "campaigns_door", "campaigns_submission", "campaigns_premises",
)  # fmt: skip


def store(progress) -> None:
    """A screening of the whole city, a day old. Call it as SYSTEM, on a territory without buildings."""
    from linli.campaigns import actions
    from linli.foundation.access import SYSTEM
    from linli.territory import actions as territory

    with progress.step("Building homes"):
        territory.generate_city(scale=SCALE, seed=SEED, by=SYSTEM, progress=progress.say)
    with progress.step("Enlisting, forming teams, dividing doors"):
        listed = campaign.roster(campaign.PEOPLE)
        running, _divided = campaign.assigned(listed[:IN_TEAMS])
        campaign.with_form(running)
        actions.enlist(members=listed[IN_TEAMS:], by=SYSTEM)
    _premises()
    place = embedded.cluster()
    with (
        progress.step("Visiting doors"),
        psycopg.connect(host=str(place.socket_dir), user=urls.OWNER_ROLE, dbname=urls.NAME, autocommit=True) as owner,
    ):
        owner.execute(psycopg.ClientCursor(owner).mogrify(VISITS, {"visited": VISITED, "aside": ASIDE}))
        for table in TABLES:
            owner.execute(f"VACUUM (ANALYZE) {table}")


def _premises() -> None:
    from django.db import transaction

    from linli.campaigns.models import Premises, PremisesKind, Standing
    from linli.foundation import bulk, clock, privacy
    from linli.foundation.ids import uuid7
    from linli.territory import queries as territory

    draw = random.Random(SEED)
    communities = [unit.id for unit in territory.index().units if unit.level == "community"]
    columns = (
        "id",
        "name",
        "kind",
        "unit_id",
        "address",
        "responsible",
        "phone",
        "commitments",
        "standing",
        "version",
        "registered_at",
    )
    words = [privacy.encrypt("王先生", f"campaigns_premises.{name}") for name in ("address", "responsible", "phone")]
    rows = (
        (uuid7(), f"便民超市{number}", draw.choice(PremisesKind.values), draw.choice(communities), *words, "每日消毒",
         draw.choice(Standing.values), 1, clock.now() - timedelta(hours=1))
        for number in range(PREMISES)
    )  # fmt: skip
    with transaction.atomic():
        bulk.insert(Premises, columns, rows)


def call_in(unit) -> str:
    """People are called to a unit; gives the call's id. Call it as SYSTEM."""
    from linli.campaigns.actions import calling
    from linli.campaigns.models import Declaration
    from linli.foundation import clock
    from linli.foundation.access import SYSTEM

    now = clock.now()
    new = calling.NewCall(Declaration.objects.get().pk, unit.id, 500, "到社区居委会集合", now, now + timedelta(hours=8))
    return str(calling.call(new=new, by=SYSTEM).pk)


def in_unit(unit) -> dict[str, str]:
    """Something of each kind that has a page of its own, in a unit. Call it as SYSTEM."""
    from linli.campaigns.models import Campaign, Door, Premises, Tally, Team

    running = Campaign.objects.get()
    inside = {"campaign": running, "unit__path__contains": [unit.id]}
    building = Tally.objects.filter(campaign=running, building__path__contains=[unit.id]).order_by("-doors")[0]
    return {
        "declaration": str(running.declaration_id),
        "screening": str(running.pk),
        "building": str(building.building_id),
        "door": str(Door.objects.filter(campaign=running, building=building.building_id).order_by("door")[0].door),
        "team": str(Team.objects.filter(**inside).order_by("number")[0].pk),
        "premises": str(Premises.objects.filter(unit__path__contains=[unit.id]).order_by("pk")[0].pk),
        "call": call_in(unit),
    }
