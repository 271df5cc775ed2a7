"""The tests' own stage: what one module leaves, the next one does not find."""

import pytest
from django.db import connection
from factories import databases

from stories.fixtures import kept


def test_no_connection_stays_open_to_a_database_that_was_left(
    django_db_setup: None, template_database: str, django_db_blocker: pytest.FixtureRequest
) -> None:
    """Opened before the browser's loop runs in this thread, it would be there again after it: a whole module wrote into another's city."""
    kept.close()
    with databases.of_its_own(template_database, "left", django_db_blocker) as name:
        assert works_on() == name
        kept.playwright()
    kept.close()
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        assert works_on() == connection.settings_dict["NAME"] != name


def works_on() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        return str(cursor.fetchone()[0])
