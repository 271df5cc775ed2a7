"""One endpoint for each change of the lifecycle, with the fields that it takes: on one case, and on many at once."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from linli.cases import actions
from linli.cases.actions import Outcome
from linli.cases.api_common import CaseRef, Key, Secret, found, id_of, once_for
from linli.cases.lifecycle import CHANGES, By, Change
from linli.cases.models import Case, State
from linli.cases.schemas import ClassCode, Datum, Files, Lat, Lon, Note
from linli.foundation.access import Actor, actor_of
from linli.foundation.errors import DomainError, NotFound
from linli.foundation.fields import Moment

MOST_AT_ONCE = 500


class Plain(Schema):
    """`version` is the one that was seen: with it, a case that changed meanwhile is not changed (409 stale)."""

    note: Note = ""
    version: int | None = Field(None, ge=1, le=2**31 - 1)


class FileIn(Plain):
    class_code: ClassCode = ""


class ClassifyIn(Plain):
    class_code: ClassCode


class LocateIn(Plain):
    lon: Lon | None = None
    lat: Lat | None = None
    datum: Datum = "wgs84"
    unit: UUID | None = None


class DispatchIn(Plain):
    body: UUID | None = Field(None, description="Left out: the body whose duty it is. Another one needs a note.")


class ReassignIn(Plain):
    body: UUID


class AskIn(Plain):
    body: UUID
    asked_for: str = Field("", max_length=500)


class WithFiles(Plain):
    files: Files = []


class ReportBackIn(WithFiles):
    before: Files = Field([], description="Photos of how it was found; `files` show the result.")


class ArriveIn(Plain):
    """Where the phone says that it is; left out where that was refused."""

    lon: Lon | None = None
    lat: Lat | None = None
    datum: Datum = "wgs84"


class HandOverIn(Plain):
    to: UUID = Field(description="Who takes it in hand: a person with a handler's post of the lead body.")


class EvaluateIn(Plain):
    solved: bool
    stars: int = Field(ge=1, le=5)
    responded: bool | None = None
    comment: str = Field("", max_length=1000)


class MergeIn(Plain):
    into: UUID


# The fields of a change, where it has more than a note; what the API calls briefly, and the action in full.
FIELDS: dict[str, type[Plain]] = {
    "file": FileIn, "classify": ClassifyIn, "locate": LocateIn, "dispatch": DispatchIn, "reassign": ReassignIn,
    "assign": HandOverIn,
    "ask_co_handler": AskIn, "arrive": ArriveIn, "hand_over": HandOverIn, "report_back": ReportBackIn, "verify": WithFiles,
    "evaluate": EvaluateIn, "merge": MergeIn,
}  # fmt: skip
LONG_NAMES = {"body": "body_id", "unit": "unit_id", "files": "file_ids", "before": "before_ids"}


class ChangedOut(Schema):
    """The case after the change."""

    id: UUID
    number: str
    state: State
    version: int
    lead_body: UUID | None
    due_at: Moment | None
    cycle: int

    @classmethod
    def of(cls, case: Case) -> "ChangedOut":
        return cls(
            id=case.id,
            number=case.reference,
            state=State(case.state),
            version=case.version,
            lead_body=case.lead_body_id,
            due_at=case.due_at,
            cycle=case.cycle,
        )


class RefusedOut(Schema):
    case: UUID
    code: str
    title: str


class BulkOut(Schema):
    """What became of each case. The changes that were refused did not stop the others."""

    done: list[ChangedOut]
    refused: list[RefusedOut]

    @classmethod
    def of(cls, outcome: Outcome) -> "BulkOut":
        refused = [RefusedOut(case=case, code=error.code, title=str(error)) for case, error in outcome.refused.items()]
        return cls(done=[ChangedOut.of(case) for case in outcome.done], refused=refused)


def add_changes(router: Router) -> None:
    """An endpoint for each change of the table, and one for the same change on many cases."""
    for name, change in CHANGES.items():
        if not _by_people(change):
            continue
        body = FIELDS.get(name, Plain)
        about: dict[str, Any] = {"summary": str(name).replace("_", " ").capitalize(), "description": _describe(name)}
        router.post(f"/{{case}}/changes/{name}", response=ChangedOut, operation_id=f"case_{name}", **about)(
            _single(name, body)
        )
        if name != "evaluate":
            router.post(f"/changes/{name}", response=BulkOut, operation_id=f"cases_{name}", **about)(
                _bulk(name, _many(body))
            )


def _by_people(change: Change) -> bool:
    """Not what only the system does (escalate), nor support, which has an endpoint of its own."""
    return bool(change.roles) or By.REPORTER in change.by


def _describe(name: str) -> str:
    change = CHANGES[name]
    start = ", ".join(sorted(change.sources))
    needs = " Needs a note." if change.needs_note else ""
    return f"From {start}" + (f" to {change.to}." if change.to else "; the state stays.") + needs


class _ManyCases(Schema):
    cases: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)


def _many(body: type[Plain]) -> type[Plain]:
    """The fields of a change, and the cases (by id) that it is made on."""
    return type(f"Many{body.__name__}", (_ManyCases, body), {"__module__": __name__})


def _fields(body: Plain) -> dict[str, Any]:
    return {LONG_NAMES.get(name, name): value for name, value in body.dict(exclude={"cases"}).items()}


def _single(name: str, model: type[Plain]) -> Callable[..., ChangedOut]:
    action: Callable[..., Outcome] = getattr(actions, name)

    def change(request: HttpRequest, case: CaseRef, body: Plain, key: Key = None, secret: Secret = "") -> ChangedOut:
        by = actor_of(request)
        once = once_for(request, by, key, body.dict())
        case_id = _id(by, case, secret)
        outcome = action(cases=[case_id], by=by, secret=secret, key=once, **_fields(body))
        return ChangedOut.of(_of(outcome, case_id))

    change.__name__ = name
    change.__annotations__["body"] = model
    return change


def _of(outcome: Outcome, case_id: UUID) -> Case:
    """The case itself: a merge also changes the one that it goes into."""
    for case in outcome.done:
        if case.id == case_id:
            return case
    raise NotFound


def _bulk(name: str, model: type[Plain]) -> Callable[..., BulkOut]:
    action: Callable[..., Outcome] = getattr(actions, name)

    def change(request: HttpRequest, body: Plain, key: Key = None) -> BulkOut:
        by = actor_of(request)
        once = once_for(request, by, key, body.dict())
        cases: list[UUID] = getattr(body, "cases")  # noqa: B009 (each model of `_many` has them)
        return BulkOut.of(action(cases=cases, by=by, key=once, each=True, **_fields(body)))

    change.__name__ = f"{name}_many"
    change.__annotations__["body"] = model
    return change


def _id(by: Actor, reference: str, secret: str) -> UUID:
    """The id. An id is taken as it is: whether the actor may change that case, the action asks under lock."""
    case_id = id_of(reference)
    if case_id is not None:
        return case_id
    try:
        with found(by, reference, secret) as case:
            return case.id
    except DomainError:
        if not secret:
            raise
        raise NotFound from None
