"""The API of this room: the catalogue, who is responsible and why, the lists, the calendar. Everyone may read it."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Form, Header, Query, Router, Status
from ninja.files import UploadedFile

from linli.duties import queries
from linli.duties.actions import catalogue, days, lists
from linli.duties.actions.catalogue import Terms
from linli.duties.book import ClassInfo
from linli.duties.errors import NoResponsibleBody, UnknownClass
from linli.duties.models import ClassKind, ListKind
from linli.duties.rules import amount_text
from linli.duties.schemas import (
    ClassDetailOut,
    ClassOut,
    Code,
    DayIn,
    DayOut,
    GapOut,
    ImportedClassesOut,
    ImportedOut,
    LimitsIn,
    ListEndIn,
    ListIn,
    ListOut,
    Moment,
    PriorityRef,
    ResponsibleOut,
    RowOut,
    UnitRef,
    VersionOut,
)
from linli.foundation.access import Actor, actor_of
from linli.foundation.errors import InvalidInput, NotFound
from linli.foundation.idempotency import carry_out, once
from linli.foundation.tabular import MAX_BYTES
from linli.territory import queries as territory
from linli.territory.errors import UnknownUnit
from linli.territory.index import Place, UnitInfo

router = Router(tags=["duties"])

Key = Annotated[str | None, Header(alias="Idempotency-Key", description="Carries the request out once only.")]
At = Annotated[Moment | None, Query(description="A moment of 1990 to 2109; now where it is left out.")]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("/classes", response=list[ClassOut])
def classes(
    request: HttpRequest,
    kind: ClassKind | None = None,
    q: Annotated[str, Query(max_length=100, description="Words of the code, name or keywords.")] = "",
    at: At = None,
) -> list[ClassOut]:
    """The catalogue by code: major classes, minor classes below them, with the limits of the moment."""
    return [ClassOut.of(info) for info in queries.classes(at) if (kind is None or info.kind == kind) and _has(info, q)]


def _has(info: ClassInfo, words: str) -> bool:
    text = " ".join((info.code, info.name, info.name_en, *info.keywords, *info.keywords_en)).casefold()
    return all(word in text for word in words.casefold().split())


@router.post("/classes/import", response=ImportedClassesOut)
def import_classes(request: HttpRequest, file: File[UploadedFile], dry_run: Form[bool] = False, key: Key = None) -> Any:
    """Add and change classes from a table (CSV or XLSX). Either all of it is applied or nothing."""
    by, data = _actor(request), _read(file)
    name = file.name or "classes"

    def work() -> dict[str, Any]:
        return asdict(catalogue.import_classes(file=data, filename=name, by=by, dry_run=dry_run))

    return _carried_out(by, key, [sha256(data).hexdigest(), dry_run], work, ImportedClassesOut)


@router.get("/classes/{code}", response=ClassDetailOut)
def case_class(request: HttpRequest, code: str) -> dict[str, Any]:
    """A class with the history of its limits, newest first."""
    info = _class(code)
    versions = [VersionOut.of(version) for version in queries.versions(info.id)]
    return {**ClassOut.of(info).dict(), "versions": versions}


@router.patch("/classes/{code}/limits", response=VersionOut)
def change_limits(request: HttpRequest, code: str, body: LimitsIn, key: Key = None) -> Any:
    """New limits from now on; cases filed before keep theirs. Needs a post of the city."""
    by, info = _actor(request), _class(code)
    if info.limit is None or info.response is None:
        raise UnknownClass(code)
    now = Terms(
        Decimal(amount_text(info.limit.amount)),
        info.limit.kind,
        Decimal(amount_text(info.response.amount)),
        info.response.kind,
        info.proof_required,
    )
    changes = body.dict(exclude={"reason", "expected_version"}, exclude_none=True)
    terms = replace(now, **changes | {n: Decimal(v) for n, v in changes.items() if n.endswith("amount")})

    def work() -> dict[str, Any]:
        version = catalogue.change_limits(
            case_class=info.id, terms=terms, by=by, reason=body.reason, expected=body.expected_version
        )
        return VersionOut.of(version).dict()

    return _carried_out(by, key, [code, body.dict()], work, VersionOut)


@router.get("/responsible", response=ResponsibleOut)
def responsible(
    request: HttpRequest,
    code: Annotated[str, Query(alias="class", max_length=20, description="The code of a minor class.")],
    unit: Annotated[Code | None, Query(description="The code of a unit; or give lon and lat.")] = None,
    lon: float | None = None,
    lat: float | None = None,
    at: At = None,
) -> ResponsibleOut:
    """The one body that is responsible for a class at a place and a time, with its clause and every row considered."""
    place = _place(unit, lon, lat, at)
    told = queries.explanation(queries.minor_class(code, at).id, place, at)
    if told.answer is None:
        raise NoResponsibleBody(told.case_class.label, told.day.isoformat())
    matter = queries.priority_of(told.case_class.id, place, at)
    priority = PriorityRef(item=matter.item, item_en=matter.item_en, clause=matter.clause) if matter else None
    return ResponsibleOut.of(told.answer, told.day, told.considered, priority)


@router.get("/lists", response=list[ListOut])
def all_lists(request: HttpRequest, kind: ListKind | None = None, unit: Code | None = None) -> list[ListOut]:
    """The versions of the three lists, newest first."""
    return [ListOut.of(listed) for listed in queries.lists(kind or "", _unit(unit).id if unit else None)]


@router.get("/lists/{uuid:list_id}", response=ListOut)
def one_list(request: HttpRequest, list_id: UUID) -> ListOut:
    return ListOut.of(queries.duty_list(list_id))


@router.get("/lists/{uuid:list_id}/rows", response=list[RowOut])
def rows(
    request: HttpRequest,
    list_id: UUID,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="The last `row` of the page before.")] = 0,
    limit: Limit = 100,
) -> list[RowOut]:
    """Rows of a list in the order of its file."""
    return [RowOut.of(row) for row in queries.rows_of(queries.duty_list(list_id), after, limit).rows]


@router.post("/lists/import", response={200: ImportedOut, 201: ImportedOut})
def import_list(request: HttpRequest, form: Form[ListIn], file: File[UploadedFile], key: Key = None) -> Status[Any]:
    """Import a version of a list from a table (CSV or XLSX); `dry_run` only checks. All problems are told by row."""
    by, data, unit = _actor(request), _read(file), _unit(form.unit)
    heading = form.dict(exclude={"unit"})

    def work() -> dict[str, Any]:
        done = lists.import_list(**heading, unit=unit.id, file=data, filename=file.name or "list", by=by)
        return {**asdict(done), "list": done.list_id}

    done = _carried_out(by, key, [form.dict(), sha256(data).hexdigest()], work, ImportedOut)
    return Status(200 if form.dry_run else 201, done)


@router.post("/lists/{uuid:list_id}/end", response=ListOut)
def end_list(request: HttpRequest, list_id: UUID, body: ListEndIn, key: Key = None) -> Any:
    """End a list without a next version."""
    by = _actor(request)

    def work() -> dict[str, Any]:
        lists.end_list(duty_list=list_id, on=body.on, by=by)
        return ListOut.of(queries.duty_list(list_id)).dict()

    return _carried_out(by, key, [list_id, body.dict()], work, ListOut)


@router.get("/gaps", response=list[GapOut])
def gaps(request: HttpRequest, unit: Code, at: At = None) -> list[GapOut]:
    """Classes for which nobody is responsible: in some communities of a unit, or units without communities."""
    found = queries.gaps(_unit(unit, at).id, at)
    return [GapOut(case_class=gap.class_id, units=[UnitRef.of(unit_id) for unit_id in gap.unit_ids]) for gap in found]


@router.get("/bodies/{uuid:body_id}/duties", response=list[RowOut])
def duties_of_body(request: HttpRequest, body_id: UUID, at: At = None) -> list[RowOut]:
    """The clauses that give a body its duties."""
    return [RowOut.of(duty) for duty in queries.clauses_of(body_id, at)]


@router.get("/duties/{uuid:duty_id}/tasks", response=list[RowOut])
def tasks_of_duty(request: HttpRequest, duty_id: UUID, at: At = None) -> list[RowOut]:
    """The tasks by which a duty is fulfilled."""
    return [RowOut.of(task) for task in queries.tasks_of(duty_id, at)]


@router.get("/tasks/{uuid:task_id}/duties", response=list[RowOut])
def duties_of_task(request: HttpRequest, task_id: UUID, at: At = None) -> list[RowOut]:
    """The duties that a task fulfils."""
    return [RowOut.of(duty) for duty in queries.duties_of(task_id, at)]


@router.get("/days", response=list[DayOut])
def special_days(request: HttpRequest) -> list[DayOut]:
    """Days on which this city works otherwise than the State Council's calendar says."""
    return [DayOut(day=day.day, hours=day.hours, reason=day.reason) for day in queries.special_days()]


