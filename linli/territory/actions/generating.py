"""Generating what no register gives: finer boundaries, quarters, buildings, households and grids. All marked derived."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np
import shapely
from django.db import connection
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from linli.foundation import bulk
from linli.foundation.access import Actor
from linli.territory import pack
from linli.territory.actions.common import changed, record, require, set_boundaries, write
from linli.territory.actions.loading import load
from linli.territory.errors import AlreadyGenerated, WrongLevel, WrongScale
from linli.territory.generate import housing, layout, mixture
from linli.territory.generate.mixture import AREA_420, Integers, Quarters
from linli.territory.generate.rows import UNIT_COLUMNS, City, Community, Rows
from linli.territory.models import Boundary, Household, Kind, Level, Unit

Progress = Callable[[str], None]
SOURCE = "linli city generate"
# Spread of the villages' sizes: sigma of the logarithm.
VILLAGE_SIGMA = 0.4


def _silent(text: str) -> None:
    """No progress wanted."""


@write
def load_pack(*, name: str, by: Actor, progress: Progress = _silent) -> dict[str, int]:
    """Load a shipped pack or a folder, and generate what it asks for, once. Returns what changed, in numbers."""
    given = pack.read(name)
    progress(f"{given.title}: {len(given.units)} units, {len(given.boundaries)} boundaries")
    report = load(
        units=given.units,
        boundaries=given.boundaries,
        day=given.valid_from,
        source=given.source,
        by=by,
        progress=progress,
    )
    derived = load(
        units=[], boundaries=given.derived_boundaries, day=given.valid_from, source=given.source, derived=True, by=by
    )
    numbers = {
        "opened": report.opened,
        "changed": report.changed + report.renamed + report.moved,
        "unchanged": report.unchanged,
        "boundaries": report.boundaries + derived.boundaries,
    }
    if given.generate:
        subdistrict = Unit.objects.get(code=given.derived_boundaries[0].code, valid_to=None)
        if not Unit.objects.filter(path__contains=[subdistrict.pk], level=Level.QUARTER).exists():
            numbers |= generate_subdistrict(
                subdistrict=subdistrict.pk,
                people=given.generate["people"],
                seed=given.generate["seed"],
                on=given.valid_from,
                by=by,
                progress=progress,
            )
    return numbers


@write
def generate_city(
    *, scale: float, seed: int, by: Actor, with_households: bool = True, progress: Progress = _silent
) -> dict[str, int]:
    """Fill Chengdu's real districts, subdistricts and communities with `scale` times the real numbers.

    The same seed gives the same city, ids included, on an empty database. Needs the right to edit everywhere.
    Households are most of the rows and of the time; what needs none may do without.
    """
    if not 0.01 <= scale <= 1:
        raise WrongScale
    require(by)
    given = pack.read("chengdu")
    load_pack(name="chengdu", by=by, progress=progress)
    drawn = pack.read("shuangqiaozi")
    load(units=drawn.units, boundaries=[], day=drawn.valid_from, source=drawn.source, by=by)
    load(units=[], boundaries=drawn.derived_boundaries, day=drawn.valid_from, source=drawn.source, derived=True, by=by)
    city = Unit.objects.get(code=given.units[0].code, valid_to=None)
    _refuse_twice(city)
    rng = np.random.default_rng(seed)
    communities = _derive_communities(city, given.valid_from, rng, progress)
    quarters = mixture.city(scale, rng)
    rural = [i for i, community in enumerate(communities) if community.rural]
    rural = sorted(rng.permutation(rural)[: max(round(len(rural) * scale), 1)].tolist())
    rural_people = mixture.fit_total(
        rng.lognormal(0.0, VILLAGE_SIGMA, len(rural)),
        round(mixture.MANAGED_PEOPLE * scale) - int(quarters.people.sum()),
    )
    urban = [i for i, community in enumerate(communities) if not community.rural]
    plan = Plan(city, communities, quarters, urban, np.array(rural, dtype=np.int64), rural_people)
    return _fill(plan, given.valid_from, rng, by, progress, with_households)


@write
def generate_subdistrict(
    *, subdistrict: UUID, people: int, seed: int, on: date, by: Actor, progress: Progress = _silent
) -> dict[str, int]:
    """Fill one old inner subdistrict with so many people: quarters, the 420 area among them, buildings, households, grids.

    Its communities must have label points or boundaries, or get places at random. The 420 area goes to its own
    community, in another subdistrict to the first one.
    """
    unit = Unit.objects.select_for_update().get(pk=subdistrict)
    require(by, unit.path)
    if unit.level != Level.SUBDISTRICT:
        raise WrongLevel(Level.QUARTER, unit.level)
    _refuse_twice(unit)
    rng = np.random.default_rng(seed)
    areas = _children_areas(unit, _extents([unit])[unit.pk], rng)
    set_boundaries({child.pk: area for child, area in areas}, day=on, source=SOURCE, derived=True)
    communities = [_community(child, area) for child, area in areas]
    quarters = mixture.subdistrict(people, rng)
    nobody = np.empty(0, dtype=np.int64)
    plan = Plan(unit, communities, quarters, list(range(len(communities))), nobody, nobody)
    return _fill(plan, on, rng, by, progress, with_households=True)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is filled with what: quarters go to the `urban` of the communities, people without quarters to the `rural`."""

    root: Unit
    communities: Sequence[Community]
    quarters: Quarters
    urban: Sequence[int]
    rural: Integers
    rural_people: Integers


