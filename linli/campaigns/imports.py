"""The roster from a table: each row's fate in a dry run, then exactly those rows or none (`foundation/imports.py`).

A row is new, or the same person in the same unit is on the roster already: then it stays as it is. So it does where their phone is on the
roster already, in whichever unit and under whichever name: one phone is one helper, and nobody is in two places. Names are told masked: the
report of an import is kept longer than an emergency lasts.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import time, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from linli.campaigns import queries
from linli.campaigns.actions import NewMember, enlist, shifts, use
from linli.campaigns.errors import NotInForce
from linli.campaigns.models import Declaration, MemberKind, Power
from linli.campaigns.queries.roster import with_phones
from linli.campaigns.rules import Act, phone_key
from linli.foundation import clock, imports
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.imports import Examined, Importer, RowFate, Upload
from linli.foundation.models import Fate
from linli.foundation.privacy import mask_name, mask_phone
from linli.foundation.progress import counted
from linli.foundation.tabular import ImportProblems, ImportRefused, Row, is_one_line, read_table
from linli.territory import queries as territory
from linli.territory.index import UnitInfo

ROSTER = "campaigns.roster"
ALIASES = {
    "单位": "unit", "辖区": "unit", "社区": "unit", "人员类别": "kind", "类别": "kind", "姓名": "name", "电话": "phone", "手机号": "phone",
    "所属机构": "organisation", "机构": "organisation", "技能": "skills", "班次": "shift", "值班时间": "shift",
}  # fmt: skip
REQUIRED = ("unit", "kind", "name")
MOST_SKILLS, MOST_LETTERS = 10, 32
# Shifts of a table are given for a week; a longer plan is made anew, when one knows who is still there.
DAYS, MOST_ON_DUTY = 7, 30_000
Hours = tuple[time, time]
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
    known, elsewhere = _known(upload), _elsewhere(found)
    fates = []
    for position, (number, member, hours) in enumerate(found, start=1):
        upload.say(_("Comparing with the roster"), position, len(found))
        if number not in spoilt:
            is_known = _key(member.unit, member.name, member.phone) in known
            if not is_known and (unit := elsewhere.get(number)) is not None:
                fates.append(_one_helper(number, member, hours, unit))
                continue
            fate = (Fate.CHANGED if hours else Fate.SAME) if is_known else Fate.NEW
            fates.append(RowFate(number, fate, _about(member, hours)))
    # A shift cannot be given to an entry that this table does not mean.
    wrong += [fate for fate in fates if fate.fate is Fate.WRONG]
    fates = [fate for fate in fates if fate.fate is not Fate.WRONG]
    unchanged = bool(fates) and not wrong and all(fate.fate is Fate.SAME for fate in fates)
    return Examined(sorted([*wrong, *fates], key=lambda fate: fate.number), applied=unchanged)


def apply(upload: Upload) -> str:
    """Enlists whoever is not on the roster yet, and gives the shifts. Returns where it shows."""
    found, _problems = _read(upload)
    known, elsewhere = _known(upload), _elsewhere(found)
    fresh = [
        member
        for number, member, _hours in found
        if number not in elsewhere and _key(member.unit, member.name, member.phone) not in known
    ]
    if fresh:
        enlist(members=fresh, by=upload.by)
    on_duty = [(member, hours) for _number, member, hours in found if hours]
    if on_duty:
        _give_shifts(upload, on_duty)
    return f"/control/roster/?unit={upload.asked['unit']}"


def _elsewhere(found: Sequence[tuple[int, NewMember, Hours | None]]) -> dict[int, UUID]:
    """By row: in which unit its phone is on the roster."""
    phones = {number: phone_key(member.phone) for number, member, _hours in found}
    held = with_phones({one for one in phones.values() if one})
    return {number: held[one] for number, one in phones.items() if one in held}


def _one_helper(number: int, member: NewMember, hours: Hours | None, unit: UUID) -> RowFate:
    about = {"unit": territory.unit(unit).name}
    if hours:
        why = _(
            "This phone is on the roster already (%(unit)s): one phone is one helper. Take the shift out of this row, or give it there."
        )
        return RowFate(number, Fate.WRONG, _about(member, hours), reason=why % about)
    said = (
        _("this phone is on the roster already (%(unit)s): one phone is one helper, and the entry there stays") % about
    )
    return RowFate(number, Fate.SAME, f"{_about(member, hours)} · {said}")


def _give_shifts(upload: Upload, on_duty: Sequence[tuple[NewMember, Hours]]) -> None:
    """Each day of the week to come, of what ends while it is declared where they help. Who is on duty elsewhere then keeps that shift."""
    known, today, busy, too_late = _known(upload), timezone.localdate(clock.now()), 0, 0
    holds = {unit: _declared(unit) for unit in {member.unit for member, _hours in on_duty}}
    wanted: dict[tuple[UUID, UUID], list[tuple[UUID, shifts.Span]]] = defaultdict(list)
    for member, (begin, end) in on_duty:
        declared = holds[member.unit]
        # Looked at in the dry run; it may have ended since.
        if declared is None:
            raise NotInForce
        last = min(timezone.localdate(declared.ends_at), today + timedelta(days=DAYS - 1))
        person, spans = (
            known[_key(member.unit, member.name, member.phone)],
            shifts.Plan(today, last, begin, end).spans(),
        )
        coming = [span for span in spans if span[1] > clock.now()]
        lasting = [span for span in coming if shifts.lasts(declared, span)]
        too_late += len(coming) - len(lasting)
        wanted[declared.pk, member.unit] += [(person, span) for span in lasting]
    for (declaration, unit), given in wanted.items():
        subject = _("Shifts from a table")
        use(declaration=declaration, power=Power.CALL_UP, subject=subject, subject_id=unit, by=upload.by)
        with acting_as(SYSTEM):
            busy += shifts.store(declaration, unit, given).left_out
    upload.notes.extend(_left_out(busy, too_late))


def _left_out(busy: int, too_late: int) -> Iterator[str]:
    """How many shifts of a table were not given, and why."""
    if busy:
        yield ngettext(
            "%(count)s shift was left out: its member is on duty elsewhere at that time.",
            "%(count)s shifts were left out: their members are on duty elsewhere at that time.",
            busy,
        ) % {"count": f"{busy:,}"}
    if too_late:
        yield ngettext(
            "%(count)s shift was left out: joint control is over before it ends.",
            "%(count)s shifts were left out: joint control is over before they end.",
            too_late,
        ) % {"count": f"{too_late:,}"}


def _declared(unit: UUID) -> Declaration | None:
    """What lets people be called up there now."""
    return next((row for row in queries.in_force(unit) if Power.CALL_UP in row.powers), None)


def _about(member: NewMember, hours: Hours | None) -> str:
    said = f"{hours[0]:%H:%M}–{hours[1]:%H:%M}" if hours else ""
    return " · ".join(
        filter(None, [mask_name(member.name), mask_phone(member.phone), str(MemberKind(member.kind).label), said])
    )


def _key(unit: UUID, name: str, phone: str) -> tuple[UUID, str, str]:
    return (unit, name, phone)


def _known(upload: Upload) -> dict[tuple[UUID, str, str], UUID]:
    """Who is on the roster of the unit; names are encrypted, so they are opened and compared."""
    rows = queries.roster(upload.by, UUID(upload.asked["unit"])).only("unit_id", "name", "phone")
    return {_key(row.unit_id, row.name, row.phone): row.pk for row in rows.iterator(chunk_size=10_000)}


def _read(upload: Upload) -> tuple[list[tuple[int, NewMember, Hours | None]], ImportProblems]:
    """What each row says, by its number, and what is wrong. Raises `UnreadableTable`, `ImportRefused`."""
    table = read_table(upload.data, upload.filename, required=REQUIRED, aliases=ALIASES, say=upload.say)
    top = territory.unit(UUID(upload.asked["unit"]))
    units = {unit.code: unit for unit in territory.index().units if top.id in unit.path}
    # A name that two units bear says nothing.
    named: dict[str, UnitInfo | None] = {}
    for unit in units.values():
        named[unit.name] = None if unit.name in named else unit
    problems, seen, phones = ImportProblems(), set(), set[bytes]()
    found = []
    holds: dict[UUID, bool] = {}
    on_duty = 0
    for row in counted(table.rows, upload.say, _("Checking the rows")):
        member = _member(row, units, named, problems)
        if member is None:
            continue
        key = _key(member.unit, member.name, member.phone)
        if key in seen:
            problems.add(row.number, "name", _("stands in this file twice, in the same unit. Delete one of the rows."))
        elif (phone := phone_key(member.phone)) is not None:
            if phone in phones:
                said = _("stands in this file twice: one phone is one helper. Delete one of the rows.")
                problems.add(row.number, "phone", said)
            phones.add(phone)
        seen.add(key)
        hours = hours_of(row["shift"])
        if row["shift"] and hours is None:
            problems.add(row.number, "shift", _("are hours of a day, as 08:00-17:00."))
        elif hours and not holds.setdefault(member.unit, _declared(member.unit) is not None):
            problems.add(row.number, "shift", _("needs a declaration in force there that lets people be called up."))
        elif hours and (on_duty := on_duty + 1) == MOST_ON_DUTY + 1:
            problems.add(row.number, "shift", _("is one shift too many for one table. Split it."))
        found.append((row.number, member, hours))
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


def hours_of(text: str) -> Hours | None:
    """The hours of every day: 08:00-17:00, with any dash; a night ends in the next morning. None where it says none."""
    found = _HOURS.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", ""))
    if found is None:
        return None
    numbers = [int(part) for part in found.groups()]
    if max(numbers[0], numbers[2]) > 23 or max(numbers[1], numbers[3]) > 59 or numbers[:2] == numbers[2:]:
        return None
    return time(numbers[0], numbers[1]), time(numbers[2], numbers[3])


_HOURS = re.compile(r"(\d{1,2}):(\d{2})[-–—~至](\d{1,2}):(\d{2})")


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
    (
        gettext_lazy("Also read"),
        "电话（phone）、机构（organisation）、技能（skills）、班次（shift，如 08:00-17:00，未来七天）",
    ),
)