@router.put("/days/{day}", response=DayOut)
def set_day(request: HttpRequest, day: date, body: DayIn, key: Key = None) -> Any:
    """Give a day its own working hours. Needs a post of the city."""
    by = _actor(request)

    def work() -> dict[str, Any]:
        special = days.set_day(day=day, hours=body.hours, reason=body.reason, by=by)
        return {"day": special.day, "hours": special.hours, "reason": special.reason}

    return _carried_out(by, key, [day, body.dict()], work, DayOut)


@router.delete("/days/{day}", response={204: None})
def clear_day(request: HttpRequest, day: date, key: Key = None) -> Status[None]:
    """Let the State Council's calendar decide a day again. Needs a post of the city."""
    by = _actor(request)
    carry_out(once(by, key, ["clear", day]), lambda: days.clear_day(day=day, by=by))
    return Status(204, None)


def _actor(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    return actor


def _class(code: str) -> ClassInfo:
    """A class of the path: that it is not there is answered as such."""
    try:
        return queries.case_class(code)
    except UnknownClass as error:
        raise NotFound from error


def _unit(code: str, at: datetime | None = None) -> UnitInfo:
    """The unit that has this code at a moment (now)."""
    unit = territory.find_by_code(code, at)
    if unit is None:
        raise UnknownUnit(unit=code)
    return unit


def _place(unit: str | None, lon: float | None, lat: float | None, at: datetime | None) -> Place | UnitInfo:
    if unit is not None:
        return _unit(unit, at)
    if lon is None or lat is None:
        raise InvalidInput(field="unit")
    return territory.locate(lon, lat, at)


def _read(file: UploadedFile) -> bytes:
    """The file, at most one byte more than is accepted: the reader of tables then says that it is too large."""
    return file.read(MAX_BYTES + 1)


def _carried_out(
    by: Actor, key: str | None, content: Any, work: Callable[[], dict[str, Any]], schema: type[Any]
) -> dict[str, Any]:
    """The answer as JSON values; with a key, the work is done once and repeats are answered the same."""
    answer: dict[str, Any] = carry_out(once(by, key, content), lambda: schema(**work()).model_dump(mode="json"))
    return answer
