"""The desk in the order of urgency, a search that stops at a full page, and saved views."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from linli.foundation.ids import uuid7
from linli.foundation.rowsecurity import scoped

# The moment by which somebody is to act: the limit; before filing, a day after the report; after the report back, three days to check
# and close. What is urgent moves up a day, an emergency above everything, a paused case to the end. Adding hours, unlike days, does not
# depend on a time zone, so this is immutable, though PostgreSQL does not say so of the operator.
URGENT = """
CREATE FUNCTION cases_urgent_at(
    handled timestamptz, due timestamptz, reported timestamptz, paused timestamptz, priority varchar
) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(handled + interval '72 hours', due, reported + interval '24 hours')
        + CASE WHEN paused IS NULL THEN interval '0' ELSE interval '720 hours' END
        - CASE priority WHEN 'emergency' THEN interval '720 hours' WHEN 'urgent' THEN interval '24 hours' ELSE interval '0' END
$$;
"""

# As before (0004), but from a key on, newest or most urgent first, so that a caller who fills a page asks for no more than that.
SEARCH = """
DROP FUNCTION cases_found(tsquery, integer, text, uuid, boolean);
CREATE FUNCTION cases_found(
    wanted tsquery, most integer, narrowed text, unit uuid, still_open boolean, urgent boolean, since timestamptz, last uuid
) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT c.id FROM cases_casetext t JOIN cases_case c ON c.id = t.case_id WHERE t.search @@ %L::tsquery AND (
            (SELECT linli_system())
            OR c.units && (SELECT linli_units())
            OR c.bodies && (SELECT linli_bodies())
            OR c.reporter_id = (SELECT linli_person())
        ) %s %s %s ORDER BY %s LIMIT %s',
        wanted,
        CASE WHEN narrowed IN ('district', 'subdistrict', 'community', 'quarter')
            THEN format('AND c.%I = %L', narrowed || '_id', unit) ELSE '' END,
        CASE WHEN still_open THEN 'AND c.closed_at IS NULL' ELSE '' END,
        CASE WHEN last IS NULL THEN ''
            WHEN urgent THEN format('AND c.urgent_at >= %L AND (c.urgent_at > %1$L OR c.id > %2$L)', since, last)
            ELSE format('AND c.id < %L', last) END,
        CASE WHEN urgent THEN 'c.urgent_at, c.id' ELSE 'c.id DESC' END,
        most);
END
$$;
"""
BACK = """
DROP FUNCTION cases_found(tsquery, integer, text, uuid, boolean, boolean, timestamptz, uuid);
CREATE FUNCTION cases_found(wanted tsquery, most integer, narrowed text, unit uuid, still_open boolean) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT c.id FROM cases_casetext t JOIN cases_case c ON c.id = t.case_id WHERE t.search @@ %L::tsquery AND (
            (SELECT linli_system()) OR c.units && (SELECT linli_units()) OR c.bodies && (SELECT linli_bodies())
            OR c.reporter_id = (SELECT linli_person())) %s %s ORDER BY c.id DESC LIMIT %s',
        wanted,
        CASE WHEN narrowed IN ('district', 'subdistrict', 'community', 'quarter')
            THEN format('AND c.%I = %L', narrowed || '_id', unit) ELSE '' END,
        CASE WHEN still_open THEN 'AND c.closed_at IS NULL' ELSE '' END,
        most);
END
$$;
"""
VIEW = "cases_savedview"
OWN = "owner_id = linli_person()"


def _by_urgency(column: str, name: str) -> list[migrations.RemoveIndex | migrations.AddIndex]:
    """An index of open cases, now in the order of urgency: few enough that newest first is sorted."""
    index = models.Index(fields=[column, "urgent_at", "id"], name=name, condition=Q(closed_at=None))
    return [migrations.RemoveIndex("case", name), migrations.AddIndex("case", index)]


class Migration(migrations.Migration):
    dependencies = [("cases", "0007_call_back"), ("people", "0001_initial"), ("territory", "0001_initial")]
    operations = [
        migrations.RunSQL(
            URGENT, "DROP FUNCTION cases_urgent_at(timestamptz, timestamptz, timestamptz, timestamptz, varchar)"
        ),
        migrations.AddField(
            "case",
            "urgent_at",
            models.GeneratedField(
                expression=models.Func(
                    F("handled_at"),
                    F("due_at"),
                    F("reported_at"),
                    F("paused_at"),
                    F("priority"),
                    function="cases_urgent_at",
                ),
                output_field=models.DateTimeField(),
                db_persist=True,
            ),
        ),
        *_by_urgency("district", "case_open_district"),
        *_by_urgency("subdistrict", "case_open_subdistrict"),
        *_by_urgency("community", "case_open_community"),
        *_by_urgency("lead_body", "case_open_lead"),
        migrations.AddIndex(
            "case", models.Index(fields=["urgent_at", "id"], name="case_open_urgent", condition=Q(closed_at=None))
        ),
        migrations.RunSQL(SEARCH, BACK),
        migrations.CreateModel(
            "SavedView",
            [
                ("id", models.UUIDField(default=uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=40)),
                ("query", models.CharField(max_length=500)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.person"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="territory.unit"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "savedview", models.UniqueConstraint(fields=["owner", "name"], name="saved_view_once")
        ),
        scoped(
            VIEW,
            read=f"{OWN} OR unit_id = ANY (linli_units())",
            write=OWN,
            insert=f"{OWN} AND (unit_id IS NULL OR unit_id = ANY (linli_units()))",
        ),
    ]
