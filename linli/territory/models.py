"""Territory: units in their hierarchy, with dates; their boundaries; what became of closed ones; households.

A unit is a row for as long as it keeps its name and extent. It is opened on a day and closed on another (the period is
half-open: a unit is no longer valid on the day it is closed). Where a unit is moved under another parent it keeps its
id, its path is the present one, and the former one is kept as a `FormerPlacement`.
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal


class Level(models.TextChoices):
    """From the root down. Buildings and linpan hold households; the grids are a second tree below the community."""

    CITY = "city", _("City")
    DISTRICT = "district", _("District")
    SUBDISTRICT = "subdistrict", _("Subdistrict or town")
    COMMUNITY = "community", _("Community or village")
    QUARTER = "quarter", _("Quarter")
    BUILDING = "building", _("Building")
    LINPAN = "linpan", _("Linpan")
    GENERAL_GRID = "general_grid", _("General grid")
    ORDINARY_GRID = "ordinary_grid", _("Ordinary grid")
    MICRO_GRID = "micro_grid", _("Micro-grid")
    DEDICATED_GRID = "dedicated_grid", _("Dedicated grid")


# Which level a unit's parent must have.
PARENT_LEVEL: dict[Level, Level] = {
    Level.DISTRICT: Level.CITY,
    Level.SUBDISTRICT: Level.DISTRICT,
    Level.COMMUNITY: Level.SUBDISTRICT,
    Level.QUARTER: Level.COMMUNITY,
    Level.BUILDING: Level.QUARTER,
    Level.LINPAN: Level.COMMUNITY,
    Level.GENERAL_GRID: Level.COMMUNITY,
    Level.ORDINARY_GRID: Level.GENERAL_GRID,
    Level.MICRO_GRID: Level.ORDINARY_GRID,
    Level.DEDICATED_GRID: Level.COMMUNITY,
}

# The levels that a point is located to, coarse to fine.
LOCATED_LEVELS = (Level.CITY, Level.DISTRICT, Level.SUBDISTRICT, Level.COMMUNITY, Level.QUARTER)
# The grids that hold what is nearest to their point, coarse to fine.
NEAREST_LEVELS = (Level.GENERAL_GRID, Level.ORDINARY_GRID, Level.MICRO_GRID)


class Kind(models.TextChoices):
    """What sort of unit of its level: a town or a subdistrict, a village or a community, a quarter's kind."""

    NONE = "", ""
    SUBDISTRICT = "subdistrict", _("Subdistrict")
    TOWN = "town", _("Town")
    COMMUNITY = "community", _("Community")
    VILLAGE = "village", _("Village")
    COMMODITY = "commodity", _("Commodity-housing quarter")
    OLD_COURTYARD = "old_courtyard", _("Old courtyard")
    RESETTLEMENT = "resettlement", _("Resettlement quarter")
    WORK_UNIT = "work_unit", _("Work-unit living area")


QUARTER_KINDS = (Kind.COMMODITY, Kind.OLD_COURTYARD, Kind.RESETTLEMENT, Kind.WORK_UNIT)
# The kinds that a level has; the others have none.
KINDS_OF: dict[Level, tuple[Kind, ...]] = {
    Level.SUBDISTRICT: (Kind.SUBDISTRICT, Kind.TOWN),
    Level.COMMUNITY: (Kind.COMMUNITY, Kind.VILLAGE),
    Level.QUARTER: QUARTER_KINDS,
}


class _Period(Func):
    """The days from `valid_from` up to, and without, `valid_to`."""

    function = "daterange"
    output_field = DateRangeField()


def _period() -> _Period:
    return _Period(F("valid_from"), F("valid_to"))


def _dates_in_order(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name=name)


class Unit(models.Model):
    """A unit of the territory. `lon`, `lat` (WGS84 degrees) are the point for its label."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Statistical code (GB/T 2260 and its extension): 4 digits city, 6 district, 9 subdistrict, 12 community; below that
    # the community's code and own figures (quarter -Q001, building -Q001-B01, grids -G, -G01, -G01-001, linpan -L01).
    code = models.CharField(max_length=40)
    level = models.CharField(max_length=20, choices=Level.choices)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.NONE, blank=True)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, default="", blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    # Ids of its ancestors, root first, itself last.
    path = ArrayField(models.UUIDField())
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    managed_population = models.PositiveIntegerField(null=True, blank=True)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    # Made by the generator or derived from points, not taken from a register.
    derived = models.BooleanField(default=False)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="unit_one_per_code_at_a_time",
                expressions=[("code", RangeOperators.EQUAL), (_period(), RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=Q(level=Level.CITY, parent=None) | (~Q(level=Level.CITY) & ~Q(parent=None)),
                name="unit_only_cities_are_roots",
            ),
            models.CheckConstraint(
                condition=Q(lon=None, lat=None) | Q(lon__range=(-180, 180), lat__range=(-90, 90)),
                name="unit_label_on_earth",
            ),
            models.CheckConstraint(
                condition=~Q(level=Level.QUARTER) | Q(kind__in=QUARTER_KINDS), name="unit_quarter_has_a_kind"
            ),
            _dates_in_order("unit_dates_in_order"),
        ]
        indexes = [
            GinIndex(fields=["path"], name="unit_path"),
            models.Index(fields=["level"], name="unit_level"),
            # Buildings by their number, below the quarters that an address names.
            models.Index(
                fields=["parent", "name"], name="unit_parent_name", condition=Q(level__in=["building", "linpan"])
            ),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "code", "level", "kind", "name", "name_en", "parent", "path", "valid_from", "valid_to",
            "managed_population", "lon", "lat", "derived",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.name

    def name_in(self, language: str) -> str:
        """As `UnitInfo` says it."""
        return self.name if language.startswith("zh") or not self.name_en else self.name_en


class Boundary(models.Model):
    """A unit's extent for a period, WGS84. A unit has at most one at a time; the database refuses a second."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="boundaries")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200)
    derived = models.BooleanField(default=False)
    # OGC well-known binary of a Polygon or MultiPolygon, and its bounds for searching without reading it.
    geometry = models.BinaryField()
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="boundary_one_per_unit_at_a_time",
                expressions=[("unit", RangeOperators.EQUAL), (_period(), RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=Q(west__lt=F("east"), south__lt=F("north")), name="boundary_bounds_in_order"
            ),
            _dates_in_order("boundary_dates_in_order"),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "unit", "valid_from", "valid_to", "source", "derived", "geometry", "west", "south", "east", "north",
        }  # fmt: skip


