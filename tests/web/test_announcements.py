"""The pages on which staff announce something, the page that everybody reads, and the teasers on the residents' first page."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from factories.happened import tell_all
from factories.passing import later, passing
from factories.world import World

from linli.cases import actions as cases
from linli.cases.models import Case
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.gateway import news
from linli.gateway.models import Announcement, Message

pytestmark = pytest.mark.django_db
Enter = Callable[..., Client]
NEW = "/announce/new/"


@pytest.fixture(autouse=True)
def day() -> Iterator[None]:
    with passing():
        yield


@pytest.fixture
def words(world: World) -> dict[str, str]:
    return {"kind": "area", "unit": str(world.id("W1")), "title": "水碾河停水", "text": "抢修水管。\n请提前储水。"}


def made() -> list[Announcement]:
    with acting_as(SYSTEM):
        return list(Announcement.objects.order_by("pk"))


def send() -> None:
    later(minutes=2)
    with acting_as(SYSTEM):
        for row in Announcement.objects.filter(state="planned"):
            news.send(row.pk)


def test_written_looked_at_published_and_read(enter: Enter, case: Case, words: dict[str, str]) -> None:
    desk: Client = enter(Role.DESK, "W")
    assert "No notices yet" in desk.get("/announce/").content.decode()
    preview = desk.post(NEW, words).content.decode()
    assert "Nothing is sent yet" in preview
    assert '<span class="stat-label">In the app</span><span class="stat-value">1</span>' in preview
    assert made() == []
    changed = desk.post(NEW, words | {"change": "1"})
    assert (changed.status_code, "抢修水管" in changed.content.decode()) == (200, True)
    sure = words | {"sure": "1", "once": "one-press"}
    first, second = desk.post(NEW, sure), desk.post(NEW, sure)
    assert first["Location"] == second["Location"]
    (row,) = made()
    page = desk.get(first["Location"]).content.decode()
    assert "In 60 seconds it goes out." in page
    assert "Call it back" in page
    anybody = Client(headers={"accept-language": "en"})
    assert anybody.get(f"/news/{row.pk}/").status_code == 404
    send()
    page = desk.get(first["Location"]).content.decode()
    assert "Call it back" not in page
    assert "Everybody was told" in page
    assert "请提前储水。" in anybody.get(f"/news/{row.pk}/").content.decode()


def test_called_back_it_reaches_nobody(enter: Enter, case: Case, words: dict[str, str]) -> None:
    desk: Client = enter(Role.DESK, "W")
    desk.post(NEW, words | {"sure": "1"})
    (row,) = made()
    back = f"/announce/{row.pk}/call-back/"
    assert enter(Role.DESK, "E").post(back).status_code == 404
    assert "Nobody was told" in desk.post(back, follow=True).content.decode()
    assert "was called back" in desk.post(back, follow=True).content.decode()
    send()
    resident: Client = enter()
    assert "No messages yet" in resident.get("/messages/").content.decode()


def test_the_first_page_shows_what_is_unread_and_what_holds_here(
    enter: Enter, case: Case, words: dict[str, str], world: World
) -> None:
    desk: Client = enter(Role.DESK, "W")
    resident: Client = enter()
    assert "unread message" not in resident.get("/home/").content.decode()
    desk.post(NEW, words | {"sure": "1"})
    send()
    clerk = world.actor("clerk", Role.DESK, "W")
    with acting_as(clerk):
        cases.file(cases=[case.id], by=clerk)
    tell_all()
    page = resident.get("/home/").content.decode()
    assert "2 unread messages" in page
    assert f"Your report {case.reference} was filed" in page
    assert page.count("水碾河停水") == 2
    (row,) = made()
    with acting_as(SYSTEM):
        message = Message.objects.get(template="area_news")
    assert resident.get(f"/messages/{message.pk}/")["Location"] == f"/news/{row.pk}/"
    assert "1 unread message<" in resident.get("/home/").content.decode()


def test_who_may_not_announce_is_refused_and_wrong_words_come_back(
    enter: Enter, words: dict[str, str], world: World
) -> None:
    for client, status in ((enter(), 403), (enter(Role.HANDLER, "W", "street"), 403), (Client(), 302)):
        assert client.get("/announce/").status_code == status
        assert client.post(NEW, words | {"sure": "1"}).status_code in {status, 401}
    desk: Client = enter(Role.DESK, "W")
    wrong = (
        {"unit": str(world.id("E1"))}, {"unit": "nonsense"}, {"kind": "product"}, {"title": ""}, {"title": "x" * 61},
        {"starts_at": "2026-11-26T10:00"}, {"ends_at": "2026-11-01T10:00"}, {"ends_at": "tomorrow"}, {"title": "a\x00b"},
    )  # fmt: skip
    for change in wrong:
        answer = desk.post(NEW, words | {"sure": "1"} | change)
        assert answer.status_code == 422, change
        assert "请提前储水" in answer.content.decode()
    assert made() == []
    admin: Client = enter(Role.ADMIN, "51")
    admin.post(NEW, words | {"kind": "product", "sure": "1"})
    (row,) = made()
    assert (row.kind, row.unit_id) == ("product", world.id("51"))
