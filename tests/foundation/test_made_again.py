"""What tests are given again (factories/again.py) is what was made: every row of every table, and what was given back."""

from django.db import connection, transaction
from factories import again
from factories.world import forget_caches, make_world

from linli.territory.models import Unit


def rows() -> dict[str, list[str]]:
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT one::text FROM "{table}" one ORDER BY 1')
            found[table] = [row[0] for row in cursor.fetchall()]
    return found


def test_the_same_rows_stand_in_every_table(db: None, as_system: None) -> None:
    before = rows()
    with transaction.atomic():
        made = again.record(make_world)
        first = rows()
        transaction.set_rollback(True)
    forget_caches()
    assert rows() == before

    made.again()
    assert rows() == first != before
    forget_caches()


def test_no_test_changes_another_one_s_city(db: None, as_system: None) -> None:
    with transaction.atomic():
        made = again.record(make_world)
        transaction.set_rollback(True)
    with transaction.atomic():
        first = made.again()
        first.units["Q"].name = "another"
        del first.bodies["east"]
        transaction.set_rollback(True)

    second = made.again()
    assert second.units["Q"].name != "another"
    assert "east" in second.bodies
    assert second.id("Q") == first.id("Q")
    assert Unit.objects.get(code="Q").pk == second.id("Q")
    forget_caches()
