"""Forms become part of the system as they were compiled; another text is another version."""

from uuid import UUID

from linli.campaigns import errors, forms, queries
from linli.campaigns.models import FormVersion
from linli.campaigns.rules import Act
from linli.foundation.access import Actor


def publish_form(*, data: bytes, unit: UUID, by: Actor) -> FormVersion:
    """Compile an XLSForm and keep it, once for each id and version.

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
            "source": bytes.fromhex(form.source),
        },
    )
    if not new and bytes(row.source) != bytes.fromhex(form.source):
        raise errors.VersionTaken(form=form.form_id, version=form.version)
    return row
