"""The console's desk: rows kept as written, views, previews, and the way back."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from factories.world import ELSEWHERE, HERE, World
from hypothesis import given
from hypothesis import strategies as st

from linli.cases import actions, open_cases
from linli.cases.models import Case, State
from linli.cases.pages import bulk as bulk_pages
from linli.cases.queries import desk as desk_queries
from linli.cases.rules import Report
from linli.duties import effects
from linli.duties import queries as duties
from linli.duties.models import CaseClass
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.models import Entry
from linli.people import queries as people
from linli.territory import queries as territory
from linli.territory.models import Unit


def again(case: Case) -> Case:
    with acting_as(SYSTEM):
        return Case.objects.get(pk=case.pk)


def tell(world: World, **changes: object) -> Case:
    resident = world.resident()
    with acting_as(resident):
        report = Report(**({"description": "路灯不亮", "lon": HERE[0], "lat": HERE[1], "class_code": "0102"} | changes))
        return actions.collect(report=report, by=resident).case


def bulk(desk: Client, change: str, *cases: Case, **fields: object) -> object:
    sent = {
        "cases": [str(case.pk) for case in cases],
        "change": change,
        "here": "/desk/?state=open",
        "once": str(uuid4()),
    }
    return desk.post("/desk/bulk/", sent | fields, follow=bool(fields.get("sure")))


def seen_in(page: str) -> list[str]:
    """The cases of a preview, each with the version that it shows."""
    return re.findall(r'name="cases" value="([^"]+)"', page)


def undo(desk: Client, page: str) -> str:
    """Press the toast's button."""
    action = re.search(r'action="(/desk/undo/[^"]*)"', page)
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert action
    assert token
    return desk.post(action[1].replace("&amp;", "&"), {"token": token[1]}, follow=True).content.decode()


def test_a_row_is_written_anew_when_what_it_says_has_changed(enter, world: World, case: Case) -> None:
    desk = enter(Role.DESK, "5101")
    assert "Received</span>" in desk.get("/desk/").content.decode()
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=SYSTEM)
        Unit.objects.filter(code="W1").update(name_en="Renamed community")
    territory.forget()
    page = desk.get("/desk/").content.decode()
    assert "Filed</span>" in page
    assert "Renamed community" in page
    assert "Renamed community" not in desk.get("/desk/", headers={"accept-language": "zh-CN"}).content.decode()


def test_another_post_is_offered_its_own_units(enter, world: World) -> None:
    whole = enter(Role.DESK, "5101").get("/desk/").content.decode()
    part = enter(Role.DESK, "W1").get("/desk/").content.decode()
    assert f'value="{world.id("E1")}"' in whole
    assert f'value="{world.id("E1")}"' not in part


def test_a_preview_changes_nothing_and_tells_nobody(enter, case: Case) -> None:
    desk = enter(Role.DESK, "5101")
    page = bulk(desk, "decline", case).content.decode()  # type: ignore[attr-defined]
    assert "Reason: the people concerned will read it" in page
    assert "You can take it back for 10 minutes" in page
    assert again(case).version == case.version
    with acting_as(SYSTEM):
        assert Entry.objects.filter(subject_id=case.id).count() == 1


def test_a_decline_without_its_reason_stays_where_it_can_be_given(enter, case: Case) -> None:
    desk = enter(Role.DESK, "5101")
    answer = bulk(desk, "decline", case, sure="1", note="👍")
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "👍</textarea>" in answer.content.decode()  # type: ignore[attr-defined]
    assert again(case).state == State.COLLECTED


