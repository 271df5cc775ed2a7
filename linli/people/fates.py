"""The fate of each row of a table of posts, for the console's dry run (`foundation/imports.py`): this room's importer, asked."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linli.foundation import imports
from linli.foundation.access import ROLE_LABELS
from linli.foundation.imports import Examined, Importer, RowFate, Upload
from linli.foundation.models import Fate
from linli.foundation.tabular import ImportRefused, Row
from linli.people import effects, queries
from linli.people.actions import imports as posts
from linli.people.models import Post
from linli.territory import queries as territory

POSTS = "people.posts"


def register() -> None:
    imports.register(Importer(POSTS, gettext_lazy("posts"), examine, apply, _alone))


def _alone() -> None:
    """Imports wait for each other, so that each does what its dry run showed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('linli.people.posts'))")


def _about(rows: Iterable[Row]) -> dict[int, str]:
    """Of each row, by its number: account, role, unit and body, by their names where they are known."""
    rows = list(rows)
    roles = {role.value: str(label) for role, label in ROLE_LABELS.items()}
    bodies = {body.code: body.label for body in queries.bodies()}
    found = territory.find_by_codes({row["unit"] for row in rows if row["unit"].isprintable()})
    units = {code: effects.unit_name(unit.id) for code, unit in found.items()}
    about = {}
    for row in rows:
        role, unit, body = row["role"], row["unit"], row["body"]
        told = (row["username"], roles.get(role, role), units.get(unit, unit), bodies.get(body, body))
        about[row.number] = " · ".join(part for part in told if part)
    return about


def _lasts(row: Row) -> tuple[tuple[str, str, str], ...]:
    told = ((_("First day"), row["from"] or _("now")), (_("Before this day"), row["to"] or _("until ended")))
    return tuple((name, "–", value) for name, value in told)


def _asked(upload: Upload) -> dict[str, Any]:
    return {"source": upload.data, "filename": upload.filename, "by": upload.by, "say": upload.say}


def examine(upload: Upload) -> Examined:
    """Raises `UnreadableTable`, `NotAllowed`."""
    try:
        read = posts.read_posts(**_asked(upload))
    except ImportRefused as refusal:
        return Examined(imports.wrong_rows(refusal.problems, {}, posts.ALIASES))
    rows = {row.number: row for row in read.rows}
    about = _about(read.rows)
    wrong = imports.wrong_rows(list(read.problems), about, posts.ALIASES)
    spoilt = {fate.number for fate in wrong}
    new = [
        RowFate(number, Fate.NEW, about[number], _lasts(rows[number])) for number in read.posts if number not in spoilt
    ]
    same = [RowFate(number, Fate.SAME, about[number]) for number in read.held]
    fates = sorted([*wrong, *new, *same], key=lambda fate: fate.number)
    if not read.rows:
        fates = [RowFate(0, Fate.WRONG, str(_("the file as a whole")), (), _("The table has a heading and no rows."))]
    return Examined(fates, applied=bool(fates) and all(fate.fate is Fate.SAME for fate in fates))


def apply(upload: Upload) -> str:
    read = posts.read_posts(**_asked(upload))
    read.problems.raise_if_any()
    given: list[Post] = posts.appoint_all(read.posts.values(), by=upload.by)
    return reverse("people_post", args=[given[0].pk]) if len(given) == 1 else reverse("people_posts")
