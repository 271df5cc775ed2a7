"""The inbox, how one is told, and what the page of a case shows of messages."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client, RequestFactory
from factories.happened import tell_all
from factories.passing import at, later, passing
from factories.world import HERE, World

from linli.cases import actions as cases
from linli.cases.models import Case
from linli.cases.rules import Report, secret_of
from linli.foundation import clock
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, Role, acting_as
from linli.gateway.models import Message, OutgoingMessage, OutgoingState
from linli.people.models import Person

pytestmark = pytest.mark.django_db
Enter = Callable[..., Client]


@pytest.fixture(autouse=True)
def day() -> Iterator[None]:
    with passing():
        yield


@pytest.fixture
def desk(world: World) -> Actor:
    return world.actor("desk", Role.DESK, "W")


def do(by: Actor, action: Callable[..., object], case: UUID, **fields: object) -> None:
    with acting_as(by):
        action(cases=[case], by=by, **fields)
    tell_all()
    later(minutes=2)


def phoned(**changes: object) -> Case:
    values = {"description": "井盖破损", "lon": HERE[0], "lat": HERE[1], "class_code": "0103"}
    with acting_as(ANONYMOUS):
        made = cases.collect(report=Report(**values | {"contact_phone": "13900005678"} | changes), by=ANONYMOUS).case
    tell_all()
    return made


def test_the_inbox_leads_to_the_case_and_what_was_opened_is_read(enter: Enter, case: Case, desk: Actor) -> None:
    client: Client = enter()
    assert "No messages yet" in client.get("/messages/").content.decode()
    do(desk, cases.file, case.id)
    at(10, days=1)
    do(desk, cases.dispatch, case.id)
    page = client.get("/messages/").content.decode()
    assert page.index("Today") < page.index("Yesterday")
    assert "2 unread messages" in page
    assert "2<span" in client.get("/messages/unread/").content.decode()
    with acting_as(SYSTEM):
        newest, oldest = Message.objects.order_by("-pk")
    answer = client.get(f"/messages/{oldest.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/case/{case.reference}/")
    assert "1 unread message<" in client.get("/messages/").content.decode()
    # What came after the page was shown stays new.
    client.post("/messages/read/", {"until": str(oldest.pk)})
    assert "1 unread message<" in client.get("/messages/").content.decode()
    client.post("/messages/read/", {"until": str(newest.pk)})
    assert client.get("/messages/unread/").content.decode().strip() == ""


def test_an_inbox_is_ones_own(enter: Enter, case: Case, desk: Actor) -> None:
    do(desk, cases.file, case.id)
    with acting_as(SYSTEM):
        message = Message.objects.get()
    other: Client = enter(phone="13800009999")
    assert other.get(f"/messages/{message.pk}/").status_code == 404
    assert "No messages yet" in other.get("/messages/").content.decode()
    assert other.get("/messages/?before=nonsense").status_code == 200
    for path in ("/messages/", "/messages/settings/", f"/messages/{message.pk}/"):
        assert Client().get(path).status_code in {302, 401}
    with acting_as(SYSTEM):
        assert Message.objects.get().read_at is None


def test_the_unread_count_costs_one_question_for_the_signed_in_and_none_for_others(
    enter: Enter, case: Case, desk: Actor, world: World
) -> None:
    do(desk, cases.file, case.id)
    tag = Template("{% load gateway %}{% unread_messages %}|{% unread_messages %}")
    for actor, shown, most in ((world.resident(), "1|1", 1), (ANONYMOUS, "|", 0)):
        request = RequestFactory().get("/")
        request.actor = actor  # type: ignore[attr-defined]
        with acting_as(actor):
            Message.objects.exists()  # the scope is set
            before = connection.round_trips  # type: ignore[attr-defined]
            assert tag.render(Context({"request": request})) == shown
            assert connection.round_trips - before <= most  # type: ignore[attr-defined]


def test_one_chooses_how_one_is_told(enter: Enter, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_SMS", "http")
    client: Client = enter()
    page = client.get("/messages/settings/").content.decode()
    assert "138****1234" in page
    assert "way_work" not in page
    chosen = {
        "way_progress": "sms", "way_asked": "app", "way_area": "app", "way_product": "app", "quiet_from": "21:30",
        "quiet_to": "06:00", "digest_hour": "18",
    }  # fmt: skip
    assert client.post("/messages/settings/", chosen).status_code == 302
    page = client.get("/messages/settings/").content.decode()
    assert '<option value="21:30" selected>' in page
    assert '<option value="18" selected>' in page
    wrong = client.post("/messages/settings/", chosen | {"quiet_from": "25:00", "way_asked": "pigeon"})
    assert wrong.status_code == 422
    desk: Client = enter(Role.DESK, "W")
    page = desk.get("/messages/settings/").content.decode()
    assert "way_work" in page
    assert "No mobile number is kept" in page


def test_one_names_the_communities_of_which_one_hears(enter: Enter, world: World) -> None:
    client: Client = enter()
    path = "/messages/communities/"
    assert path in client.get("/messages/settings/").content.decode()
    assert path in client.get("/my/").content.decode()
    answer = client.get(path, {"lon": HERE[0], "lat": HERE[1]})
    # The address that stays tells the quarter and not the place.
    assert (answer.status_code, str(HERE[0]) in answer["Location"]) == (302, False)
    assert f'name="add" value="{world.id("W1")}"' in client.get(answer["Location"]).content.decode()
    assert client.get(path, {"lon": 0, "lat": 0}).status_code == 422
    assert f'name="add" value="{world.id("W1")}"' in client.get(path, {"name": "communityW1"}).content.decode()
    assert "No such place" in client.get(path, {"name": "没有这里"}).content.decode()
    client.post(path, {"add": str(world.id("W1"))})
    assert "communityW1" in client.get("/messages/settings/").content.decode()
    client.post(path, {"remove": str(world.id("W1"))})
    assert "communityW1" not in client.get("/messages/settings/").content.decode()
    client.post(path, {"reported": "0"})
    assert "Turn on" in client.get(path).content.decode()
    refused = client.post(path, {"add": str(world.id("W"))}, follow=True)
    assert "Choose one of these" in refused.content.decode()
    assert client.post(path, {"add": "nonsense"}).status_code == 302
    assert Client().get(path).status_code == 302


def test_the_desk_sees_what_was_sent_and_sends_again_what_failed(enter: Enter, world: World, desk: Actor) -> None:
    case = phoned()
    do(desk, cases.file, case.id)
    with acting_as(SYSTEM):
        OutgoingMessage.objects.filter(template="filed").update(state=OutgoingState.FAILED, error="no such number")
        failed = OutgoingMessage.objects.get(template="filed")
    path = f"/case/{case.reference}/"
    clerk: Client = enter(Role.DESK, "W")
    page = clerk.get(path).content.decode()
    for words in (
        "Messages about this case",
        "139****5678",
        "The provider says: no such number",
        "Send the message again",
    ):
        assert words in page
    assert secret_of(case.id) not in page
    again = f"/messages/{failed.pk}/again/"
    verifier: Client = enter(Role.VERIFIER, "W")
    elsewhere: Client = enter(Role.DESK, "E")
    assert "Messages about this case" not in verifier.get(path).content.decode()
    assert verifier.post(again).status_code == 403
    assert elsewhere.post(again).status_code == 404
    answer = clerk.post(again)
    assert (answer.status_code, answer["Location"]) == (302, path)
    assert clerk.post(again).status_code == 409
    with acting_as(SYSTEM):
        failed.refresh_from_db()
    assert (failed.state, failed.attempts) == ("waiting", 1)


def test_what_was_sent_about_an_anonymous_report_shows_no_number(enter: Enter, world: World, desk: Actor) -> None:
    case = phoned(anonymous=True)
    do(desk, cases.file, case.id)
    clerk: Client = enter(Role.DESK, "W")
    page = clerk.get(f"/case/{case.reference}/").content.decode()
    assert "Messages about this case" in page
    assert "5678" not in page


def test_the_desk_asks_and_the_reporter_answers_by_the_link(enter: Enter, world: World) -> None:
    case = phoned(anonymous=True)
    clerk: Client = enter(Role.DESK, "W")
    track = f"/track/{case.reference}/{secret_of(case.id)}/"
    reporter = Client(headers={"accept-language": "en"})
    assert "Your answer" not in reporter.get(track).content.decode()
    asked = clerk.post(f"/case/{case.reference}/ask/", {"question": "Which door is it?", "version": 1})
    assert asked.status_code == 302
    tell_all()
    page = reporter.get(track).content.decode()
    assert "Which door is it?" in page
    assert "Your answer" in page
    secret = secret_of(case.id)
    empty = reporter.post(f"/case/{case.reference}/answer/", {"answer": "", "secret": secret})
    assert empty.status_code == 422
    stale = reporter.post(f"/case/{case.reference}/answer/", {"answer": "The east one", "secret": secret, "version": 1})
    assert stale.status_code == 409
    assert "The east one" in stale.content.decode()
    done = reporter.post(f"/case/{case.reference}/answer/", {"answer": "The east one", "secret": secret, "version": 2})
    assert done.status_code == 302
    page = clerk.get(f"/case/{case.reference}/").content.decode()
    assert "The reporter answers" in page
    assert "The east one" in page
    assert "Your answer" not in reporter.get(track).content.decode()


def test_a_signed_in_reporter_who_stays_unknown_answers_unnamed(enter: Enter, world: World, desk: Actor) -> None:
    resident = world.resident()
    with acting_as(SYSTEM):
        Person.objects.filter(pk=resident.id).update(name="何建国")
    with acting_as(resident):
        report = Report(description="井盖破损", lon=HERE[0], lat=HERE[1], class_code="0103", anonymous=True)
        case = cases.collect(report=report, by=resident).case
    do(desk, cases.ask, case.id, note="哪个门口？")
    with acting_as(SYSTEM):
        assert not OutgoingMessage.objects.exists()
    client: Client = enter()
    assert "Your answer" in client.get(f"/case/{case.reference}/").content.decode()
    client.post(f"/case/{case.reference}/answer/", {"answer": "东门", "version": 2})
    clerk: Client = enter(Role.DESK, "W")
    page = clerk.get(f"/case/{case.reference}/").content.decode()
    assert "东门" in page
    assert "何建国" not in page
    assert str(resident.id) not in page


def test_a_case_with_many_messages_asks_no_more_questions(enter: Enter, case: Case, desk: Actor) -> None:
    clerk: Client = enter(Role.DESK, "W")
    path = f"/case/{case.reference}/"

    def asked() -> int:
        clerk.get(path)
        before = connection.round_trips  # type: ignore[attr-defined]
        clerk.get(path)
        return connection.round_trips - before  # type: ignore[attr-defined]

    do(desk, cases.file, case.id)
    few = asked()
    with acting_as(SYSTEM):
        (row,) = Message.objects.all()
        for number in range(30):
            event = UUID(int=number)
            Message.objects.create(
                person_id=row.person_id, event=event, template="resumed", params=row.params, case=case.id
            )
            OutgoingMessage.objects.create(
                channel="sms", recipient="13900005678", recipient_hash=b"x", event=event, case=case.id, params="{}",
                template="resumed", language="en", created_at=clock.now() - timedelta(hours=number),
            )  # fmt: skip
    assert asked() == few
