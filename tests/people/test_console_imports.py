"""Posts from a table in the console: a dry run shows each row's fate, importing gives exactly those posts, and nothing twice."""

from datetime import datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from linli.foundation import imports, work
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.imports import RowsWrong, Upload
from linli.foundation.models import Fate, Work, WorkRow, WorkState
from linli.people import actions, fates
from linli.people.models import Person, Post
from linli.territory import queries as territory

from .conftest import City, make_actor, make_body, make_staff


@pytest.fixture
def admin(city: City) -> Actor:
    return make_actor(Role.ADMIN, city.here)


def done(begun: Work) -> Work:
    """The work after the worker had it."""
    with acting_as(SYSTEM):
        work.carry_out(str(begun.id))
        return Work.objects.get(pk=begun.id)


def dry_run(by: Actor, table: str) -> Work:
    with acting_as(by), translation.override("en"):
        begun = imports.check(fates.POSTS, data=table.encode(), filename="posts.csv", asked={}, by=by, unit_path=[])
    return done(begun)


def carried_out(checked: Work, by: Actor) -> Work:
    with acting_as(by):
        begun = imports.apply(checked.id, by=by)
    return done(begun)


def rows(of: Work) -> list[tuple[int, str, str]]:
    with acting_as(SYSTEM):
        return list(WorkRow.objects.filter(work=of).order_by("number").values_list("number", "fate", "about"))


def count() -> int:
    with acting_as(SYSTEM):
        return Post.objects.count()


def table_of(*found: str) -> str:
    return "\n".join(("username,role,unit,body,from,to,reason", *found))


def test_a_dry_run_shows_each_row_and_gives_nothing(city: City, admin: Actor) -> None:
    one, two, body = make_staff(), make_staff(), make_body(city.here)
    actions.appoint(person=one.id, role=Role.DESK, unit=city.here.id, by=SYSTEM)
    before = count()
    checked = dry_run(
        admin,
        table_of(
            f"{one.username},desk,{city.here.code},,,,",
            f"{two.username},handler,{city.here_community.code},{body.code},2027-03-01,2028-03-01,轮岗",
        ),
    )
    assert checked.state == WorkState.DONE, checked.said
    assert checked.result["counts"] == {"same": 1, "new": 1}
    (_two, first, about), (_three, second, _about) = rows(checked)
    assert (first, second) == (Fate.SAME, Fate.NEW)
    assert about == f"{one.username} · Desk clerk · 双桥子街道"
    assert count() == before
    applied = carried_out(checked, admin)
    assert applied.state == WorkState.DONE, applied.said
    with acting_as(SYSTEM):
        given = Post.objects.get(person=two)
        assert (given.reason, given.appointed_by_id, given.body_id) == ("轮岗", admin.id, body.id)
    assert count() == before + 1
    assert carried_out(checked, admin).id == applied.id, "a second press leads to the first's work"
    again = dry_run(
        admin, table_of(f"{two.username},handler,{city.here_community.code},{body.code},2027-03-01,2028-03-01,轮岗")
    )
    assert again.result["applied"], "the same table again changes nothing"
    assert count() == before + 1


def test_wrong_rows_say_why_and_keep_the_whole_table_out(city: City, admin: Actor) -> None:
    person = make_staff()
    outside = make_body(city.district)
    checked = dry_run(
        admin,
        table_of(
            f"{person.username},desk,{city.here.code},,,,",
            f"{person.username},desk,{city.there.code},,,,",
            f"{person.username},handler,{city.here.code},{outside.code},,,",
            f"nobody,emperor,{city.here.code},,,,",
            f"{person.username},desk,{city.here.code},,,,",
        ),
    )
    assert [fate for _number, fate, _about in rows(checked)] == ["new", "wrong", "wrong", "wrong", "wrong"]
    with acting_as(SYSTEM):
        reasons = {row.number: row.reason for row in WorkRow.objects.filter(work=checked)}
    assert "does not let you appoint in this unit" in reasons[3]
    assert "for this body" in reasons[4]
    assert "emperor" not in reasons[5]
    assert "unknown role" in reasons[5]
    assert "holds this post at that time already" in reasons[6]
    with pytest.raises(RowsWrong), acting_as(admin):
        imports.apply(checked.id, by=admin)


def uploaded(by: Actor, *found: str) -> Upload:
    return Upload(table_of(*found).encode(), "posts.csv", {}, by, lambda *_said, **_more: None)


