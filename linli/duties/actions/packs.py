"""Loading a city pack: its classes, bodies and lists. What is there already is left as it is."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from linli.duties import packs, tables
from linli.duties.actions import catalogue, lists, stages
from linli.duties.models import DutyList, ListKind, StageLimit
from linli.duties.packs import Part
from linli.duties.tables import Reader
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.models import Entry
from linli.foundation.tabular import ImportProblems, read_table
from linli.people import queries as people
from linli.people.actions import bodies
from linli.people.models import BodyKind
from linli.territory import queries as territory
from linli.territory.errors import UnknownUnit


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows of each kind were added."""

    classes: int = 0
    stages: int = 0
    bodies: int = 0
    lists: int = 0


def load_pack(name: str, *, by: Actor) -> Loaded:
    """Load what of the pack is not there yet, in one transaction; a second call changes nothing.

    The territory must have been loaded. Raises `UnknownPack`, `UnknownUnit`, `ImportRefused`, `NotAllowed`.
    """
    added = {"classes": 0, "stages": 0, "bodies": 0, "lists": 0}
    with transaction.atomic():
        for part in packs.parts(name):
            if part.kind == "classes":
                added["classes"] += _load_classes(part, by)
            elif part.kind == "stages":
                added["stages"] += _load_stages(part, by)
            elif part.kind == "bodies":
                added["bodies"] += _load_bodies(part, by)
            else:
                added["lists"] += _load_list(part, by)
    return Loaded(**added)


def _load_classes(part: Part, by: Actor) -> int:
    """Limits hold from the pack's day. A city that has changed a class since keeps its change."""
    found = catalogue.import_classes(
        file=part.path, filename=part.path.name, by=by, since=_since(part), reason=part.source, only_new=True
    )
    return found.added


def _load_stages(part: Part, by: Actor) -> int:
    """What is promised of the stages; a stage of which something was promised before, or is now, is left as it is.

    Since the pack's day where no case was ever reported, else from now on: what waits was never promised anything.
    """
    table, problems = read_table(part.path, required=tables.STAGE_COLUMNS), ImportProblems()
    new = [row for row in table.rows if not StageLimit.objects.filter(stage=row["stage"]).exists()]
    with acting_as(SYSTEM):
        since = None if Entry.objects.filter(subject_type="case").exists() else _since(part)
    for row in new:
        amount, kind = Reader(row, problems).amount("limit"), Reader(row, problems).limit_kind("limit_kind")
        problems.raise_if_any()
        if amount is not None and kind is not None:
            promised = stages.Promised(amount, kind)
            stages.set_stage(stage=row["stage"], promised=promised, by=by, reason=part.source, since=since)
    return len(new)


def _since(part: Part) -> datetime:
    return datetime.combine(part.valid_from, time(), ZoneInfo(settings.TIME_ZONE)).astimezone(UTC)


def _load_bodies(part: Part, by: Actor) -> int:
    table = read_table(part.path, required=tables.BODY_COLUMNS)
    units = territory.find_by_codes({row["unit"] for row in table.rows})
    ids = {body.code: body.id for body in people.bodies()}
    problems = ImportProblems()
    new = [row for row in table.rows if row["code"] not in ids]
    for row in new:
        Reader(row, problems).known(
            "unit", units, _("there is no unit with the code %(code)s on the day the list begins.")
        )
    problems.raise_if_any()
    for row in new:
        body = bodies.create_body(
            code=row["code"],
            name=row["name"],
            name_en=row["name_en"],
            kind=BodyKind(row["kind"]),
            unit=units[row["unit"]].id,
            parent=ids[row["parent"]] if row["parent"] else None,
            by=by,
        )
        ids[body.code] = body.id
    return len(new)


def _load_list(part: Part, by: Actor) -> int:
    unit = territory.find_by_code(part.unit_code)
    if unit is None:
        raise UnknownUnit(unit=part.unit_code)
    if DutyList.objects.filter(kind=part.kind, unit=unit.id, version=part.version).exists():
        return 0
    lists.import_list(
        kind=ListKind(part.kind),
        file=part.path,
        filename=part.path.name,
        name=part.name,
        version=part.version,
        unit=unit.id,
        valid_from=part.valid_from,
        source=part.source,
        by=by,
    )
    return 1
