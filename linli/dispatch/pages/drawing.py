"""What stands on the map of this room's pages: cases, people and the ways between them, as SVG."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.utils.safestring import SafeString

from linli.dispatch import queries, solver
from linli.dispatch.crews import path_of
from linli.dispatch.models import Proposal
from linli.dispatch.pages import shown
from linli.dispatch.pages.common import address
from linli.dispatch.queries import Situation
from linli.foundation import markup
from linli.territory import maps
from linli.territory.index import UnitInfo

Mark = Mapping[str, object]

_AREA = '<a href="/dispatch/?unit={id}" aria-label="{name}"><path class="area" d="{points}"/></a>'
_NAME = '<text x="{x}" y="{y}" font-size="12" aria-hidden="true">{name}</text>'
_WAY = '<line class="dispatch-way" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'
# The live map reads what the circle says of itself.
_MARK = (
    '<a href="{href}" class="dispatch-mark {tone}" aria-label="{title}"><circle data-at="{at}" data-mark="{text}" data-tone="{tone}" '
    'data-name="{title}" data-href="{href}" cx="{x}" cy="{y}" r="8"/>'
    '<text x="{x}" y="{label_y}" font-size="10" aria-hidden="true">{text}</text></a>'
)


def areas(drawn: maps.Map) -> SafeString:
    """The units of the map, each leading to its own page."""
    return markup.written(
        _AREA, {}, ({"id": area.id, "name": area.name, "points": area.points} for area in drawn.areas)
    )


def names(drawn: maps.Map) -> SafeString:
    """Their names, where they fit."""
    named = (area for area in drawn.areas if area.labelled)
    return markup.written(
        _NAME, {}, ({"x": _svg(area.label_x), "y": _svg(area.label_y), "name": area.name} for area in named)
    )


def _svg(number: float) -> str:
    return f"{number:.1f}"


def marks(drawn: maps.Map, unit: UnitInfo, here: Situation, workers: list[shown.Worker]) -> SafeString:
    """Cases by their numbers, people by their first sign; whoever is somewhere in the unit has no mark."""
    found = []
    for number, work in enumerate(here.work, start=1):
        if work.task.place is not None:
            title = f"{number}: {work.case.text.title}"
            tone = "bad" if work.task.priority is solver.Priority.EMERGENCY else "warn"
            found.append(mark(drawn, work.task.place, str(number), title, tone, f"/case/{work.case.reference}/"))
    return markup.written(_MARK, {}, found + people(drawn, unit, workers))


def stops(drawn: maps.Map, unit: UnitInfo, here: Situation, lines: Sequence[Mapping[str, Any]]) -> SafeString:
    """The stops of some rounds, each with its number in its round; and where everybody begins."""
    known = {str(work.case.id): work for work in here.work}
    found, numbers = [], Counter[str]()
    for line in lines:
        numbers[line["worker"]] += 1
        work = known.get(line["task"])
        if work is None or work.task.place is None:
            continue
        name, number = shown.name_of(here, line["worker"]), numbers[line["worker"]]
        title = f"{name} · {number}: {work.case.text.title}"
        found.append(mark(drawn, work.task.place, str(number), title, "warn", f"/case/{work.case.reference}/"))
    going = [worker for worker in shown.workers(here) if worker.person.worker.id in numbers]
    return markup.written(_MARK, {}, found + people(drawn, unit, going))


def people(drawn: maps.Map, unit: UnitInfo, workers: Sequence[shown.Worker]) -> list[Mark]:
    """Everybody whose place is known, by their first sign; a team leads to its own page."""
    found = []
    for worker in workers:
        one = worker.person
        if one.worker.place is not None and not one.place_is_guess:
            own = path_of(one.person_id, one.body_id, unit.id)
            path = f"/dispatch/teams/{one.team_id}/" if one.team_id else own
            title = f"{one.name} · {worker.holds}"
            found.append(mark(drawn, one.worker.place, one.name[:1], title, "person", address(path, unit.id)))
    return found


def mark(drawn: maps.Map, at: tuple[float, float], text: str, title: str, tone: str, href: str) -> Mark:
    x, y = drawn.frame.point(*at)
    said = {"text": text, "title": title, "tone": tone, "href": href}
    return {**said, "at": f"{at[0]},{at[1]}", "x": _svg(x), "y": _svg(y), "label_y": _svg(y + 4)}


def ways(drawn: maps.Map, here: Situation, lines: Sequence[Mapping[str, Any]]) -> SafeString:
    """The lines through the air, as the drawing has them: the live map asks how they lead along the streets."""
    found = []
    for leg in queries.legs(here, lines):
        begins, ends = drawn.frame.point(*leg.begins), drawn.frame.point(*leg.ends)
        found.append({"x1": _svg(begins[0]), "y1": _svg(begins[1]), "x2": _svg(ends[0]), "y2": _svg(ends[1])})
    return markup.written(_WAY, {}, found)


def ways_href(proposal: Proposal, lines: Sequence[Mapping[str, Any]]) -> str:
    """Where the live map asks; nowhere without lines."""
    asked = urlencode([("case", line["task"]) for line in lines])
    return f"/api/v1/dispatch/proposals/{proposal.id}/ways?{asked}" if lines else ""
