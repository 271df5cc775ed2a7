"""Reasons in words: why this person, and why not that one. Kept as parts, said in the reader's language."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from linli.cases.pages import words as case_words
from linli.dispatch import queries, rules
from linli.dispatch.solver import Line, Obstacle, Undone, Why
from linli.foundation import moments


def line_as_json(line: Line) -> dict[str, Any]:
    """A line as a proposal keeps it."""
    return {
        "task": line.task,
        "worker": line.worker,
        "metres": line.metres,
        "arrives": line.arrives.isoformat(),
        "spare_minutes": _minutes(line.spare),
        "holds": line.holds,
        "nearer": line.nearer,
        "skills": list(line.skills),
        "after": line.after,
        "alternatives": [why_as_json(why) for why in line.alternatives],
    }


def undone_as_json(undone: Undone) -> dict[str, Any]:
    """What nobody can do: why not whoever is on duty, the nearest first, then the others; `more` says how many are left out."""
    nearest = sorted(undone.why, key=lambda why: (why.obstacle is Obstacle.ABSENT, why.metres is None, why.metres or 0))
    kept = nearest[: rules.MOST_REASONS]
    return {"task": undone.task, "why": [why_as_json(why) for why in kept], "more": len(nearest) - len(kept)}


def why_as_json(why: Why) -> dict[str, Any]:
    return {
        "worker": why.worker,
        "obstacle": why.obstacle.value,
        "skills": list(why.skills),
        "holds": why.holds,
        "metres": why.metres,
        "arrives": why.arrives.isoformat() if why.arrives else None,
        "ends": why.ends.isoformat() if why.ends else None,
    }


def _minutes(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds() // 60)


def because(line: Mapping[str, Any], *, chosen: bool = True) -> str:
    """“nearest with the skill Lift, 2 open tasks, 640 m, there 9:40, 12 min before the limit”.

    Of those who were not `chosen` it is not said that they fit best.
    """
    parts = [_how_near(line)] if chosen or not line["nearer"] else []
    parts += [open_tasks(line["holds"]), distance(line["metres"])]
    parts.append(_("there at %(time)s") % {"time": clock_time(line["arrives"])})
    if (spare := line["spare_minutes"]) is not None:
        parts.append(_("%(span)s before the limit") % {"span": span(spare)} if spare >= 0 else _("overdue already"))
    return pgettext("between parts of a reason", ", ").join(parts)


def _how_near(line: Mapping[str, Any]) -> str:
    skills = skill_names(line["skills"])
    if line["after"]:
        return (
            _("on the way from another task")
            if not skills
            else _("on the way, with the skill %(skills)s") % {"skills": skills}
        )
    if line["nearer"]:
        said = ngettext("best fit, %(count)s nearer", "best fit, %(count)s nearer", line["nearer"])
        return said % {"count": line["nearer"]}
    return _("nearest with the skill %(skills)s") % {"skills": skills} if skills else _("nearest")


def for_team(name: str, because: str) -> str:
    """The reason as the leader of a team reads it."""
    return _("for the team %(team)s: %(because)s") % {"team": name, "because": because}


def why_not(why: Mapping[str, Any]) -> str:
    """Why somebody is not sent, in one sentence."""
    return _SAID[Obstacle(why["obstacle"])](why)


_SAID: dict[Obstacle, Callable[[Mapping[str, Any]], str]] = {
    Obstacle.ABSENT: lambda why: _("not on duty now"),
    Obstacle.NO_POSITION: lambda why: _("nobody knows where they are: let them tap “Arrived” once with their position"),
    Obstacle.NO_PLACE: lambda why: _("the case has no place: correct it first"),
    Obstacle.OTHER_TEAM: lambda why: _("works for another body than the one whose duty it is"),
    Obstacle.NO_SKILL: lambda why: _("does not have the skill %(skills)s") % {"skills": skill_names(why["skills"])},
    Obstacle.FULL: lambda why: _("holds %(count)s tasks already") % {"count": why["holds"]},
    Obstacle.SHIFT_ENDS: lambda why: (
        _("the shift ends at %(time)s, before it would be done") % {"time": clock_time(why["ends"])}
    ),
    Obstacle.TOO_FAR: lambda why: (
        _("would be there at %(time)s, after the limit (%(distance)s away)")
        % {"time": clock_time(why["arrives"]), "distance": distance(why["metres"])}
    ),
    Obstacle.BUSY: lambda why: _("does other tasks of this proposal"),
    Obstacle.FARTHER: lambda why: (
        _("could go, but is farther away (%(distance)s)") % {"distance": distance(why["metres"])}
    ),
}


def skill_names(codes: Any) -> str:
    chinese = (get_language() or "").startswith("zh")
    named = (
        {skill.code: skill.name if chinese or not skill.name_en else skill.name_en for skill in queries.skills()}
        if codes
        else {}
    )
    return _(", ").join(named.get(code, code) for code in codes)


def open_tasks(count: int) -> str:
    return ngettext("%(count)s open task", "%(count)s open tasks", count) % {"count": count}


def stops(count: int) -> str:
    return ngettext("%(count)s stop", "%(count)s stops", count) % {"count": count}


def distance(metres: int | None) -> str:
    return "" if metres is None else case_words.distance(metres)


def span(minutes: int) -> str:
    return case_words.span(timedelta(minutes=minutes))


def clock_time(moment: str | datetime | None) -> str:
    if moment is None:
        return ""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return timezone.localtime(at).strftime("%H:%M")


def hours(begins: datetime | None, ends: datetime | None) -> str:
    """“08:00–18:00”, with the day where it is not today's."""
    if begins is None or ends is None:
        return ""
    day = timezone.localtime(begins).date()
    said = f"{clock_time(begins)}–{clock_time(ends)}"
    return said if day == timezone.localdate() else f"{moments.day(day)} {said}"