def test_a_case_that_changed_while_its_preview_stood_open_is_shown_again(enter, world: World, case: Case) -> None:
    desk = enter(Role.DESK, "5101")
    page = bulk(desk, "decline", case).content.decode()  # type: ignore[attr-defined]
    (seen,) = seen_in(page)
    leader = world.actor("leader", Role.LEADER, "51")
    with acting_as(leader):
        actions.supervise(cases=[case.id], by=leader, note="请尽快处理")
    sent = {"sure": "1", "note": "重复反映", "cases": seen}
    answer = bulk(desk, "decline", case, **sent)
    assert answer.status_code == 409  # type: ignore[attr-defined]
    page = answer.content.decode()  # type: ignore[attr-defined]
    assert "重复反映</textarea>" in page
    assert "1 case done" in bulk(desk, "decline", case, **(sent | {"cases": seen_in(page)})).content.decode()  # type: ignore[attr-defined]


def test_one_case_is_declined_and_merged_by_way_of_the_preview(enter, world: World, case: Case) -> None:
    other = tell(world, description="垃圾堆放在门口", class_code="0101")
    desk = enter(Role.DESK, "5101")
    page = desk.get(f"/case/{other.reference}/").content.decode()
    assert 'name="change" value="decline"' in page
    assert f'name="into" value="{case.reference}"' in page
    preview = bulk(desk, "merge", other, into=case.reference, here=f"/case/{other.reference}/").content.decode()  # type: ignore[attr-defined]
    assert f'value="{case.reference}"' in preview
    sent = {"into": case.reference, "here": f"/case/{other.reference}/", "sure": "1"}
    page = bulk(desk, "merge", other, **sent).content.decode()  # type: ignore[attr-defined]
    assert "/desk/undo/" in page
    assert "1 case was taken back" in undo(desk, page)


@pytest.mark.parametrize(("change", "fields"), [("file", {}), ("decline", {"note": "重复反映"})])
def test_what_was_done_to_many_is_taken_back_as_a_step_of_its_own(
    enter, world: World, case: Case, change: str, fields: dict[str, str]
) -> None:
    other = tell(world)
    desk = enter(Role.DESK, "5101")
    page = bulk(desk, change, case, other, sure="1", **fields).content.decode()  # type: ignore[attr-defined]
    assert "2 cases done" in page
    assert "2 cases were taken back" in undo(desk, page)
    for one in (again(case), again(other)):
        assert (one.state, one.filed_at, one.due_at, one.closed_at) == (State.COLLECTED, None, None, None)
    with acting_as(SYSTEM):
        told = list(Entry.objects.filter(subject_id=case.id).order_by("seq").values_list("action", flat=True))
    assert told == ["collect", change, "recall"]


def test_a_dispatch_is_taken_back_unless_the_body_has_taken_it_on(enter, world: World, case: Case) -> None:
    other = tell(world)
    with acting_as(SYSTEM):
        actions.file(cases=[case.id, other.id], by=SYSTEM)
    desk = enter(Role.DESK, "5101")
    page = bulk(desk, "dispatch", case, other, sure="1").content.decode()  # type: ignore[attr-defined]
    handler = world.actor("handler", Role.HANDLER, None, "street")
    with acting_as(handler):
        assert actions.accept(cases=[case.id], by=handler).done
    said = undo(desk, page)
    assert "1 case was taken back" in said
    assert "1 case was left as it is" in said
    assert (again(case).state, again(other).state) == (State.ACCEPTED, State.FILED)


def test_a_merge_is_taken_back_and_counts_what_was_chosen(enter, world: World, case: Case) -> None:
    other = tell(world)
    desk = enter(Role.DESK, "5101")
    page = bulk(desk, "merge", case, other, sure="1", into=case.reference).content.decode()  # type: ignore[attr-defined]
    assert "1 case done" in page
    assert again(other).state == State.MERGED
    assert "1 case was taken back" in undo(desk, page)
    assert again(other).state == State.COLLECTED


def test_nobody_takes_back_what_another_did_or_what_is_long_ago(enter, world: World, case: Case) -> None:
    first, second = enter(Role.DESK, "5101"), enter(Role.DESK, "51")
    page = bulk(first, "file", case, sure="1").content.decode()  # type: ignore[attr-defined]
    assert "Only your own last change" in undo(second, page)
    with clock.at(clock.now() + timedelta(minutes=11)):
        assert "Only your own last change" in undo(first, page)
    assert again(case).state == State.FILED


