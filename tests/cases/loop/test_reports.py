"""What comes in: without a name, twice, with markup; and how it is found again."""

from uuid import UUID

import pytest
from cases.loop.steps import collect, do, report
from factories.world import ELSEWHERE, World

from linli.cases import actions, errors, queries
from linli.cases.models import Case, CaseContact, CaseText, State
from linli.foundation import idempotency
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, acting_as
from linli.foundation.errors import KeyReused, NotAllowed, NotFound
from linli.foundation.models import Entry

pytestmark = pytest.mark.django_db


def test_an_anonymous_report_is_followed_by_its_secret(world: World, desk: Actor) -> None:
    with acting_as(ANONYMOUS):
        made = actions.collect(
            report=report(contact_name="王", contact_phone="13812345678", anonymous=True), by=ANONYMOUS
        )
    do(desk, actions.decline, made.case.id, note="重复反映")
    with acting_as(desk):
        assert queries.details(desk, made.case).contact is None
        assert not CaseContact.objects.exists()
    with acting_as(ANONYMOUS):
        with pytest.raises(NotFound):
            actions.reopen(cases=[made.case.id], by=ANONYMOUS, note="不是重复", secret="wrong")
        with pytest.raises(NotAllowed):
            actions.dispatch(cases=[made.case.id], by=ANONYMOUS, secret=made.secret)
        actions.reopen(cases=[made.case.id], by=ANONYMOUS, note="不是重复", secret=made.secret)
    with acting_as(SYSTEM):
        assert Case.objects.get(pk=made.case.id).state == State.FILED


def test_the_same_key_makes_one_case(world: World) -> None:
    resident = world.resident()
    with acting_as(resident):
        key = idempotency.once(resident, "abc", {"a": 1})
        first = actions.collect(report=report(), by=resident, key=key)
        again = actions.collect(report=report(), by=resident, key=key)
        assert (first.case.id, again.repeated) == (again.case.id, True)
        with pytest.raises(KeyReused):
            actions.collect(report=report(), by=resident, key=idempotency.once(resident, "abc", {"a": 2}))
        assert Case.objects.count() == 1


def test_chinese_search_finds_within_scope(world: World, filed: UUID, desk: Actor) -> None:
    collect(world.resident(), description="路灯不亮了，晚上很黑 streetlight", class_code="0102")
    collect(world.resident(), description="路灯坏了", class_code="0102", lon=ELSEWHERE[0], lat=ELSEWHERE[1])

    def found(text: str) -> int:
        with acting_as(desk):
            return len(queries.desk_page(desk, queries.Filters(text=text)).cases)

    assert [found("路灯"), found("灯不"), found("streetl"), found("垃圾 异味"), found("地铁"), found("'|&!:*")] == [
        1,
        1,
        1,
        1,
        0,
        0,
    ]
    with acting_as(SYSTEM):
        number = Case.objects.get(pk=filed).number
    from linli.cases.rules import reference_of

    assert found(reference_of(number)) == 1


def test_control_characters_and_markup_do_no_harm(world: World, filed: UUID, desk: Actor) -> None:
    case_id = collect(
        world.resident(),
        description="<script>alert(1)</script>\x00\x07 垃圾'; DROP TABLE cases_case; --",
        address="\x00<b>",
        outside_reference="\x00x",
    )
    do(desk, actions.comment, case_id, note="\x00\ud800 注意 <img onerror=x>")
    with acting_as(SYSTEM):
        text = CaseText.objects.get(pk=case_id)
        entry = Entry.objects.get(subject_id=case_id, action="comment")
    assert text.description.startswith("<script>")
    assert "\x00" not in text.description + text.address + entry.note
    with pytest.raises(errors.TooLong):
        do(desk, actions.comment, case_id, note="长" * 2001)