def test_a_post_that_has_not_begun_is_not_the_one_asked_for_from_now_on(city: City, admin: Actor) -> None:
    """Nobody holds it now: "unchanged" would leave the unit without anybody until it begins."""
    person, later = (
        make_staff(),
        datetime.combine(territory.day_of(None) + timedelta(days=30), time(), ZoneInfo(settings.TIME_ZONE)),
    )
    actions.appoint(person=person.id, role=Role.DESK, unit=city.here.id, valid_from=later, by=SYSTEM)
    row = f"{person.username},desk,{city.here.code},,"
    with acting_as(admin), translation.override("en"):
        (now,) = fates.examine(uploaded(admin, row + ",,")).rows
        (then,) = fates.examine(uploaded(admin, row + f"{later:%Y-%m-%d},,")).rows
    assert (now.fate, then.fate) == (Fate.WRONG, Fate.SAME)
    assert "holds this post at that time already" in str(now.reason)


def test_a_long_table_is_read_with_as_many_statements_as_a_short_one(city: City, admin: Actor) -> None:
    def statements(*found: str) -> int:
        with acting_as(admin), CaptureQueriesContext(connection) as captured:
            assert len(fates.examine(uploaded(admin, *found)).rows) == len(found)
        return len(captured)

    row = f"{make_staff().username},desk,{city.here.code},,,,"
    strangers = [f"nobody{number},desk,{city.here.code},,,," for number in range(50)]
    statements(row)  # What the process keeps is read.
    assert statements(row, *strangers) == statements(row)


def test_what_was_given_since_the_dry_run_refuses_the_import(city: City, admin: Actor) -> None:
    person = make_staff()
    checked = dry_run(admin, table_of(f"{person.username},desk,{city.here.code},,,,"))
    actions.appoint(person=person.id, role=Role.DESK, unit=city.here.id, by=SYSTEM)
    before = count()
    applied = carried_out(checked, admin)
    assert (applied.state, applied.result["code"]) == (WorkState.FAILED, "register_changed")
    assert count() == before


def test_a_post_that_was_taken_away_gives_nothing_any_more(city: City, admin: Actor) -> None:
    """Who began the dry run as an administrator and is none when the worker comes to it appoints nobody."""
    person = make_staff()
    checked = dry_run(admin, table_of(f"{person.username},desk,{city.here.code},,,,"))
    with acting_as(SYSTEM):
        own = Post.objects.get(person=admin.id)
    actions.end_post(post=own.id, by=SYSTEM)
    before = count()
    with acting_as(admin):
        begun = imports.apply(checked.id, by=admin)
    assert done(begun).state == WorkState.FAILED
    assert count() == before


@pytest.mark.parametrize("table", ["username,role,unit\n", "username,role\nx,desk\n", "", "\x00\x01"])
def test_a_file_that_is_no_table_of_posts_is_told_as_a_whole(city: City, admin: Actor, table: str) -> None:
    checked = dry_run(admin, table)
    assert checked.state == WorkState.FAILED or checked.result["counts"] == {"wrong": 1}


def signed_in(client: Client, actor: Actor) -> Client:
    with acting_as(SYSTEM):
        client.force_login(Person.objects.get(pk=actor.id))
    return client


def test_the_page_begins_one_dry_run_and_only_for_who_gives_posts(city: City, admin: Actor, client: Client) -> None:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert client.get("/people/import/").status_code == 302, "signs in first"
    desk = Client(HTTP_ACCEPT_LANGUAGE="en")
    assert signed_in(desk, make_actor(Role.DESK, city.here)).get("/people/import/").status_code == 403
    assert desk.post("/people/import/", {"file": SimpleUploadedFile("posts.csv", b"x")}).status_code == 403
    signed_in(client, admin)
    assert "First a dry run" in client.get("/people/import/").content.decode()
    table, once = table_of(f"{make_staff().username},desk,{city.here.code},,,,").encode(), str(uuid4())
    sent = [
        client.post("/people/import/", {"file": SimpleUploadedFile("posts.csv", table), "once": once})
        for _time in range(2)
    ]
    assert [answer.status_code for answer in sent] == [302, 302]
    with acting_as(SYSTEM):
        assert Work.objects.filter(kind="people.posts.check").count() == 1
        begun = Work.objects.get(kind="people.posts.check")
    done(begun)
    page = client.get(f"/work/{begun.id}/").content.decode()
    assert "Nothing is wrong. 1 row changes something." in page
    other = signed_in(Client(HTTP_ACCEPT_LANGUAGE="en"), make_actor(Role.ADMIN, city.there))
    assert other.get(f"/work/{begun.id}/").status_code == 404, "another unit's import is not seen"
    assert "This field is required" in client.post("/people/import/", {"once": str(uuid4())}).content.decode()
