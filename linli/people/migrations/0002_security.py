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

-- An active account with its posts at a moment, then those that it acts on for somebody absent, each in the order in which they came.
-- Every request of somebody who has signed in asks this. As the owner, because the policies of four tables cost a multiple of
-- the reading; therefore it answers about nobody but the actor. A resident's account holds no post, whatever the tables say: its
-- sign-in is a phone code.
CREATE FUNCTION people_account(wanted uuid, moment timestamptz) RETURNS TABLE (person people_person, held jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF wanted IS DISTINCT FROM linli_person() THEN RETURN; END IF;
    SELECT * INTO person FROM people_person WHERE id = wanted AND active;
    IF NOT FOUND THEN RETURN; END IF;
    IF person.username IS NOT NULL THEN
        SELECT jsonb_agg(
            jsonb_build_array(h.role, h.unit_id, h.body_id, h.delegated, unit.name) ORDER BY h.delegated, h.valid_from
        ) INTO held
        FROM (
            SELECT role, unit_id, body_id, valid_from, false AS delegated FROM people_post
            WHERE person_id = wanted AND valid_from <= moment AND (valid_to IS NULL OR valid_to > moment)
            UNION ALL
            SELECT post.role, post.unit_id, post.body_id, delegation.valid_from, true
            FROM people_delegation delegation JOIN people_post post ON post.id = delegation.post_id
            WHERE delegation.to_person_id = wanted
              AND delegation.valid_from <= moment AND delegation.valid_to > moment
              AND post.valid_from <= moment AND (post.valid_to IS NULL OR post.valid_to > moment)
        ) h LEFT JOIN territory_unit unit ON unit.id = h.unit_id;
    END IF;
    RETURN NEXT;
END $$;
"""
REVERSE = "DROP FUNCTION people_account(uuid, timestamptz); DROP FUNCTION people_delegated_posts(); DROP FUNCTION linli_people_units();"

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
