"""Who may read and write persons, posts and bodies. Signing in is the system's alone."""

from django.db import migrations

from linli.foundation.rowsecurity import scoped

FUNCTIONS = """
-- The units in which the actor may see people (Permission.SEE_PEOPLE).
CREATE FUNCTION linli_people_units() RETURNS uuid[] LANGUAGE sql STABLE AS
$$ SELECT coalesce(nullif(current_setting('linli.people_units', true), ''), '{}')::uuid[] $$;

-- The posts delegated to the actor. As the owner, because the policies of posts and delegations would else ask each other.
CREATE FUNCTION people_delegated_posts() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT coalesce(array_agg(post_id), '{}') FROM people_delegation WHERE to_person_id = linli_person() $$;
"""
REVERSE = "DROP FUNCTION people_delegated_posts(); DROP FUNCTION linli_people_units();"

UNITS_SEEN = "SELECT id FROM territory_unit WHERE path && linli_units()"
UNITS_WITH_PEOPLE = "SELECT id FROM territory_unit WHERE path && linli_people_units()"

PERSON = f"""
    id = linli_person()
    OR EXISTS (
        SELECT 1 FROM people_post WHERE people_post.person_id = people_person.id AND unit_id IN ({UNITS_WITH_PEOPLE})
    )
"""
POST = f"""
    person_id = linli_person()
    OR body_id = ANY (linli_bodies())
    OR id = ANY ((SELECT people_delegated_posts())::uuid[])
    OR unit_id IN ({UNITS_SEEN})
"""
POST_WRITE = f"unit_id IN ({UNITS_WITH_PEOPLE})"
# A post's own policy applies inside: whoever sees the post sees who acts on it.
DELEGATION = "to_person_id = linli_person() OR EXISTS (SELECT 1 FROM people_post WHERE people_post.id = post_id)"
DELEGATION_WRITE = f"""
    EXISTS (
        SELECT 1 FROM people_post WHERE people_post.id = post_id
        AND (people_post.person_id = linli_person() OR unit_id IN ({UNITS_WITH_PEOPLE}))
    )
"""
# The foundation shows an entry to whoever made it; its subject, and whoever sees the post, may read it too.
TIMELINE = """
CREATE POLICY people_timeline ON foundation_entry FOR SELECT USING (
    (subject_type = 'person' AND subject_id = (SELECT linli_person()))
    OR (subject_type = 'post' AND EXISTS (SELECT 1 FROM people_post WHERE people_post.id = subject_id))
);
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial"), ("foundation", "0003_guards"), ("territory", "0001_initial")]
    operations = [
        migrations.RunSQL(FUNCTIONS, REVERSE),
        scoped("people_person", read=PERSON, write="id = linli_person()"),
        scoped("people_body", read="true", write=POST_WRITE),
        scoped("people_post", read=POST, write=POST_WRITE),
        scoped("people_delegation", read=DELEGATION, write=DELEGATION_WRITE),
        scoped("people_recoverycode", read="person_id = linli_person()", write="false"),
        scoped("people_consent", read="person_id = linli_person()"),
        scoped("people_signincode", read="false", write="false"),
        scoped("people_signinattempt", read="false", write="false"),
        migrations.RunSQL(TIMELINE, "DROP POLICY people_timeline ON foundation_entry;"),
    ]
