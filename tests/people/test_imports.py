"""Posts from tables: GBK, a byte order mark, ten thousand bad rows; all or nothing."""

from datetime import UTC, datetime

import pytest

from linli.foundation import audit
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotAllowed
from linli.foundation.tabular import ImportRefused, UnreadableTable
from linli.people import actions
from linli.people.models import Post

from .conftest import City, make_actor, make_body, make_staff


@pytest.fixture
def admin(city: City) -> Actor:
    return make_actor(Role.ADMIN, city.here)


def refused(source: str, by: Actor) -> list[str]:
    with pytest.raises(ImportRefused) as error:
        actions.import_posts(source=source.encode(), filename="posts.csv", by=by)
    return [problem.column for problem in error.value.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_a_table_is_appointed_whatever_its_encoding(city: City, admin: Actor, encoding: str) -> None:
    person, body = make_staff(), make_body(city.here)
    table = (
        "用户名,角色,区划代码,机构代码,开始日期,结束日期,原因\n"
        f"{person.username},desk,{city.here.code},,2026-03-01,2027-03-01,轮岗\n"
        f"{person.username},handler,{city.here_community.code},{body.code},2026/3/1,,\n"
    )
    posts = actions.import_posts(source=table.encode(encoding), filename="posts.csv", by=admin)
    with acting_as(SYSTEM):
        assert Post.objects.filter(person=person).count() == 2
        assert [entry.note for entry in audit.timeline(posts[0].id)] == ["轮岗"]
    # The first of March begins in Shanghai, eight hours before it does in UTC.
    assert posts[0].valid_from == datetime(2026, 2, 28, 16, tzinfo=UTC)


def test_every_problem_is_told_and_nothing_applied(city: City, admin: Actor) -> None:
    person, bureau = make_staff(), make_body(city.district)
    with acting_as(SYSTEM):
        before = Post.objects.count()
    good = f"{person.username},desk,{city.here.code},,2026-01-01,2026-02-01"
    rows = [
        good,
        f"nobody,desk,{city.here.code},,,",
        f"{person.username},emperor,{city.here.code},,,",
        f"{person.username},desk,no-such-unit,,,",
        f"{person.username},desk,{city.there.code},,,",
        f"{person.username},handler,{city.here.code},,,",
        f"{person.username},handler,{city.here.code},{bureau.code},,",
        f"{person.username},handler,{city.here.code},no-such-body,,",
        f"{person.username},desk,{city.here.code},,2026-02-30,",
        f"{person.username},desk,{city.here.code},,2027-02-01,2026-02-01",
        good,
    ]
    columns = refused("username,role,unit,body,from,to\n" + "\n".join(rows), admin)
    assert columns == ["username", "role", "unit", "unit", "body", "body", "body", "from", "to", ""]
    with acting_as(SYSTEM):
        assert Post.objects.count() == before


def test_ten_thousand_bad_rows_are_all_reported(admin: Actor) -> None:
    rows = "\n".join(f"nobody{i},emperor,nowhere" for i in range(10_000))
    assert len(refused("username,role,unit\n" + rows, admin)) == 30_000


def test_a_post_held_already_is_a_problem_of_its_row(city: City, admin: Actor) -> None:
    person = make_staff()
    table = f"username,role,unit\n{person.username},desk,{city.here.code}\n"
    actions.import_posts(source=table.encode(), by=admin)
    assert refused(table, admin) == [""]


def test_a_post_that_has_ended_is_a_problem_of_its_row_too(city: City, admin: Actor) -> None:
    person = make_staff()
    row = f"username,role,unit,from,to\n{person.username},desk,{city.here.code},2020-01-01,2021-01-01\n"
    actions.import_posts(source=row.encode(), by=admin)
    assert refused(row, admin) == [""]


def test_a_missing_column_and_a_missing_right_are_told(city: City, admin: Actor) -> None:
    with pytest.raises(UnreadableTable):
        actions.import_posts(source=b"username,role\nx,desk\n", filename="posts.csv", by=admin)
    with pytest.raises(NotAllowed):
        actions.import_posts(source=b"", by=make_actor(Role.DESK, city.here))