def test_sending_twice_does_it_once(enter, case: Case) -> None:
    desk = enter(Role.DESK, "5101")
    once = str(uuid4())
    for said in ("1 case done", "That was done already"):
        assert said in bulk(desk, "file", case, sure="1", once=once).content.decode()  # type: ignore[attr-defined]
    assert again(case).entries == 2


def test_a_page_of_the_list_reads_its_cases_once_in_whatever_state_they_are(enter, world: World, case: Case) -> None:
    told = [case, *(tell(world) for _more in range(3))]
    with acting_as(SYSTEM):
        actions.file(cases=[one.pk for one in told[1:]], by=SYSTEM)
        now = clock.now()
        Case.objects.filter(pk=told[2].pk).update(paused_at=now)
        lead = people.bodies()[0].id
        Case.objects.filter(pk=told[3].pk).update(state=State.HANDLED, handled_at=now, lead_body=lead)
    desk = enter(Role.DESK, "W")
    with CaptureQueriesContext(connection) as asked:
        page = desk.get("/desk/").content.decode()
    assert all(one.reference in page for one in told)
    # The counts of the views are a prepared statement, which is not captured.
    assert sum('FROM "cases_case"' in query["sql"] for query in asked) == 1


def test_what_narrows_is_a_chip_that_can_be_taken_off(enter, case: Case) -> None:
    desk = enter(Role.DESK, "5101")
    page = desk.get("/desk/?state=open&class_code=0101&text=垃圾").content.decode()
    assert 'href="?state=open&amp;class_code=0101"' in page
    assert case.reference in page
    assert case.reference not in desk.get("/desk/?state=open&class_code=0102").content.decode()


def test_figures_count_what_is_open_and_lead_to_its_rows(enter, world: World, case: Case) -> None:
    tell(world)
    tell(world, lon=ELSEWHERE[0], lat=ELSEWHERE[1], reported_at=clock.now() - timedelta(days=5))
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=SYSTEM)
        Case.objects.filter(pk=case.pk).update(due_at=clock.now() - timedelta(hours=1))
    city = enter(Role.LEADER, "51")
    page = city.get("/figures/").content.decode()
    assert re.findall(r'class="stat-value">([^<]+)', page) == ["3", "1", "33%", "–", "–", "–"]
    page = city.get(f"/figures/?unit={world.id('5101')}").content.decode()
    below = f"/desk/?state=open&amp;unit={world.id('W')}"
    assert f'<a href="{below}">2</a>' in page
    assert re.search(r"3 to 7 days</th>.*?<td class=\"number\"><a [^>]+>1</a></td>", page)
    assert city.get(below.replace("&amp;", "&")).content.decode().count("<tr role") == 3
    # A unit outside one's own is answered with one's own.
    part = enter(Role.DESK, "W").get(f"/figures/?unit={world.id('E')}").content.decode()
    assert re.findall(r'class="stat-value">([^<]+)', part)[0] == "2"
    assert enter().get("/figures/").status_code == 403


def test_an_empty_desk_says_what_comes_next(enter, world: World) -> None:
    desk = enter(Role.DESK, "E")
    assert "Nothing is open" in desk.get("/desk/").content.decode()
    assert "No case fits" in desk.get("/desk/?state=overdue").content.decode()
    assert "No case fits" in desk.get("/desk/?text=路灯").content.decode()
    assert "No case in these weeks" in enter(Role.LEADER, "E").get("/figures/").content.decode()


def all_of(desk: Client, change: str, here: str, **fields: object) -> str:
    """What the box "All that match" asks for, as the preview answers."""
    return bulk(desk, change, here=here, all="1", **fields).content.decode()  # type: ignore[attr-defined]


