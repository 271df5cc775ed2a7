"""A wrong date in any form that takes one: it is named beside its field, everything typed stays, and nothing is done."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from factories.world import World

from linli.duties.models import Duty
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.people.models import Post

# No day of any calendar, another country's way of writing, words, years beyond reach.
NO_DAYS = ["2026-02-31", "31.02.2026", "2026-13-01", "0000-00-00", "99999-01-01", "明天", "26年2月3日"]
# Days, but so far off that a day before or after them, or their instant in another zone, is none.
FAR_DAYS = ["0001-01-01", "9999-12-31"]
HTML = {"accept": "text/html"}
NAMES_IT = "Enter a valid date"


@dataclass(frozen=True)
class Form:
    """A form that takes days: where it is, in whose hands, what else is typed, the names of its days."""

    role: Role
    path: Callable[[World], str]
    typed: Callable[[World], dict[str, str]]
    days: tuple[str, ...]
    time: str = ""


def first_post(world: World) -> str:
    with acting_as(SYSTEM):
        colleague = world.staff("colleague")
        held = Post.objects.create(person=colleague, role=Role.DESK, unit=world.units["W"])
    return f"/people/posts/{held.id}/"


def first_row(world: World) -> str:
    with acting_as(SYSTEM):
        return f"/duties/rows/{Duty.objects.order_by('row_number')[0].id}/"


def appointing(world: World) -> dict[str, str]:
    world.staff("newcomer")
    return {"username": "newcomer", "role": "desk", "unit": "W", "reason": "接替"}


FORMS = {
    "appoint": Form(Role.ADMIN, lambda world: "/people/appoint/", appointing, ("first_day", "last_day")),
    "delegate": Form(
        Role.ADMIN, lambda world: f"{first_post(world)}delegate/",
        lambda world: {"username": "colleague", "reason": "休假"}, ("first_day", "last_day"),
    ),
    "end": Form(Role.ADMIN, lambda world: f"{first_post(world)}end/", lambda world: {"reason": "调离"}, ("last_day",)),
    "duty list": Form(
        Role.ADMIN, lambda world: "/duties/import/",
        lambda world: {"kind": "duty", "name": "清单", "version": "二〇二六", "unit": "W"}, ("valid_from",),
    ),
    "duty row": Form(
        Role.ADMIN, first_row, lambda world: {"clause": "第九条", "reason": "新规定", "body": str(world.bodies["water"].id)},
        ("on",),
    ),
    "special day": Form(Role.ADMIN, lambda world: "/duties/days/", lambda world: {"reason": "校庆放假", "hours": ""}, ("day",)),
    "territory": Form(
        Role.ADMIN, lambda world: "/territory/import/",
        lambda world: {"what": "units", "unit": "W", "datum": "wgs84", "source": "民政一号"}, ("on",),
    ),
    "unit": Form(
        Role.ADMIN, lambda world: f"/territory/{world.units['W1'].id}/change/",
        lambda world: {"what": "rename", "name": "新社区名"}, ("on",),
    ),
    "announcement": Form(
        Role.DESK, lambda world: "/announce/new/",
        lambda world: {"kind": "area", "unit": str(world.id("W1")), "title": "水碾河停水", "text": "请提前储水。"},
        ("starts_at", "ends_at"), "T08:00",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_wrong_date_is_named_and_everything_typed_stays(world: World, enter, name: str) -> None:
    form = FORMS[name]
    client, path, typed = enter(form.role, "51"), form.path(world), form.typed(world)
    for wrong in NO_DAYS:
        days = dict.fromkeys(form.days, wrong + form.time)
        answer = client.post(path, typed | days, headers=HTML)
        page = answer.content.decode()
        assert answer.status_code in {200, 422}, f"{wrong}: {answer.status_code}"
        assert page.count(NAMES_IT) == len(days), wrong
        for value in [*typed.values(), *days.values()]:
            assert value in page, f"{wrong}: {value} is lost"
    for far in FAR_DAYS:
        answer = client.post(path, typed | dict.fromkeys(form.days, far + form.time), headers=HTML)
        assert answer.status_code < 500, far


def test_lists_narrowed_by_no_day_are_shown(enter) -> None:
    leader = enter(Role.LEADER, "51")
    for path in ("/desk/", "/figures/", "/rates/"):
        for name in ("reported", "ended", "sent", "weeks"):
            for days in (*NO_DAYS, *FAR_DAYS, "..", "9999-12-31..0001-01-01", "0001-01-01..9999-12-31"):
                answer = leader.get(path, {name: days}, headers=HTML)
                assert answer.status_code == 200, f"{path}?{name}={days}"
