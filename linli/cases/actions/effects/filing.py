"""The case becomes one of a class, at a place, with a clock."""

from datetime import datetime
from uuid import UUID

from linli.cases import errors, limits
from linli.cases.actions.collecting import put_at, put_in
from linli.cases.actions.moves import Context, Effect
from linli.cases.models import Case, Priority
from linli.duties import queries as duties
from linli.territory import queries as territory


def file(class_code: str, due_at: datetime | None) -> Effect:
    def effect(case: Case, context: Context) -> None:
        if class_code:
            case.case_class_id = duties.class_in_use(class_code).id
        if case.case_class_id is None:
            raise errors.ClassNeeded(field="class_code")
        if not duties.minor_class(case.case_class_id).active:
            raise errors.ClassOutOfUse(field="class_code", name=duties.minor_class(case.case_class_id).label)
        case.filed_at = context.at
        if case.priority == Priority.NORMAL and duties.priority_of(
            case.case_class_id, limits.place_of(case), context.at
        ):
            case.priority = Priority.URGENT
        limits.start_clock(case, context.at, due_at)
        context.data["due_at"] = case.due_at.isoformat() if case.due_at else None

    return effect


def classify(class_code: str) -> Effect:
    def effect(case: Case, context: Context) -> None:
        before, case.case_class_id = case.case_class_id, duties.class_in_use(class_code).id
        context.data.update({"from": str(before or ""), "to": str(case.case_class_id)})
        if case.filed_at is not None:
            limits.start_clock(case, case.filed_at)

    return effect


def locate(lon: float | None, lat: float | None, datum: str, unit_id: UUID | None) -> Effect:
    def effect(case: Case, context: Context) -> None:
        context.data["from"] = [str(unit) for unit in case.units]
        if lon is not None and lat is not None:
            put_at(case, territory.locate(lon, lat, datum=datum))
        elif unit_id is not None:
            if unit_id not in case.units:
                # The position said otherwise: it was wrong, and would go on misleading the map and the search for duplicates.
                case.lon = case.lat = case.cell = None
            put_in(case, territory.place_of_unit(unit_id))
        else:
            raise errors.NoPlace(field="position")

    return effect