def test_everything_that_matches_is_taken_with_its_number_and_taken_back(enter, world: World, case: Case) -> None:
    others = [tell(world) for _ in range(4)]
    filed = tell(world)
    with acting_as(SYSTEM):
        actions.file(cases=[filed.id], by=SYSTEM)
    desk = enter(Role.DESK, "5101")
    here = f"/desk/?state={State.COLLECTED}"
    page = all_of(desk, "file", here)
    assert "All 5 cases that match." in page
    assert len(seen_in(page)) == 5
    assert again(case).state == State.COLLECTED, "it is shown first"
    done = bulk(desk, "file", cases=seen_in(page), here=here, sure="1").content.decode()  # type: ignore[attr-defined]
    assert "5 cases done" in done
    assert {again(one).state for one in (case, *others, filed)} == {State.FILED}
    assert "5 cases were taken back" in undo(desk, done)
    assert {again(one).state for one in (case, *others)} == {State.COLLECTED}
    assert again(filed).state == State.FILED


def test_what_changed_since_it_was_shown_is_left_out_and_named(enter, world: World, case: Case) -> None:
    other = tell(world)
    desk = enter(Role.DESK, "5101")
    page = all_of(desk, "file", "/desk/?state=open")
    leader = world.actor("leader", Role.LEADER, "51")
    with acting_as(leader):
        actions.supervise(cases=[other.id], by=leader, note="请尽快处理")
    done = bulk(desk, "file", cases=seen_in(page), sure="1").content.decode()  # type: ignore[attr-defined]
    assert "1 case done" in done
    assert "1 case was left as it is" in done
    assert other.reference in re.sub(r"<tbody.*?</tbody>", "", done, flags=re.S)
    assert (again(case).state, again(other).state) == (State.FILED, State.COLLECTED)


def test_one_step_takes_a_bounded_number_and_says_so(enter, world: World, case: Case, monkeypatch) -> None:
    monkeypatch.setattr(bulk_pages, "MOST_AT_ONCE", 2)
    for _ in range(3):
        tell(world)
    desk = enter(Role.DESK, "5101")
    page = all_of(desk, "file", "/desk/?state=open")
    assert "4 cases match. One step takes 2" in page
    assert len(seen_in(page)) == 2
    many = bulk(desk, "file", cases=[str(uuid4()) for _ in range(3)], sure="1")
    assert many.status_code == 422  # type: ignore[attr-defined]


def test_everything_that_matches_ends_where_the_reader_s_units_end(enter, world: World, case: Case) -> None:
    there = tell(world, lon=ELSEWHERE[0], lat=ELSEWHERE[1])
    east, west = enter(Role.DESK, "E"), enter(Role.DESK, "W")
    assert {one.partition(":")[0] for one in seen_in(all_of(east, "file", "/desk/?state=open"))} == {str(there.id)}
    assert {one.partition(":")[0] for one in seen_in(all_of(west, "file", "/desk/?state=open"))} == {str(case.id)}
    for address in (
        f"/desk/?unit={world.id('W')}",
        "https://elsewhere.example/desk/?state=open",
        "/desk/?state=nonsense&after=x",
    ):
        seen = {one.partition(":")[0] for one in seen_in(all_of(east, "file", address))}
        assert str(case.id) not in seen, address
    done = bulk(east, "file", cases=[f"{case.id}:{case.version}"], sure="1")
    assert again(case).state == State.COLLECTED
    assert done.status_code == 404  # type: ignore[attr-defined]
    # Who may not do it to one may not do it to all: a reader's post is offered nothing, and is refused each.
    leader = enter(Role.LEADER, "5101")
    assert again(case).state == State.COLLECTED
    bulk(leader, "file", cases=[f"{case.id}:{case.version}"], sure="1")
    assert again(case).state == State.COLLECTED


