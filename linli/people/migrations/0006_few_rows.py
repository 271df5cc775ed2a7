"""Who may read posts and people is asked of the rows that are read, instead of listing every unit that one sees (300,000 for the city)."""

from django.db import migrations

from linli.foundation.rowsecurity import in_own_units, rescoped

# As they were (0002).
UNITS_SEEN = "SELECT id FROM territory_unit WHERE path && linli_units()"
UNITS_WITH_PEOPLE = "SELECT id FROM territory_unit WHERE path && linli_people_units()"


def person(where: str) -> str:
    return f"""
    id = linli_person()
    OR EXISTS (SELECT 1 FROM people_post WHERE people_post.person_id = people_person.id AND {where})
"""


def post(where: str) -> str:
    return f"""
    person_id = linli_person()
    OR body_id = ANY (linli_bodies())
    OR id = ANY ((SELECT people_delegated_posts())::uuid[])
    OR {where}
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0005_wechat"), ("territory", "0001_initial")]
    operations = [
        rescoped(
            "people_person",
            read=person("(SELECT own.path FROM territory_unit AS own WHERE own.id = people_post.unit_id) && linli_people_units()"),
            before=person(f"unit_id IN ({UNITS_WITH_PEOPLE})"),
        ),
        rescoped(
            "people_post",
            read=post(in_own_units("people_post.unit_id")),
            before=post(f"unit_id IN ({UNITS_SEEN})"),
        ),
    ]
