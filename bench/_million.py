"""A million stored cases, made by the database itself from what the demo's stories tell, spread over the whole city.

At the city's own rate a million cases are 78 days. How old a case is tells how likely it is still open: 2 to 3 in 100 are.
Their timelines are left out: no list reads them.
"""

import random

import psycopg

from linli.foundation.database import embedded, urls

CASES = 1_000_000
PER_DAY = 12_800
# Days after which two thirds of the cases are closed.
OPEN_DAYS = 2.0
TABLES = ["cases_case", "cases_casetext"]
PLACES, TEXTS, PIECE = 12_000, 600, 50_000

# Rows are written as the owner, whom row security does not bind; every constraint and index of the tables holds.
CASE = """
INSERT INTO cases_case (
    id, number, state, version, channel, nature, priority, case_class_id, lon, lat, cell, district_id, subdistrict_id,
    community_id, units, anonymous, private, lead_body_id, bodies, reported_at, filed_at, dispatched_at, accepted_at,
    handled_at, closed_at, response_due_at, due_at, escalation, escalates_at, merged_from, cycle, supports, stars, solved,
    responded, entries, head, parts
)
SELECT
    uuidv7(reported_at - now()), 1000000 + n, state, 3, channel, nature, 'normal', class_id, lon, lat, cell, district_id,
    subdistrict_id, community_id, units, false, n %% 50 = 0, CASE WHEN state <> 'collected' THEN body_id END,
    CASE WHEN state <> 'collected' THEN ARRAY[body_id] ELSE '{}' END, reported_at,
    CASE WHEN state <> 'collected' THEN reported_at + interval '10 minutes' END,
    CASE WHEN state NOT IN ('collected', 'filed', 'declined') THEN reported_at + interval '20 minutes' END,
    CASE WHEN state IN ('accepted', 'handled', 'verified', 'closed', 'evaluated') THEN reported_at + interval '1 hour' END,
    CASE WHEN state IN ('handled', 'verified', 'closed', 'evaluated') THEN reported_at + took * interval '0.9 day' END,
    CASE WHEN NOT open THEN reported_at + took * interval '1 day' END,
    reported_at + interval '2 hours', reported_at + limit_days * interval '1 day', 0,
    CASE WHEN state IN ('filed', 'dispatched', 'accepted') THEN reported_at + limit_days * interval '12 hours' END,
    '', 1, 0, CASE WHEN state = 'evaluated' THEN 1 + n %% 5 END, CASE WHEN state = 'evaluated' THEN true END,
    CASE WHEN state = 'evaluated' THEN true END, 1, '\\x00', '\\x00'
FROM (
    SELECT n, places.*, texts.class_id, texts.body_id, texts.nature, reported_at, open,
        1 + random() * 4 AS limit_days, least(random() * 4, age) AS took,
        (ARRAY['hotline', 'hotline', 'hotline', 'app', 'mini_program', 'grid_worker', 'sensor'])[1 + floor(random() * 7)::int] AS channel,
        CASE
            WHEN open THEN (ARRAY['collected', 'filed', 'dispatched', 'dispatched', 'accepted', 'accepted', 'accepted', 'accepted',
                'handled', 'verified'])[1 + floor(random() * 10)::int]
            ELSE (ARRAY['declined', 'closed', 'closed', 'evaluated', 'evaluated', 'evaluated', 'evaluated'])[1 + floor(random() * 7)::int]
        END AS state
    FROM (
        SELECT n, age, random() < exp(-age / %(open_days)s) AS open, now() - age * interval '1 day' AS reported_at,
            1 + floor(random() * (SELECT count(*) FROM places))::int AS place_no,
            1 + n::bigint * 7919 %% (SELECT count(*) FROM texts) AS text_no
        FROM (SELECT n, n::float8 / %(per_day)s AS age FROM generate_series(%(first)s::int, %(last)s::int) AS n) AS numbered
    ) AS drawn JOIN places USING (place_no) JOIN texts USING (text_no)
) AS lives
"""
TEXT = """
INSERT INTO cases_casetext (case_id, title, description, address, search)
SELECT id, title, title, '', search::tsvector
FROM cases_case JOIN texts ON texts.text_no = 1 + (number - 1000000) * 7919 %% (SELECT count(*) FROM texts)
WHERE number BETWEEN 1000000 + %(first)s AND 1000000 + %(last)s
"""


