"""Models read by a statement that is planned once are those that Django reads, and under the same row security."""

from uuid import UUID

import pytest
from django.db.models import Model
from factories.world import HERE, World

from linli.cases import actions, queries
from linli.cases.models import Case, CaseContact, CaseText
from linli.cases.rules import Report
from linli.foundation import audit
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotFound
from linli.foundation.models import Entry
from linli.foundation.statement import Statement

pytestmark = pytest.mark.django_db

WITH_CONTACT = Statement(
    "SELECT {} FROM cases_case LEFT JOIN cases_casecontact ON case_id = cases_case.id WHERE cases_case.id = $1::uuid",
    Case,
    contact=CaseContact,
)


def columns(row: Model) -> dict[str, object]:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in values.items()}


@pytest.fixture
def called(world: World) -> UUID:
    """A case that a caller reported, with their name and phone."""
    clerk = world.actor("clerk", Role.HOTLINE_CLERK, "51")
    report = Report(
        description="路灯不亮", lon=HERE[0], lat=HERE[1], class_code="0103", channel="hotline",
        contact_name="王女士", contact_phone="13900000001",
    )  # fmt: skip
    with acting_as(clerk):
        return actions.collect(report=report, by=clerk).case.id


@pytest.fixture
def desk(world: World) -> Actor:
    return world.actor("desk", Role.DESK, "W")


def test_every_column_is_as_django_reads_it(called: UUID) -> None:
    with acting_as(SYSTEM):
        found = WITH_CONTACT.first(called)
        assert found is not None
        assert columns(found) == columns(Case.objects.get(pk=called))
        # Encrypted ones are opened.
        assert found.contact.phone == "13900000001"
        assert columns(found.contact) == columns(CaseContact.objects.get(pk=called))
        # JSON is read, and the order is kept.
        entries = audit.timeline(called)
        assert [columns(entry) for entry in entries] == [
            columns(entry) for entry in Entry.objects.filter(subject_id=called).order_by("seq")
        ]
        assert isinstance(entries[0].data, dict)


def test_what_a_left_join_has_not_found_is_not_set(called: UUID) -> None:
    with acting_as(SYSTEM):
        CaseContact.objects.filter(pk=called).delete()
        found = WITH_CONTACT.first(called)
        assert found is not None
        with pytest.raises(CaseContact.DoesNotExist):
            _ = found.contact


def test_a_row_can_be_changed_and_saved(called: UUID) -> None:
    with acting_as(SYSTEM):
        found = Statement("SELECT {} FROM cases_casetext WHERE case_id = $1::uuid", CaseText).first(called)
        assert found is not None
        found.address = "人民南路"
        found.save()
        assert CaseText.objects.get(pk=called).address == "人民南路"


def test_nobody_sees_more_than_before(called: UUID, world: World, desk: Actor) -> None:
    elsewhere, stranger = world.actor("elsewhere", Role.DESK, "E"), world.resident()
    with acting_as(SYSTEM):
        reference = Case.objects.get(pk=called).reference
    with acting_as(desk):
        assert queries.case(desk, called).text.description == "路灯不亮"
        assert queries.case_by_reference(desk, reference).id == called
    for other in (elsewhere, stranger):
        with acting_as(other):
            # Row security says so even where a query forgets to.
            assert WITH_CONTACT.first(called) is None
            with pytest.raises(NotFound):
                queries.case(other, called)
            with pytest.raises(NotFound):
                queries.case_by_reference(other, reference)
