"""Inspections on the smart map: premises that an emergency closed, each as its last inspection left it.

Premises whose place nobody has written down are in the register alone.
"""

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from linli.campaigns import queries
from linli.campaigns.models import Premises, PremisesKind, Standing
from linli.campaigns.queries import premises
from linli.campaigns.rules import Act
from linli.cases import map_layers
from linli.cases.cells import Window
from linli.cases.map_layers import Layer, Mark
from linli.foundation.access import Actor

TONES = {Standing.CLOSED: "bad", Standing.APPLIED: "info", Standing.CONDITIONAL: "warn", Standing.OPENED: "good"}


def register() -> None:
    map_layers.register(
        Layer(
            name="inspections",
            label=gettext_lazy("Inspected premises"),
            window="/api/v1/campaigns/premises/window",
            mark=pgettext_lazy("sign on the map", "I"),
            tone="info",
            from_zoom=12,
            serves=lambda actor: queries.may(actor, Act.SEE),
            listed="/control/premises/",
            usual=False,
        )
    )


def in_window(actor: Actor, unit_id: UUID, window: Window) -> list[Mark]:
    """One statement. Raises NotAllowed, UnknownUnit."""
    return [_mark(row, inspected) for row, inspected in premises.in_window(actor, unit_id, window)]


def _mark(row: Premises, inspected: datetime | None) -> Mark:
    assert row.lon is not None
    assert row.lat is not None
    standing = Standing(row.standing)
    last = _("not inspected yet")
    if inspected:
        last = _("inspected on %(day)s") % {"day": date_format(timezone.localdate(inspected), _("M j, Y"))}
    return Mark(
        lon=row.lon,
        lat=row.lat,
        name=row.name,
        href=f"/control/premises/{row.pk}/",
        lines=" · ".join((str(PremisesKind(row.kind).label), str(standing.label), last)),
        tone=TONES[standing],
    )
