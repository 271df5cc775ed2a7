"""The roster from a table: each row's fate in a dry run, then exactly those rows or none (`foundation/imports.py`).

A row is new, or the same person in the same unit is on the roster already: then it stays as it is. Names are told masked: the
report of an import is kept longer than an emergency lasts.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linli.campaigns import queries
from linli.campaigns.actions import NewMember, enlist
from linli.campaigns.models import MemberKind
from linli.campaigns.rules import Act
from linli.foundation import imports
from linli.foundation.imports import Examined, Importer, RowFate, Upload
from linli.foundation.models import Fate
from linli.foundation.privacy import mask_name, mask_phone
from linli.foundation.tabular import ImportProblems, ImportRefused, Row, is_one_line, read_table
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

ROSTER = "campaigns.roster"
ALIASES = {
    "单位": "unit", "辖区": "unit", "社区": "unit", "人员类别": "kind", "类别": "kind", "姓名": "name", "电话": "phone", "手机号": "phone",
    "所属机构": "organisation", "机构": "organisation", "技能": "skills",
}  # fmt: skip
REQUIRED = ("unit", "kind", "name")
MOST_SKILLS, MOST_LETTERS = 10, 32
_ALONE = 0x726F73746572  # "roster"


def register() -> None:
    imports.register(Importer(ROSTER, gettext_lazy("a roster"), examine, apply, alone))


def alone() -> None:
    """One import of rosters at a time, up to its commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ALONE])


def examine(upload: Upload) -> Examined:
    """Raises `UnreadableTable`, `NotAllowed`."""
    queries.require(upload.by, Act.RUN, UUID(upload.asked["unit"]))
    try:
        found, problems = _read(upload)
    except ImportRefused as refusal:
        return Examined(imports.wrong_rows(refusal.problems, {}, ALIASES))
    wrong = imports.wrong_rows(list(problems), {}, ALIASES)
    spoilt = {fate.number for fate in wrong}
    known = _known(upload)
    fates = []
    for position, (number, member) in enumerate(found, start=1):
        upload.say(_("Comparing with the roster"), position, len(found))
        if number not in spoilt:
            is_known = _key(member.unit, member.name, member.phone) in known
            fates.append(RowFate(number, Fate.SAME if is_known else Fate.NEW, _about(member)))
    unchanged = bool(fates) and not wrong and all(fate.fate is Fate.SAME for fate in fates)
    return Examined(sorted([*wrong, *fates], key=lambda fate: fate.number), applied=unchanged)


def apply(upload: Upload) -> str:
    """Enlists whoever is not on the roster yet. Returns where it shows."""
    found, _problems = _read(upload)
    known = _known(upload)
    fresh = [member for _number, member in found if _key(member.unit, member.name, member.phone) not in known]
    enlist(members=fresh, by=upload.by)
    return f"/control/roster/?unit={upload.asked['unit']}"


def _about(member: NewMember) -> str:
    return " · ".join(
        filter(None, [mask_name(member.name), mask_phone(member.phone), str(MemberKind(member.kind).label)])
    )


def _key(unit: UUID, name: str, phone: str) -> tuple[UUID, str, str]:
    return (unit, name, phone)


def _known(upload: Upload) -> set[tuple[UUID, str, str]]:
    """Who is on the roster of the unit; names are encrypted, so they are opened and compared."""
    rows = queries.roster(upload.by, UUID(upload.asked["unit"])).only("unit_id", "name", "phone")
    return {_key(row.unit_id, row.name, row.phone) for row in rows.iterator(chunk_size=10_000)}


def _read(upload: Upload) -> tuple[list[tuple[int, NewMember]], ImportProblems]:
    """What each row says, by its number, and what is wrong. Raises `UnreadableTable`, `ImportRefused`."""
    upload.say(_("Reading the file"))
    table = read_table(upload.data, upload.filename, required=REQUIRED, aliases=ALIASES)
    top = territory.unit(UUID(upload.asked["unit"]))
    units = {unit.code: unit for unit in territory.index().units if top.id in unit.path}
    # A name that two units bear says nothing.
    named: dict[str, UnitInfo | None] = {}
    for unit in units.values():
        named[unit.name] = None if unit.name in named else unit
    problems, seen = ImportProblems(), set()
    found = []
    for row in table.rows:
        member = _member(row, units, named, problems)
        if member is None:
            continue
        key = _key(member.unit, member.name, member.phone)
        if key in seen:
            problems.add(row.number, "name", _("stands in this file twice, in the same unit. Delete one of the rows."))
        seen.add(key)
        found.append((row.number, member))
    return found, problems


def _member(
    row: Row, units: Mapping[str, UnitInfo], named: Mapping[str, UnitInfo | None], problems: ImportProblems
) -> NewMember | None:
    unit = units.get(row["unit"]) or named.get(row["unit"])
    kind = KINDS.get(row["kind"]) or next((kind for kind in MemberKind if row["kind"] == str(kind.label)), "")
    skills = skills_of(row["skills"])
    wrong = [
        ("unit", unit is None, _("is no unit of this area, or two bear this name. Write its code.")),
        ("kind", not kind, _("is none of: %(kinds)s.") % {"kinds": ", ".join(str(kind.label) for kind in MemberKind)}),
        ("name", not 1 <= len(row["name"]) <= 60 or not is_one_line(row["name"]), _("has to have 1 to 60 letters.")),
        ("phone", not _is_phone(row["phone"]), _("is no telephone number: digits, blanks, + and - alone, at most 20.")),
        ("organisation", len(row["organisation"]) > 120, _("is longer than 120 letters.")),
        ("skills", not are_skills(skills), _("are at most ten, of 32 letters each.")),
    ]  # fmt: skip
    for column, is_wrong, message in wrong:
        if is_wrong:
            problems.add(row.number, column, message)
    if unit is None or any(is_wrong for _column, is_wrong, _message in wrong):
        return None
    return NewMember(unit.id, str(kind), row["name"], row["phone"], row["organisation"], skills)


# As the kinds are called in either language, whichever the file is written in.
KINDS: dict[str, str] = {
    **{kind.value: kind.value for kind in MemberKind},
    "机关干部": MemberKind.CADRE, "社区工作者": MemberKind.COMMUNITY_WORKER, "志愿者": MemberKind.VOLUNTEER,
    "物业人员": MemberKind.PROPERTY_STAFF, "社会组织": MemberKind.SOCIAL_ORG,
}  # fmt: skip


def skills_of(text: str) -> list[str]:
    for sign in "，、；;":
        text = text.replace(sign, ",")
    return list(dict.fromkeys(skill.strip() for skill in text.split(",") if skill.strip()))


def are_skills(skills: Sequence[str]) -> bool:
    return len(skills) <= MOST_SKILLS and all(len(skill) <= MOST_LETTERS for skill in skills)


def _is_phone(text: str) -> bool:
    return len(text) <= 20 and all(sign in "0123456789+- " for sign in text)


HEADINGS: Sequence[tuple[str | Promise, str]] = (
    (gettext_lazy("Needed"), "单位（unit）、类别（kind）、姓名（name）"),
    (gettext_lazy("Also read"), "电话（phone）、机构（organisation）、技能（skills）"),
)