def test_all_states_stay_chosen_on_the_following_pages(enter, world: World, case: Case, monkeypatch) -> None:
    monkeypatch.setattr(desk_queries, "PAGE", 1)
    tell(world)
    desk = enter(Role.DESK, "5101")
    page = desk.get("/desk/?state=").content.decode()
    assert re.search(r'href="\?state=&amp;after=[^"]+" rel="next"', page)
    assert 'name="all"' in page
    assert 'name="all"' not in desk.get("/desk/?state=declined").content.decode()


def out_of_use(world: World, code: str) -> None:
    with acting_as(SYSTEM):
        CaseClass.objects.filter(pk=world.classes[code].pk).update(active=False)
    duties.forget()


def test_everything_of_a_class_out_of_use_is_that_class_alone(enter, world: World, case: Case) -> None:
    other = tell(world, class_code="0103")
    out_of_use(world, "0103")
    desk = enter(Role.DESK, "5101")
    address = "/desk/?state=open&class_code=0103"
    page = desk.get(address).content.decode()
    assert '<option value="0103" selected>' in page
    assert case.reference not in page
    assert '<option value="none" selected>' in desk.get("/desk/?class_code=none").content.decode()
    assert {one.partition(":")[0] for one in seen_in(all_of(desk, "decline", address))} == {str(other.id)}


def test_a_report_whose_class_went_out_of_use_is_filed_with_another(enter, world: World, case: Case) -> None:
    waiting = tell(world, class_code="0103")
    with acting_as(world.actor("desk2", Role.DESK, "5101")):
        told = open_cases.count([world.classes["0103"].pk], None)
        with translation.override("en"):
            lines = [line.text for line in effects._out_of_use(duties.minor_class("0103"))]
    assert "1 report that names it is not filed yet: it is filed with another class." in lines
    assert (told.waiting, told.unfiled, told.filed) == (1, 1, 0)
    out_of_use(world, "0103")
    desk = enter(Role.DESK, "5101")
    assert "is out of use since this was reported" in bulk(desk, "file", waiting).content.decode()  # type: ignore[attr-defined]
    refused = bulk(desk, "file", cases=[f"{waiting.id}:{waiting.version}"], sure="1").content.decode()  # type: ignore[attr-defined]
    assert "Choose another class" in refused
    assert again(waiting).state == State.COLLECTED
    bulk(desk, "file", cases=[f"{waiting.id}:{waiting.version}"], class_code="0102", sure="1")
    assert (again(waiting).state, again(waiting).case_class_id) == (State.FILED, world.classes["0102"].pk)


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("class_code=9999", "Class"),
        ("state=nonsense", "State"),
        ("body=00000000-0000-0000-0000-000000000000", "Body"),
        ("reported=yesterday", "Reported"),
        ("age=old", "How long ago reported"),
        ("others=0102,9999", "Class"),
    ],
)
def test_a_filter_that_cannot_be_read_offers_nothing_for_all(
    enter, world: World, case: Case, monkeypatch, query: str, label: str
) -> None:
    monkeypatch.setattr(desk_queries, "PAGE", 1)
    tell(world)
    desk = enter(Role.DESK, "5101")
    address = f"/desk/?{query}"
    assert 'name="all"' not in desk.get(address).content.decode()
    asked = desk.post(
        "/desk/bulk/", {"change": "decline", "all": "1", "here": address, "once": str(uuid4())}, follow=True
    ).content.decode()
    assert f"{label} cannot be read" in asked
    assert 'name="sure"' not in asked
    assert again(case).state == State.COLLECTED


@given(st.sets(st.integers(min_value=1, max_value=2**40), min_size=1, max_size=500))
def test_what_was_done_is_read_back_from_its_token_and_fits_into_an_address(numbers: set[int]) -> None:
    assert bulk_pages._read(bulk_pages._token("file", numbers)) == ("file", sorted(numbers))


def test_five_hundred_cases_of_a_large_city_fit_into_an_address() -> None:
    numbers = [7_000_000 + 1_999 * at + at * at % 1_301 for at in range(500)]
    assert len(bulk_pages._token("file", numbers)) < 4_000
