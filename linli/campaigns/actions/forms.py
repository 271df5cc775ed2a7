"""Forms become part of the system as they were compiled; another text is another version."""

from uuid import UUID

from linli.campaigns import errors, forms, queries
from linli.campaigns.models import FormVersion
from linli.campaigns.rules import Act
from linli.foundation.access import Actor


def publish_form(*, data: bytes, unit: UUID, by: Actor, asks_health: bool = False) -> FormVersion:
    """Compile an XLSForm and keep it, once for each id and version. It asks about health if it is said so, or by its questions' names.

    Raises `NotAllowed`, `VersionTaken` where another text has its version, and what `compile_xlsform` raises.
    """
    queries.require(by, Act.RUN, unit)
    form = forms.compile_xlsform(data)
    languages = list(form.title)
    row, new = FormVersion.objects.get_or_create(
        form_id=form.form_id,
        version=form.version,
        defaults={
            "unit_id": unit,
            "title": form.title[languages[0]][:200],
            "title_en": form.title.get("en", "")[:200],
            "xml": form.xml,
            "schema": form.schema,
            "asks_health": asks_health or form.asks_health,
            "source": bytes.fromhex(form.source),
        },
    )
    if not new and bytes(row.source) != bytes.fromhex(form.source):
        raise errors.VersionTaken(form=form.form_id, version=form.version)
    if asks_health and not row.asks_health:
        # Forgotten when it was published, and said now.
        queries.require(by, Act.RUN, row.unit_id)
        row.asks_health = True
        row.save(update_fields=["asks_health"])
    return row
