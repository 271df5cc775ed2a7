"""Units renamed, moved and closed on a page: what follows is shown first, the right post is needed, and the history says who and what."""

from datetime import timedelta

import pytest
from django.test import Client
from factories.confirming import confirm
from factories.world import World

from linli.cases.models import Case
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.territory import queries
from linli.territory.models import Unit

from .conftest import Enter

pytestmark = pytest.mark.django_db


def address(world: World, code: str) -> str:
    return f"/territory/{world.units[code].id}/change/"


def tomorrow() -> str:
    return (queries.day_of(None) + timedelta(days=1)).isoformat()


def test_a_renaming_shows_what_goes_along_and_stands_in_the_history(world: World, enter: Enter, case: Case) -> None:
    admin = enter(Role.ADMIN, "51")
    change = {"what": "rename", "on": tomorrow(), "name": "新桥街道", "name_en": "Xinqiao", "parent": ""}
    page = admin.post(address(world, "W"), change).content.decode()
    for told in ("新桥街道", "3 units below it go along", "The duties of 1 class go over", "1 open case there keeps"):
        assert told in page, told
    with acting_as(SYSTEM):
        assert not Unit.objects.filter(name="新桥街道").exists(), "it is shown first"
    done = confirm(admin, address(world, "W"), change, follow=True).content.decode()
    assert "Xinqiao" in done
    old = admin.get(f"/territory/?unit={world.units['W'].id}").content.decode()
    assert "Renamed" in old
    assert "新桥街道" in old


def test_closing_warns_of_what_is_lost(world: World, enter: Enter) -> None:
    admin = enter(Role.ADMIN, "51")
    enter(Role.DESK, "W")
    page = admin.post(address(world, "W"), {"what": "close", "on": tomorrow()}).content.decode()
    assert "1 post there ends" in page
    assert "1 class loses its lead there" in page


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"what": "rename", "name": ""}, "needed for what you chose"),
        ({"what": "move", "parent": "nowhere"}, "No place has this name"),
        ({"what": "explode"}, "explode"),
    ],
)
def test_what_is_missing_or_odd_is_told_beside_its_field(
    world: World, enter: Enter, change: dict[str, str], told: str
) -> None:
    page = enter(Role.ADMIN, "51").post(address(world, "W1"), {"on": tomorrow()} | change)
    assert page.status_code == 200
    assert told in page.content.decode()


def test_only_a_post_above_it_changes_a_unit(world: World, enter: Enter) -> None:
    change = {"what": "close", "on": tomorrow(), "sure": "0" * 64}
    for client in (Client(), enter(Role.DESK, "51"), enter(Role.ADMIN, "W"), enter(Role.ADMIN, "E")):
        assert client.post(address(world, "W"), change).status_code in {401, 403}
        assert client.get(address(world, "W")).status_code in {401, 403}
    stale = enter(Role.ADMIN, "5101").post(address(world, "W"), change)
    assert stale.status_code == 409, "what was confirmed is not what would happen"
    with acting_as(SYSTEM):
        assert Unit.objects.get(pk=world.units["W"].id).valid_to is None


def test_names_are_offered_while_one_types(world: World) -> None:
    offered = Client().get("/territory/names/", {"unit": "W1"}).content.decode()
    assert offered.count("<option") == 1
    assert "<script" not in Client().get("/territory/names/", {"unit": "<script>"}).content.decode()
    assert Client().get("/territory/names/").content == b""