def _refuse_twice(root: Unit) -> None:
    if Unit.objects.filter(path__contains=[root.pk], level=Level.QUARTER).exists():
        raise AlreadyGenerated(name=root.name)


def _extents(units: Sequence[Unit]) -> dict[UUID, BaseGeometry]:
    rows = Boundary.objects.filter(unit__in=units, valid_to=None).values_list("unit_id", "geometry")
    return {unit_id: shapely.from_wkb(bytes(geometry)) for unit_id, geometry in rows}


def _children_areas(parent: Unit, extent: BaseGeometry, rng: np.random.Generator) -> list[tuple[Unit, BaseGeometry]]:
    """The units below with their areas, drawn where they have none."""
    children = list(
        Unit.objects.filter(parent=parent, valid_to=None)
        .filter(level__in=[Level.SUBDISTRICT, Level.COMMUNITY])
        .order_by("code")
    )
    known = _extents(children)
    places = [
        layout.Child(
            code=child.code,
            point=None if child.lon is None or child.lat is None else (child.lon, child.lat),
            shape=known.get(child.pk),
            rural=child.kind in {Kind.TOWN, Kind.VILLAGE},
        )
        for child in children
    ]
    areas = layout.areas_within(extent, places, rng)
    return [(child, areas[child.code]) for child in children]


def _community(unit: Unit, area: BaseGeometry) -> Community:
    return Community(unit.pk, unit.code, unit.name, tuple(unit.path), area, unit.kind == Kind.VILLAGE)


def _derive_communities(city: Unit, day: date, rng: np.random.Generator, progress: Progress) -> list[Community]:
    """Areas of all subdistricts and communities, stored; the communities in the order of their codes."""
    districts = list(Unit.objects.filter(parent=city, valid_to=None).order_by("code"))
    extents = _extents(districts)
    drawn: dict[UUID, BaseGeometry] = {}
    communities = []
    for district in districts:
        for subdistrict, area in _children_areas(district, extents[district.pk], rng):
            drawn[subdistrict.pk] = area
            for community, own in _children_areas(subdistrict, area, rng):
                drawn[community.pk] = own
                communities.append(_community(community, own))
    set_boundaries(drawn, day=day, source=SOURCE, derived=True)
    progress(f"{len(drawn)} boundaries of subdistricts and communities derived")
    return communities


def _fill(
    plan: Plan, day: date, rng: np.random.Generator, by: Actor, progress: Progress, with_households: bool
) -> dict[str, int]:
    city = _drawn(plan, rng, progress)
    rows = Rows(city, day, rng)
    counts = {"quarters": bulk.insert(Unit, UNIT_COLUMNS, rows.quarters())}
    shapes_of = dict(zip(rows.quarter_ids, city.shapes, strict=True))
    set_boundaries(shapes_of, day=day, source=SOURCE, derived=True)
    progress(f"{counts['quarters']} quarters written")
    counts["homes"] = bulk.insert(Unit, UNIT_COLUMNS, rows.homes())
    progress(f"{counts['homes']} buildings and linpan written")
    counts["grids"] = bulk.insert(Unit, UNIT_COLUMNS, rows.grids())
    progress(f"{counts['grids']} grids written")
    counts["households"] = _write_households(rows, progress) if with_households else 0
    _sum_up(plan.root)
    record(plan.root, "generated", by, SOURCE, counts)
    changed("generated")
    return counts


