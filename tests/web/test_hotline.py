"""The hotline's pages: what a clerk presses says what becomes of a call; nothing typed is lost and no call is two cases."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from factories.happened import tell_all
from factories.world import HERE, World

from linli.cases import actions
from linli.cases.models import Case
from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.gateway.models import OutgoingMessage
from linli.territory.models import Household, Level, Unit

PHONE = "13700001111"


@pytest.fixture
def clerk(enter) -> Client:
    return enter(Role.HOTLINE_CLERK, "51")


def call(**fields: object) -> dict[str, object]:
    said = {
        "description": "小区门口垃圾堆了三天",
        "contact_phone": PHONE,
        "contact_name": "王先生",
        "class_code": "0101",
    }
    return {**said, "once": str(uuid4()), "lon": HERE[0], "lat": HERE[1], "step": "file", **fields}


def cases() -> list[Case]:
    with acting_as(SYSTEM):
        return list(Case.objects.select_related("text").order_by("pk"))


def test_a_filed_call_shows_its_number_and_the_caller_gets_it_by_text(clerk: Client) -> None:
    answer = clerk.post("/hotline/", call())
    [case] = cases()
    assert answer.headers["Location"] == f"/hotline/?filed={case.reference}"
    page = clerk.get(answer.headers["Location"]).content.decode()
    assert f'id="case-number">{case.reference}<' in page
    assert "137****1111" in page
    with acting_as(SYSTEM):
        tell_all()
        [text] = OutgoingMessage.objects.all()
    params = json.loads(text.params)
    assert (text.channel, text.template, params["number"]) == ("sms", "collected", case.reference)
    assert f"/track/{case.reference}/" in params["link"]


def test_with_script_the_same_is_answered_with_where_to_go(clerk: Client) -> None:
    answer = clerk.post("/hotline/", call(), headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == f"/hotline/?filed={cases()[0].reference}"


@pytest.mark.parametrize("step", ["file", "answered"])
def test_enter_twice_and_back_after_sending_are_one_case(clerk: Client, step: str) -> None:
    sent = call(step=step, nature="question", answer="周末也办，带身份证。")
    places = {clerk.post("/hotline/", sent).headers["Location"] for _press in range(3)}
    assert len(places) == 1
    assert len(cases()) == 1


def test_enter_in_a_line_without_script_looks_the_call_over_and_files_nothing(clerk: Client) -> None:
    page = clerk.post("/hotline/", call(step="look")).content.decode()
    first = page[page.index('id="call"') :]
    assert 'value="look"' in first[first.index("<button") : first.index("</button>")]
    assert "You say: “小区门口垃圾堆了三天”." in page
    assert "机构street handles it. If it is filed now, it is to be settled by" in page
    assert cases() == []


def test_a_question_is_answered_at_once_and_a_complaint_is_not(clerk: Client) -> None:
    question = call(step="answered", nature="question", answer="周末也办，带身份证。", lon="", lat="", class_code="")
    assert clerk.post("/hotline/", question).status_code == 302
    [case] = cases()
    assert (case.state, case.nature) == ("closed", "question")
    with acting_as(SYSTEM):
        assert [entry.note for entry in audit.timeline(case.id)] == ["", "周末也办，带身份证。"]
    refused = clerk.post("/hotline/", call(step="answered", answer="知道了"))
    assert refused.status_code == 409
    assert "Only a question that came by phone" in refused.content.decode()
    unsaid = clerk.post("/hotline/", call(step="answered", nature="question", answer=" "))
    assert unsaid.status_code == 422
    assert len(cases()) == 1


def test_the_caller_s_own_case_is_noted_and_another_s_is_joined(clerk: Client) -> None:
    clerk.post("/hotline/", call())
    [case] = cases()
    clerk.post("/hotline/", call(same=case.reference, description="还没有人来"))
    with acting_as(SYSTEM):
        assert "还没有人来" in audit.timeline(case.id)[-1].note
    page = clerk.post("/hotline/hints/", call(contact_phone="13700002222")).content.decode()
    assert f'name="join" value="{case.reference}"' in page
    sent = call(contact_phone="13700002222", join=case.reference)
    for _press in range(2):
        clerk.post("/hotline/", sent)
    first, second = cases()
    assert (second.state, second.merged_into_id, first.supports) == ("merged", first.id, 1)
    with acting_as(SYSTEM):
        tell_all()
        texts = sorted(OutgoingMessage.objects.values_list("template", flat=True))
    assert texts == ["collected", "collected", "merged"]


def test_a_known_caller_is_named_with_what_happens_next(clerk: Client) -> None:
    clerk.post("/hotline/", call())
    page = clerk.post("/hotline/caller/", {"contact_phone": "137 0000 1111"}).content.decode()
    assert 'data-name="王先生"' in page
    assert "The case desk reads the report" in page
    assert "not a phone number" in clerk.post("/hotline/caller/", {"contact_phone": "12"}).content.decode()


def test_a_clerk_elsewhere_learns_nothing_of_a_caller(clerk: Client, enter) -> None:
    clerk.post("/hotline/", call())
    elsewhere = enter(Role.HOTLINE_CLERK, "E")
    page = elsewhere.post("/hotline/caller/", {"contact_phone": PHONE}).content.decode()
    assert "王先生" not in page
    assert "No case of this phone" in page
    [case] = cases()
    assert elsewhere.post("/hotline/", call(same=case.reference)).status_code == 404
    assert (
        case.reference not in elsewhere.get(f"/hotline/?filed={case.reference}").content.decode().split("<form", 1)[0]
    )
    assert "data-fill" not in elsewhere.post("/hotline/addresses/", {"q": "quarterQ"}).content.decode()


@pytest.mark.parametrize("path", ["", "caller/", "hints/", "addresses/", "classes/", "callbacks/"])
def test_only_clerks(enter, client: Client, path: str) -> None:
    ask = (lambda browser: browser.get(f"/hotline/{path}")) if path in {"", "callbacks/"} else None
    ask = ask or (lambda browser: browser.post(f"/hotline/{path}", {}))
    assert ask(enter(Role.DESK, "51")).status_code == 403
    assert ask(client).status_code in {302, 401}


def test_an_address_is_completed_to_the_door(world: World, clerk: Client) -> None:
    with acting_as(SYSTEM):
        quarter, unit_id = world.units["Q"], uuid4()
        building = Unit.objects.create(
            id=unit_id, code="Q-B3", level=Level.BUILDING, name="3栋", parent=quarter, path=[*quarter.path, unit_id],
            valid_from=quarter.valid_from, lon=HERE[0], lat=HERE[1],
        )  # fmt: skip
        Household.objects.create(building=building, micro_grid=quarter, entrance=2, floor=5, door=1, members=3)
    page = clerk.post("/hotline/addresses/", {"q": "quarterQ 3栋 2单元 501"}).content.decode()
    assert "501" in page
    assert f'data-fill-lon="{HERE[0]}"' in page
    # Without script the words are looked up when the form is sent; where they mean several places, the page asks which.
    clerk.post("/hotline/", call(lon="", lat="", place="quarterQ 3栋 2单元 501"))
    assert (cases()[0].lon, cases()[0].lat) == HERE
    doubtful = clerk.post("/hotline/", call(lon="", lat="", place="community"))
    assert doubtful.status_code == 422
    assert 'name="spot"' in doubtful.content.decode()
    chosen = call(lon="", lat="", place="community", spot=str(world.id("W2")))
    assert clerk.post("/hotline/", chosen).status_code == 302
    assert world.id("W2") in cases()[1].units
    # What nobody knows is filed as it was said, for the desk of the clerk's unit to ask.
    assert clerk.post("/hotline/", call(lon="", lat="", place="某个巷子里")).status_code == 302
    assert cases()[2].text.address == "某个巷子里"


def test_a_class_is_found_by_code_name_and_keyword_and_suggested_by_the_words(clerk: Client) -> None:
    for wanted in ("0103", "井盖", "破损", "0103"):
        assert 'data-fill-class_code="0103"' in clerk.post("/hotline/classes/", {"q": wanted}).content.decode()
    suggested = clerk.post("/hotline/classes/", {"q": "", "description": "路灯不亮，晚上很黑"}).content.decode()
    assert suggested.index('data-fill-class_code="0102"') >= 0


def test_enter_takes_the_class_of_that_name_before_a_longer_one(clerk: Client, world: World) -> None:
    with acting_as(SYSTEM):
        world.minor_class("0100", "井盖破损严重", world.classes["0103"].parent)
    first = clerk.post("/hotline/classes/", {"q": "井盖破损"}).content.decode()
    assert first.index('data-fill-class_code="0103"') < first.index('data-fill-class_code="0100"')


def test_the_text_to_read_names_the_class_the_body_and_the_limit(clerk: Client) -> None:
    page = clerk.post("/hotline/hints/", call(class_code="0103")).content.decode()
    assert "It is about: " in page
    assert "If it is filed now, it is to be settled by " in page
    assert "handles it. If" in page
    chinese = {"accept-language": "zh-hans"}
    assert re.search(
        r"事由是井盖破损。由.+办理。如果",
        clerk.post("/hotline/hints/", call(class_code="0103"), headers=chinese).content.decode(),
    )


def test_a_call_without_a_place_is_told_what_to_ask(clerk: Client) -> None:
    refused = clerk.post("/hotline/", call(lon="", lat="", place=""))
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Ask where it is, and type it" in page
    assert "tap the map" not in page


def test_words_of_danger_ask_for_a_transfer_at_once(clerk: Client) -> None:
    page = clerk.post("/hotline/hints/", call(description="楼上起火了，有人被困")).content.decode()
    assert "transfer the call to 119 now" in page
    for said in ("楼道里煤气味很大", "There is a smell of gas on the stairs"):
        assert "transfer the call to 119 now" in clerk.post("/hotline/hints/", call(description=said)).content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"description": " "},
        {"description": "x" * 20_000},
        {"contact_phone": "028-1234"},
        {"lon": "abc", "lat": "30"},
        {"lon": "0", "lat": "0"},
        {"class_code": "nothing"},
        {"nature": "nonsense"},
        {"join": "no-number"},
        {"same": "no-number"},
        {"join": "999999-9"},
    ],
)
def test_what_is_refused_comes_back_with_everything_that_was_typed(clerk: Client, fields: dict[str, object]) -> None:
    sent = call(contact_name="特别的名字", **fields)
    answer = clerk.post("/hotline/", sent)
    assert 400 <= answer.status_code < 500
    assert "特别的名字" in answer.content.decode()
    assert str(sent["description"]).strip() in answer.content.decode()
    assert cases() == []


def test_an_expired_session_in_the_middle_files_nothing_and_says_to_sign_in(clerk: Client, client: Client) -> None:
    answer = client.post("/hotline/", call(), headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Retarget"] == "#messages"
    assert cases() == []


# --- calling back ------------------------------------------------------------------------------------------------------


@pytest.fixture
def closed(world: World, clerk: Client) -> Case:
    """A call that was handled and closed."""
    clerk.post("/hotline/", call())
    [case] = cases()
    desk = world.actor("desk", Role.DESK, "W")
    handler = world.actor("handler", Role.HANDLER, None, "street")
    verifier = world.actor("verifier", Role.VERIFIER, "W")
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=desk)
        actions.dispatch(cases=[case.id], by=desk)
        actions.accept(cases=[case.id], by=handler)
        Case.objects.filter(pk=case.pk).update(case_class=world.classes["0103"])
        actions.report_back(cases=[case.id], by=handler, note="已清运，地面已冲洗。")
        actions.verify(cases=[case.id], by=verifier)
        actions.close(cases=[case.id], by=desk)
    return cases()[0]


def rating(case: Case, **fields: object) -> dict[str, object]:
    return {"version": case.version, "solved": "yes", "stars": "5", "comment": "", "once": str(uuid4()), **fields}


def test_the_script_to_read_and_the_rating_on_the_phone(clerk: Client, closed: Case) -> None:
    page = clerk.get("/hotline/callbacks/").content.decode()
    assert "Good day, this is the 12345 hotline." in page
    assert "已清运，地面已冲洗。" in page
    assert f'href="tel:{PHONE}"' in page
    path = f"/hotline/callbacks/{closed.reference}/"
    assert clerk.post(path, rating(closed, stars="9")).status_code == 422
    sent = rating(closed)
    for _press in range(2):
        assert clerk.post(path, sent).status_code == 302
    [case] = cases()
    assert (case.state, case.solved, case.stars) == ("evaluated", True, 5)
    assert "Nobody to call" in clerk.get("/hotline/callbacks/").content.decode()


def test_not_solved_is_opened_again_in_the_caller_s_words(clerk: Client, closed: Case) -> None:
    path = f"/hotline/callbacks/{closed.reference}/"
    refused = clerk.post(path, rating(closed, solved="no", stars="1", reopen="on"))
    assert refused.status_code == 422
    assert cases()[0].state == "closed"
    clerk.post(path, rating(closed, solved="no", stars="1", reopen="on", comment="又堆起来了"))
    [case] = cases()
    assert (case.state, case.cycle) == ("filed", 2)


def test_who_stays_unknown_or_was_closed_long_ago_is_not_called(clerk: Client, closed: Case, enter) -> None:
    assert closed.reference in clerk.get("/hotline/callbacks/").content.decode()
    assert closed.reference not in enter(Role.HOTLINE_CLERK, "E").get("/hotline/callbacks/").content.decode()
    with clock.at(clock.now() + timedelta(days=31)):
        assert closed.reference not in clerk.get("/hotline/callbacks/").content.decode()
    with acting_as(SYSTEM):
        Case.objects.filter(pk=closed.pk).update(anonymous=True)
    assert closed.reference not in clerk.get("/hotline/callbacks/").content.decode()


def test_a_page_asks_the_database_the_same_however_many_cases_a_caller_has(
    clerk: Client, django_assert_max_num_queries
) -> None:
    for _case in range(6):
        clerk.post("/hotline/", call())
    clerk.get(f"/hotline/?phone={PHONE}")
    with django_assert_max_num_queries(4):
        assert clerk.get(f"/hotline/?phone={PHONE}").status_code == 200


def test_a_landline_is_called_back_and_gets_no_text(clerk: Client) -> None:
    read = clerk.post("/hotline/hints/", call(contact_phone="028 8444-1234")).content.decode()
    assert "No text reaches a landline" in read
    assert "No text reaches" not in clerk.post("/hotline/hints/", call()).content.decode()
    to = clerk.post("/hotline/", call(contact_phone="028 8444-1234"))["Location"]
    page = clerk.get(to).content.decode()
    assert "028****1234 is a landline" in page
    assert "go to 028" not in page
    with acting_as(SYSTEM):
        case = Case.objects.get()
        assert case.contact.phone == "02884441234"
        actions.file(cases=[case.id], by=SYSTEM)
    tell_all()
    with acting_as(SYSTEM):
        assert not OutgoingMessage.objects.exists()
    # Whoever calls again from there is known.
    assert case.reference in clerk.post("/hotline/caller/", {"contact_phone": "+86 28 84441234"}).content.decode()
