"""The situation report on the hour: its figures are kept for each running screening, so that an earlier hour can be opened again.

Kept are those of the city, its districts and its subdistricts, as far as the screening reaches, and of the screening's own unit. Of a
community or a quarter its sum alone: the counts of its buildings would tell of single households.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from linli.campaigns import queries
from linli.campaigns.actions.locks import hold_declaration
from linli.campaigns.merging import TO_REPEAT
from linli.campaigns.models import Campaign, KeptReport
from linli.campaigns.queries import kept_reports
from linli.campaigns.queries.console import QUIET_AFTER
from linli.campaigns.queries.coverage import Coverage
from linli.foundation import clock
from linli.foundation.access import acting_as, system
from linli.territory import queries as territory

log = logging.getLogger(__name__)


def keep_reports() -> int:
    """Keep those of this hour; as often as one likes. One that fails holds back no other. Returns how many were kept."""
    now = clock.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    if now - hour > kept_reports.LATE:
        return 0
    kept, by = 0, system("reports")
    with acting_as(by):
        for running in Campaign.objects.filter(closed_at=None).select_related("declaration").order_by("pk"):
            if not queries.is_open(running):
                continue
            try:
                with transaction.atomic():
                    hold_declaration(running.declaration_id)
                    kept += _keep(running, hour, now)
            except Exception:
                log.exception("The report of the screening %s could not be kept", running.pk)
    return kept


def _keep(running: Campaign, hour: datetime, now: datetime) -> int:
    if KeptReport.objects.filter(campaign=running, unit=running.unit_id, hour=hour).exists():
        return 0
    parts = _parts(running)
    followed = _summed(_FOLLOWED, [running.pk])
    silent = _summed(_SILENT, [now - QUIET_AFTER, running.pk])
    to_desk = _summed(_TO_DESK, [running.pk, sorted(TO_REPEAT), running.most_attempts])
    rows = [
        KeptReport(
            campaign=running,
            unit_id=unit,
            hour=hour,
            at=now,
            figures={
                "parts": [kept_reports.written(part) for part in parts[unit]],
                "followed": followed.get(unit, {}),
                "silent": silent.get(unit, {}).get("", 0),
                "to_desk": to_desk.get(unit, {}).get("", 0),
            },
        )
        for unit in sorted(parts)
    ]
    KeptReport.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return len(rows)


def _parts(running: Campaign) -> dict[UUID, list[Coverage]]:
    """By unit, from the screening's own down to subdistricts, its parts."""
    top = territory.unit(running.unit_id)
    if top.level not in kept_reports.WITH_PARTS:
        whole = kept_reports.together(top.id, queries.coverage(system("reports"), running, top.id))
        return {top.id: [whole] if whole else []}
    found: dict[UUID, list[Coverage]] = {top.id: []}
    asked = [top]
    for unit in asked:
        found[unit.id] = queries.coverage(system("reports"), running, unit.id)
        below = [territory.unit(part.unit_id) for part in found[unit.id]]
        asked += [one for one in below if one.level in kept_reports.WITH_PARTS]
    return found


# How many of a kind there are below a unit's path.
_FOLLOWED = """
SELECT own.path, rule, count(DISTINCT door) FROM campaigns_followup JOIN territory_unit AS own ON own.id = community_id
WHERE campaign_id = %s GROUP BY 1, 2
"""
_SILENT = """
SELECT own.path, '', count(*) FROM campaigns_team AS team JOIN territory_unit AS own ON own.id = team.unit_id
WHERE out_at IS NULL AND coalesce(synced_at, formed_at) <= %s AND campaign_id = %s GROUP BY 1
"""
_TO_DESK = """
SELECT own.path, '', count(*) FROM campaigns_door JOIN territory_unit AS own ON own.id = community_id
WHERE campaign_id = %s AND outcome = ANY (%s) AND visits >= %s GROUP BY 1
"""


def _summed(statement: str, values: Sequence[Any]) -> Mapping[UUID, Mapping[str, int]]:
    """By unit, those above included, and kind."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: Iterable[tuple[Sequence[UUID], str, int]] = cursor.fetchall()
    sums: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for path, kind, count in rows:
        for unit in path:
            sums[unit][kind] += count
    return sums
