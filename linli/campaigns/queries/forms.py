"""Forms that were published, and their versions."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from linli.campaigns.models import FormVersion
from linli.foundation.errors import NotFound
from linli.territory import queries as territory

SHOWN = 200


def published(units: Sequence[UUID]) -> list[FormVersion]:
    """Every version of the forms of these units, of those above and of those below; forms by their id, the newest version first."""
    above = {one for unit in units for one in territory.unit(unit).path}
    found = FormVersion.objects.filter(Q(unit__in=above) | Q(unit__path__overlap=list(units)))
    return list(found.defer("xml", "schema").order_by("form_id", "-at", "-pk")[:SHOWN])


def form(form_id: UUID) -> FormVersion:
    """What is asked is public. Raises `NotFound`."""
    found = FormVersion.objects.defer("xml").filter(pk=form_id).first()
    if found is None:
        raise NotFound
    return found


def versions_of(row: FormVersion) -> list[FormVersion]:
    """The newest first."""
    return list(FormVersion.objects.filter(form_id=row.form_id).defer("xml", "schema").order_by("-at", "-pk")[:SHOWN])
