"""Fails when a model has changed and no migration says so, or when two migrations follow one.

Asks no database: only models and migration files are compared.
"""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")


def main() -> int:
    import django

    django.setup()
    from django.apps import apps
    from django.conf import settings
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.state import ProjectState
    from django.utils import translation

    # A label in another language is not another model.
    translation.deactivate_all()
    loader = MigrationLoader(None)
    for label, names in loader.detect_conflicts().items():
        print(f"{label}: two migrations follow one: {', '.join(sorted(names))}")
        return 1
    detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    found = detector.changes(graph=loader.graph, trim_to_apps=set(settings.ROOMS))
    for label, migrations in found.items():
        for migration in migrations:
            for operation in migration.operations:
                print(f"{label}: {operation.describe()}: run python manage.py makemigrations {label}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
