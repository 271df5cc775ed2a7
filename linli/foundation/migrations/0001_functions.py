"""What every room's policies and triggers call, and the plain role's rights on everything that follows."""

from django.db import migrations

SQL = """
GRANT USAGE ON SCHEMA public TO linli_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO linli_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO linli_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO linli_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO linli_app;

CREATE SEQUENCE foundation_outbox_position;

CREATE FUNCTION linli_person() RETURNS uuid LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('linli.person', true), '')::uuid $$;
CREATE FUNCTION linli_units() RETURNS uuid[] LANGUAGE sql STABLE AS
$$ SELECT coalesce(nullif(current_setting('linli.units', true), ''), '{}')::uuid[] $$;
CREATE FUNCTION linli_bodies() RETURNS uuid[] LANGUAGE sql STABLE AS
$$ SELECT coalesce(nullif(current_setting('linli.bodies', true), ''), '{}')::uuid[] $$;
CREATE FUNCTION linli_system() RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT coalesce(current_setting('linli.system', true), '') = 'on' $$;

CREATE FUNCTION linli_refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$;
"""

REVERSE = """
DROP SEQUENCE foundation_outbox_position;
DROP FUNCTION linli_refuse_change(); DROP FUNCTION linli_system(); DROP FUNCTION linli_bodies();
DROP FUNCTION linli_units(); DROP FUNCTION linli_person();
"""


class Migration(migrations.Migration):
    initial = True
    operations = [migrations.RunSQL(SQL, REVERSE)]
