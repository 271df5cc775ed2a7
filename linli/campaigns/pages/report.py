"""The situation report of a screening, as of an hour: as a page, as PDF, and as a spreadsheet with exactly the doors not reached."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.campaigns import following, queries
from linli.campaigns.merging import is_left_to_desk
from linli.campaigns.models import Campaign, Outcome
from linli.campaigns.pages import report_hours as hours
from linli.campaigns.pages import words
from linli.campaigns.pages.common import name_of, names_of, percent, reader, said
from linli.campaigns.pages.screening.area import unit_of
from linli.campaigns.queries import Coverage, console, kept_reports
from linli.campaigns.queries.console import DoorLeft, QuietTeam
from linli.campaigns.queries.kept_reports import Kept
from linli.campaigns.rules import Rate, rate
from linli.foundation import clock, fonts
from linli.foundation.access import Actor
from linli.foundation.documents import PDF
from linli.foundation.report_table import Table
from linli.foundation.sheets import book_answer
from linli.territory.index import UnitInfo

# Buildings of which the page and the PDF name the doors: those with most left.
BUILDINGS, DOORS_A_LINE = 20, 20


@dataclass(frozen=True, slots=True)
class Situation:
    """What the report tells, read at one moment."""

    actor: Actor
    row: Campaign
    unit: UnitInfo
    at: datetime
    parts: Sequence[Coverage]
    names: dict[UUID, str]
    quiet: Sequence[QuietTeam]
    # For how many doors each rule opened a follow-up.
    followed: Mapping[str, int]
    # Doors that were visited in vain as often as is tried; None of an area with too many doors to look at each.
    to_desk: Sequence[DoorLeft] | None
    # Those with most doors left, and how many.
    buildings: Mapping[UUID, int]
    # Of an earlier hour: its figures. Then nothing is known of single teams, buildings and doors.
    kept: Kept | None = None

    @property
    def title(self) -> str:
        return _("Situation report · %(name)s") % {"name": self.row.name}

    @property
    def below(self) -> str:
        local = timezone.localtime(self.at)
        if self.kept is not None:
            return _("%(unit)s · %(hour)s · counted at %(at)s, kept since") % {
                "unit": name_of(self.unit.id),
                "hour": date_format(local.replace(minute=0), _("F j, Y, G:00")),
                "at": f"{local:%H:%M:%S}",
            }
        told = {"unit": name_of(self.unit.id), "hour": date_format(local, _("F j, Y, G:00")), "at": f"{local:%H:%M:%S}"}
        return _("%(unit)s · %(hour)s · counted at %(at)s") % told

    def count(self, name: str) -> int:
        return sum(getattr(part, name) for part in self.parts)

    def outcome(self, outcome: Outcome) -> int:
        return sum(part.outcomes[outcome] for part in self.parts)

    @property
    def filename(self) -> str:
        return f"situation-{self.unit.code}-{timezone.localtime(self.at):%Y%m%d-%H%M}"


def _read(request: HttpRequest, campaign_id: UUID) -> Situation:
    actor, running = reader(request), queries.campaign(campaign_id)
    unit = unit_of(actor, running, request.GET.get("unit"))
    hour = hours.asked(request)
    if hour is not None:
        kept = kept_reports.kept(actor, running, unit.id, hour)
        names = names_of([part.unit_id for part in kept.parts])
        return Situation(actor, running, unit, kept.at, kept.parts, names, [], kept.followed, None, {}, kept)
    now = clock.now()
    parts = queries.coverage(actor, running, unit.id)
    buildings = console.buildings_left(actor, running, unit.id, BUILDINGS)
    few = sum(part.doors for part in parts) <= console.MOST_LISTED
    to_desk = console.left_to_desk(actor, running, unit.id) if few else None
    tried = (door.building for door in to_desk or ())
    names = names_of(list(dict.fromkeys([*(part.unit_id for part in parts), *buildings, *tried])))
    quiet = console.quiet_teams(actor, running, unit.id, now)
    followed = console.followed_up(actor, running, unit.id)
    return Situation(actor, running, unit, now, parts, names, quiet, followed, to_desk, buildings)


def _tables(found: Situation) -> list[Table]:
    doors = found.count("doors")
    part_columns = [_("Doors"), _("Reached"), _("To repeat"), _("Not visited"), _("Set aside")]
    return [
        Table(
            "standing",
            _("How far it is"),
            [pgettext("of the screen", "Figure"), _("Doors"), _("Share")],
            [[label, f"{count:,}", percent(count, doors)] for label, count in _figures(found)] if found.parts else [],
            none=_("The doors are not divided yet."),
        ),
        Table(
            "parts",
            _("Parts of this area"),
            [_("Unit"), *part_columns],
            [
                [
                    found.names.get(part.unit_id, ""),
                    f"{part.doors:,}",
                    f"{part.reached:,} ({percent(part.reached, part.doors)})",
                    f"{part.to_repeat:,}",
                    f"{part.not_visited:,}",
                    f"{part.aside:,}",
                ]
                for part in found.parts
            ],
            none=_("The doors are not divided yet."),
        ),
        _found_table(found),
        *([hours.left_table(found.kept)] if found.kept else _exact_tables(found)),
    ]


def _exact_tables(found: Situation) -> list[Table]:
    """What is known at this moment alone: teams, buildings and doors, each by its name."""
    return [
        Table(
            "quiet",
            _("Teams not heard of for 3 hours"),
            [_("Team"), _("Doors"), _("Reached"), _("Last heard of")],
            [
                [
                    line.name,
                    f"{line.doors:,}",
                    f"{line.reached:,}",
                    said(line.synced_at) if line.synced_at else _("not yet"),
                ]
                for line in found.quiet
            ],
            none=_("None."),
        ),
        _left_table(found),
        _desk_table(found),
    ]


def _figures(found: Situation) -> list[tuple[Any, int]]:
    reached = found.count("reached")
    return [
        (_("Reached"), reached),
        *((words.OUTCOMES[outcome][1], found.outcome(outcome)) for outcome in words.OUTCOMES),
        (_("Not visited"), found.count("not_visited")),
        (_("Not reached in all"), found.count("doors") - reached),
        (_("Found, on no list"), found.count("found")),
    ]


def _rates(found: Situation) -> list[tuple[str, int, Rate | None]]:
    """What was found, for how many doors, and of those reached: by the rules of answers, in their order."""
    reached = found.count("reached")
    counted = [(rule.label, found.followed[rule.name]) for rule in following.RULES if rule.name in found.followed]
    return [(str(label), count, rate(count, reached)) for label, count in counted]


def _found_table(found: Situation) -> Table:
    return Table(
        "found",
        _("What was found at the doors"),
        [_("Follow-up"), _("Households"), _("Per 100,000 households reached")],
        [[label, f"{count:,}", str(told) if told else "–"] for label, count, told in _rates(found)],
        note=_("Households that refused or moved away count as reached. In brackets, what the rate was made of."),
        none=_("No answer has led to a follow-up."),
    )


def _left_table(found: Situation) -> Table:
    """By building, those with most left first, each with its doors as far as a line holds them."""
    by_building = console.first_left(found.row, list(found.buildings), DOORS_A_LINE + 1)
    rows = [
        [
            found.names.get(building, ""),
            f"{found.buildings[building]:,}",
            " ".join(doors[:DOORS_A_LINE]) + (" …" if doors[DOORS_A_LINE:] else ""),
        ]
        for building, doors in by_building.items()
    ]
    none = _("Every door was reached.") if found.parts else _("The doors are not divided yet.")
    note = ""
    in_all = found.count("buildings_left")
    if in_all > BUILDINGS:
        note = _("The %(shown)s buildings with most left, of %(count)s; the spreadsheet names every door.") % {
            "shown": BUILDINGS,
            "count": f"{in_all:,}",
        }
    columns = [_("Building"), _("Not reached"), _("Doors")]
    return Table("left", _("Not reached, exactly"), columns, rows, note, none, figures=False, widths=(2, 1, 6))


def _desk_table(found: Situation) -> Table:
    """By building, with the doors that were tried most often first."""
    by_building: dict[UUID, list[str]] = defaultdict(list)
    for door in found.to_desk or ():
        by_building[door.building].append(door.label)
    rows = [
        [
            found.names.get(building, ""),
            f"{len(doors):,}",
            " ".join(doors[:DOORS_A_LINE]) + (" …" if doors[DOORS_A_LINE:] else ""),
        ]
        for building, doors in list(by_building.items())[:BUILDINGS]
    ]
    note = _("%(count)s doors in %(buildings)s buildings were visited %(attempts)s times or more, and not reached.") % {
        "count": f"{len(found.to_desk or ()):,}",
        "buildings": f"{len(by_building):,}",
        "attempts": found.row.most_attempts,
    }
    none = _("No door was visited in vain so often.")
    if found.to_desk is None:
        none = _("The area is too large for a list of doors: choose one of its parts.")
    columns = [_("Building"), _("Left to the desk"), _("Doors")]
    return Table("desk", _("Left to the desk"), columns, rows, note, none, figures=False, widths=(2, 1, 6))


@require_safe
@never_cache
def report(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    found = _read(request, campaign_id)
    hour = hours.asked(request)
    area = f"?{urlencode({'unit': found.unit.id})}"
    asked = f"{area}&hour={hours.written(hour)}" if hour else area
    context = {
        "row": found.row,
        "title": found.title,
        "below": found.below,
        "tables": _tables(found),
        "fonts": fonts.noto() is not None,
        "pdf": f"/control/screenings/{campaign_id}/report.pdf{asked}",
        "xlsx": f"/control/screenings/{campaign_id}/report.xlsx{asked}",
        "screening": f"/control/screenings/{campaign_id}/{area}",
        "unit": found.unit,
        "hours": hours.choice(found.actor, found.row, found.unit, hour),
    }
    return render(request, "campaigns/report.html", context)


@require_safe
@never_cache
def as_pdf(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Raises NoFonts."""
    from linli.foundation import report_pdf  # brings fpdf; only who asks for a PDF pays it

    found = _read(request, campaign_id)
    content = report_pdf.written(title=found.title, below=found.below, tables=_tables(found))
    answer = HttpResponse(content, content_type=PDF)
    answer["Content-Disposition"] = f'attachment; filename="{found.filename}.pdf"'
    return answer