def store(progress, cases: int = CASES) -> None:
    """Write the cases and their texts; the tables' statistics are fresh afterwards."""
    place = embedded.cluster()
    with psycopg.connect(host=str(place.socket_dir), user=urls.OWNER_ROLE, dbname=urls.NAME, autocommit=True) as owner:
        # The same cases in each run: without it a subdistrict had none in one of the states, one time in some hundred.
        owner.execute("SELECT setseed(0.5)")
        _tables(owner)
        indexes = _without_indexes(owner)
        with progress.step(f"Storing {cases:,} cases"):
            for first in range(1, cases + 1, PIECE):
                piece = {
                    "first": first,
                    "last": min(first + PIECE - 1, cases),
                    "open_days": OPEN_DAYS,
                    "per_day": PER_DAY,
                }
                owner.execute(CASE, piece)
                owner.execute(TEXT, piece)
                progress.count("cases", piece["last"], cases)
        with progress.step("Making the indexes again"):
            for index in indexes:
                owner.execute(index)
        with progress.step("Gathering statistics"):
            for table in TABLES:
                owner.execute(f"VACUUM (ANALYZE) {table}")


def _without_indexes(owner) -> list[str]:
    """Drop the indexes that no constraint needs, for as long as rows are written; gives the statements that make them again."""
    rows = owner.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexdef NOT LIKE 'CREATE UNIQUE%%'",
        [TABLES],
    ).fetchall()
    for name, _definition in rows:
        owner.execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in rows]


def _tables(owner) -> None:
    """Temporary tables of places and texts to draw from."""
    rng = random.Random(1)
    owner.execute(
        "CREATE TEMPORARY TABLE places (place_no int PRIMARY KEY, lon float8, lat float8, cell bigint, district_id uuid,"
        " subdistrict_id uuid, community_id uuid, units uuid[])"
    )
    owner.execute(
        "CREATE TEMPORARY TABLE texts (text_no int PRIMARY KEY, class_id uuid, body_id uuid, nature text, title text, search text)"
    )
    with owner.cursor() as cursor:
        with cursor.copy("COPY places FROM STDIN") as copy:
            for number, row in enumerate(_places(rng), start=1):
                copy.write_row((number, *row))
        with cursor.copy("COPY texts FROM STDIN") as copy:
            for number, row in enumerate(_texts(rng), start=1):
                copy.write_row((number, *row))
    owner.execute("ANALYZE places")
    owner.execute("ANALYZE texts")


def _places(rng: random.Random):
    """Points in every community: some communities bring many more cases than others."""
    from linli.cases.rules import cell_of
    from linli.territory import queries as territory

    communities = [unit for unit in territory.index().units if unit.level == "community"]
    weights = [rng.lognormvariate(0, 0.8) for _ in communities]
    for unit in rng.choices(communities, weights, k=PLACES):
        district, subdistrict, community = unit.path[1:4]
        lon, lat = 104.0 + rng.gauss(0, 0.15), 30.65 + rng.gauss(0, 0.12)
        yield lon, lat, cell_of(lon, lat), district, subdistrict, community, list(unit.path)


def _texts(rng: random.Random):
    """Stories told many times, each with its class, the body that leads it, and its words for the search."""
    from linli.cases.rules import search_vector
    from linli.demo.stories import Home, stories, told
    from linli.duties import queries as duties
    from linli.people import queries as people
    from linli.territory import queries as territory

    names = [unit.name for unit in territory.index().units if unit.level == "community"]
    bodies = [body.id for body in people.bodies()]
    weights = [story.weight for story in stories()]
    for story in rng.choices(stories(), weights, k=TEXTS):
        name = rng.choice(names)
        title = told(rng.choice(story.zh), Home(name, f"{name}{rng.randint(1, 60)}栋", None, 0, 0), rng)
        class_id = duties.minor_class(story.class_code).id
        yield class_id, rng.choice(bodies), story.nature, title[:120], search_vector(title)