def _write_households(rows: Rows, progress: Progress) -> int:
    # References are checked with each piece: all at the end would be a minute without a sign of life.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    written = 0
    for records in rows.households():
        written += bulk.insert_records(Household, records)
        progress(f"{written} of {rows.household_count} households written")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return written


def _drawn(plan: Plan, rng: np.random.Generator, progress: Progress) -> City:
    """Everything decided, nothing written."""
    urban = np.array(plan.urban, dtype=np.int64)
    middles = np.array([plan.communities[i].shape.centroid.coords[0] for i in plan.urban])
    codes = [plan.communities[i].code for i in plan.urban]
    home_of_420 = codes.index(AREA_420.community) if AREA_420.community in codes else 0
    weights = layout.density(middles)
    # It is nearly filled by the 420 area: few others fit.
    weights[home_of_420] /= 5
    community_of = urban[layout.share_out(len(plan.quarters.people), weights, rng)]
    community_of[0] = urban[home_of_420]
    quarter_shapes = _quarter_shapes(plan, community_of, rng)
    progress(f"{len(quarter_shapes)} quarters placed")
    people = np.concatenate([plan.quarters.people, plan.rural_people])
    households = housing.households(people)
    own = len(plan.quarters.people)
    homes = housing.homes(
        community_of, plan.quarters.kinds, plan.quarters.people, households[:own],
        plan.rural, plan.rural_people, households[own:],
    )  # fmt: skip
    village_shapes = np.array([community.shape for community in plan.communities], dtype=object)
    areas = np.where(homes.quarter >= 0, quarter_shapes[homes.quarter], village_shapes[homes.community])
    points = layout.points_in(areas, rng)
    progress(f"{len(points)} buildings and linpan placed")
    return City(
        plan.communities, plan.quarters, community_of, quarter_shapes, homes, points[:, 0], points[:, 1],
        housing.grids(homes),
    )  # fmt: skip


def _quarter_shapes(plan: Plan, community_of: Integers, rng: np.random.Generator) -> NDArray[np.object_]:
    found = np.empty(len(community_of), dtype=object)
    for place in np.unique(community_of):
        own = np.flatnonzero(community_of == place)
        found[own] = layout.quarters_within(
            plan.communities[place].shape,
            plan.quarters.kinds[own],
            plan.quarters.people[own],
            rng,
            with_420=bool(own[0] == 0),
        )
    return found


# People of a community: those of its quarters and linpan; above it, of the units below. Ordinary and general grids: of
# their micro-grids.
_SUMS = """
UPDATE territory_unit AS above SET managed_population = sums.people
FROM (
    SELECT parent_id, sum(managed_population) AS people FROM territory_unit
    WHERE level = ANY(%s) AND path @> ARRAY[%s]::uuid[] AND valid_to IS NULL GROUP BY parent_id
) AS sums
WHERE above.id = sums.parent_id
"""


def _sum_up(root: Unit) -> None:
    """Managed population of the units above quarters, villages' homes and micro-grids, up to `root`."""
    steps = [[Level.QUARTER, Level.LINPAN], [Level.COMMUNITY], [Level.SUBDISTRICT], [Level.DISTRICT]]
    upwards = steps[: 2 if root.level == Level.SUBDISTRICT else 4]
    with connection.cursor() as cursor:
        # The planner's statistics know nothing yet of the rows of this transaction.
        cursor.execute("SET LOCAL enable_nestloop = off")
        for levels in [[Level.MICRO_GRID], [Level.ORDINARY_GRID], *upwards]:
            cursor.execute(_SUMS, [[level.value for level in levels], root.pk])
        cursor.execute("SET LOCAL enable_nestloop = on")