@require_safe
@never_cache
def as_xlsx(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    found = _read(request, campaign_id)
    standing, parts, at_doors, quiet_or_left, *_left = _tables(found)
    sheets: dict[str, list[list[Any]]] = {
        standing.title: [
            [found.title],
            [found.below],
            list(standing.columns),
            *([str(cell) for cell in row] for row in standing.rows),
        ],
        parts.title: [
            [_("Unit"), _("Doors"), _("Reached"), _("To repeat"), _("Not visited"), _("Set aside")],
            *(
                [found.names.get(one.unit_id, ""), one.doors, one.reached, one.to_repeat, one.not_visited, one.aside]
                for one in found.parts
            ),
        ],
        at_doors.title[:31]: [
            [_("Follow-up"), _("Households"), _("Households reached"), _("Per 100,000 households reached")],
            *(
                [label, count, told.of, round(float(told.per_100_000), 2)] if told else [label, count, 0, "–"]
                for label, count, told in _rates(found)
            ),
        ],
        quiet_or_left.title[:31]: [
            list(quiet_or_left.columns),
            *([str(cell) for cell in row] for row in quiet_or_left.rows),
        ],
    }
    if found.kept:
        return book_answer(f"{found.filename}.xlsx", sheets)
    if found.count("not_reached") > console.MOST_LISTED:
        sheets[_("Not reached")] = [[_("The area is too large for a list of doors: choose one of its parts.")]]
    else:
        buildings = list(console.buildings_left(found.actor, found.row, found.unit.id))
        names, desk = names_of(buildings), _("Left to the desk")

        def tried(door: DoorLeft) -> str:
            return desk if is_left_to_desk(door.outcome, door.visits, found.row.most_attempts) else ""

        sheets[_("Not reached")] = [
            [_("Building"), _("Door"), _("Outcome"), _("Visits"), _("Left to the desk")],
            *(
                [
                    names.get(door.building, ""),
                    door.label,
                    str(words.outcome(door.outcome)[1]),
                    door.visits,
                    tried(door),
                ]
                for door in console.left_in(found.row, buildings)
            ),
        ]
    return book_answer(f"{found.filename}.xlsx", sheets)