class FormerPlacement(models.Model):
    """Where a unit belonged before it was moved: its parent and path up to, and without, `valid_to`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="former_placements")
    parent = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    path = ArrayField(models.UUIDField())
    valid_to = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "valid_to"], name="former_placement_once_a_day")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "unit", "parent", "path", "valid_to"}


class SuccessionKind(models.TextChoices):
    RENAMED = "renamed", _("Renamed")
    MERGED = "merged", _("Merged")
    SPLIT = "split", _("Split")


class Succession(models.Model):
    """What became of a closed unit: `old` lives on in `new` since the day `on`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    old = models.ForeignKey(Unit, models.PROTECT, related_name="successors")
    new = models.ForeignKey(Unit, models.PROTECT, related_name="predecessors")
    kind = models.CharField(max_length=10, choices=SuccessionKind.choices)
    on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["old", "new"], name="succession_once"),
            models.CheckConstraint(condition=~Q(old=F("new")), name="succession_to_another"),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "old", "new", "kind", "on"}


def door_label(entrance: int, floor: int, door: int) -> str:
    return f"{entrance}-{floor}{door:02}"


class Household(models.Model):
    """A door behind which a family lives: an address and a head count, no persons."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The building, or in a village the linpan.
    building = models.ForeignKey(Unit, models.PROTECT, related_name="households", db_index=False)
    micro_grid = models.ForeignKey(Unit, models.PROTECT, related_name="grid_households")
    entrance = models.PositiveSmallIntegerField()
    floor = models.SmallIntegerField()
    door = models.PositiveSmallIntegerField()
    members = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["building", "entrance", "floor", "door"], name="household_one_per_door"),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "building", "micro_grid", "entrance", "floor", "door", "members"}

    def __str__(self) -> str:
        return door_label(self.entrance, self.floor, self.door)


class FacilityKind(models.TextChoices):
    """What people go to: a closed list, so that maps, lists and files call it the same."""

    CLINIC = "clinic", _("Clinic")
    HOSPITAL = "hospital", _("Hospital")
    PHARMACY = "pharmacy", _("Pharmacy")
    MARKET = "market", _("Market")
    SCHOOL = "school", _("School")
    KINDERGARTEN = "kindergarten", _("Kindergarten")
    ELDER_CARE = "elder_care", _("Care for elders")
    CANTEEN = "canteen", _("Community canteen")
    TOILET = "toilet", _("Public toilet")
    PARK = "park", _("Park")
    POLICE = "police", _("Police station")
    FIRE_STATION = "fire_station", _("Fire station")
    SERVICE_CENTRE = "service_centre", _("Community service centre")
    SHELTER = "shelter", _("Emergency shelter")
    PARKING = "parking", _("Car park")
    BUS_STOP = "bus_stop", _("Bus stop")
    METRO = "metro", _("Metro station")
    LIBRARY = "library", _("Library")
    SPORTS = "sports", _("Sports ground")


class Facility(models.Model):
    """A place that people go to, as its source tells it. No unit: nothing is bound to it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.CharField(max_length=100)
    source_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=FacilityKind.choices)
    # Empty where it has none: many a public toilet.
    name = models.CharField(max_length=120, blank=True)
    name_en = models.CharField(max_length=120, blank=True)
    lon = models.FloatField()
    lat = models.FloatField()
    # The finest unit in which it lies.
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    address = models.CharField(max_length=200, blank=True)
    hours = models.CharField(max_length=200, blank=True)
    # Of the place, never of a person.
    phone = models.CharField(max_length=60, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "facilities"
        constraints = [
            models.UniqueConstraint(fields=["source", "source_id"], name="facility_once_of_a_source"),
            models.CheckConstraint(condition=Q(lon__range=(-180, 180), lat__range=(-90, 90)), name="facility_on_earth"),
            models.CheckConstraint(condition=Q(kind__in=FacilityKind.values), name="facility_kind_known"),
        ]
        indexes = [models.Index(fields=["lon", "lat"], name="facility_place", condition=Q(closed_at=None))]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "source", "source_id", "kind", "name", "name_en", "lon", "lat", "unit", "address", "hours", "phone", "closed_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.name or self.kind
