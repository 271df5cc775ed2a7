"""What a change of duties or limits will do, told before it is saved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.duties import queries, rules, shown
from linli.duties.actions import catalogue
from linli.duties.actions.catalogue import Terms
from linli.duties.actions.classes import Edit
from linli.duties.actions.rows import said
from linli.duties.actions.stages import Promised
from linli.duties.book import ClassInfo
from linli.duties.models import Duty, DutyRole, Priority, Stage, StageLimit, Task
from linli.foundation.preview import Effect, Line
from linli.people import queries as people
from linli.territory import queries as territory


@dataclass(frozen=True, slots=True)
class OpenCases:
    """Open cases of some classes in a unit: those with a body, those that will be sent to one; of these, those not filed yet."""

    dispatched: int
    waiting: int
    unfiled: int = 0

    @property
    def filed(self) -> int:
        return self.dispatched + self.waiting - self.unfiled


Count = Callable[[Sequence[UUID], UUID | None], OpenCases]
_count: Count | None = None


def cases_are_counted_by(count: Count) -> None:
    """The cases stand below this room; they say how many are concerned. Called in their AppConfig.ready."""
    global _count
    _count = count


def open_cases(class_ids: Sequence[UUID], unit_id: UUID | None = None) -> OpenCases:
    return _count(class_ids, unit_id) if _count else OpenCases(0, 0)


def of_limits(info: ClassInfo, terms: Terms) -> Effect:
    """New limits of a class, from now on."""
    old = None
    if info.limit and info.response:
        limit, response = Decimal(str(info.limit.amount)), Decimal(str(info.response.amount))
        old = Terms(limit, info.limit.kind.value, response, info.response.kind.value, info.proof_required)
    changes = shown.changes_in_words(catalogue.changes_of({"terms": (old, terms)}))
    running = open_cases([info.id]).filed
    follows = [Line(_("They hold for cases that are filed from now on."))]
    if running:
        told = ngettext(
            "%(count)s open case that is filed keeps the clock that it was filed with.",
            "%(count)s open cases that are filed keep the clock that they were filed with.",
            running,
        )
        follows.append(Line(told % {"count": f"{running:,}"}))
    return Effect(_("New limits: %(class)s") % {"class": f"{info.code} {info.label}"}, changes, follows)


def of_new_class(edit: Edit) -> Effect:
    """A class that is not there yet: who would lead it, by the rows of the classes above it."""
    title = _("A new class: %(class)s") % {"class": f"{edit.code} {edit.draft.fields['name']}"}
    changes = shown.changes_in_words(catalogue.changes_of(edit.differences))
    if edit.above is None:
        return Effect(title, changes, [Line(_("A major class: reports name the classes below it."))])
    return Effect(title, changes, [Line(_("Reports may name it from now on.")), *_led(queries.case_class(edit.above))])


def of_class(info: ClassInfo, edit: Edit) -> Effect:
    """Another name, other words, out of use or back: what follows for the cases that bear the class, and who leads it."""
    changes = shown.changes_in_words(catalogue.changes_of(edit.differences))
    title = _("Change of a class: %(class)s") % {"class": f"{info.code} {info.label}"}
    follows = []
    if "active" in edit.differences:
        follows += _back_in_use(info) if edit.draft.fields["active"] else _out_of_use(info)
    cases = open_cases([one.id for one in queries.classes() if info.id in one.lineage])
    out_of_use = not edit.draft.fields["active"]
    bearing = cases.dispatched + cases.waiting - (open_cases([info.id]).unfiled if out_of_use else 0)
    told = ngettext(
        "%(count)s open case bears it, or a class below it: it keeps its class and its clock.",
        "%(count)s open cases bear it, or a class below it: they keep their class and their clock.",
        bearing,
    )
    follows.append(Line(told % {"count": f"{bearing:,}"}))
    if {"name", "name_en"} & set(edit.differences):
        follows.append(Line(_("Every case that bears it shows the new name, closed ones too.")))
    if {"keywords", "keywords_en"} & set(edit.differences):
        follows.append(Line(_("The new words suggest it in reports from now on; no case changes its class by them.")))
    return Effect(title, changes, follows)


def _out_of_use(info: ClassInfo) -> list[Line]:
    lines = [Line(_("No report and no case can be given it any more."), "warn")]
    if unfiled := open_cases([info.id]).unfiled:
        told = ngettext(
            "%(count)s report that names it is not filed yet: it is filed with another class.",
            "%(count)s reports that name it are not filed yet: they are filed with another class.",
            unfiled,
        )
        lines.append(Line(told % {"count": f"{unfiled:,}"}, "warn"))
    below = [one for one in queries.classes() if one.active and info.id in one.lineage and one.id != info.id]
    if below:
        told = ngettext("%(count)s class below it stays in use.", "%(count)s classes below it stay in use.", len(below))
        lines.append(Line(told % {"count": len(below)}, "warn"))
    return lines


def _back_in_use(info: ClassInfo) -> list[Line]:
    lines = [Line(_("Reports may name it from now on."))]
    return lines + _led(info) if info.is_minor else lines


# Of the bodies that lead a class in the city, so many are named.
_MOST_BODIES = 5


def _led(info: ClassInfo) -> list[Line]:
    """Who leads a class, or would lead one below it, and where nobody does."""
    bodies, lacking = queries.leads_of(info.lineage)
    lines = []
    for body, count in sorted(bodies.items(), key=lambda found: -found[1])[:_MOST_BODIES]:
        told = ngettext(
            "%(body)s is responsible for it in %(count)s unit.",
            "%(body)s is responsible for it in %(count)s units.",
            count,
        )
        lines.append(Line(told % {"body": shown.body_name(body), "count": f"{count:,}"}))
    more = len(bodies) - _MOST_BODIES
    if more > 0:
        told = ngettext("And %(count)s more body, elsewhere.", "And %(count)s more bodies, elsewhere.", more)
        lines.append(Line(told % {"count": f"{more:,}"}))
    if lacking:
        told = ngettext(
            "Nobody is responsible for it in %(count)s unit: %(units)s. Add a row to a duty list.",
            "Nobody is responsible for it in %(count)s units: %(units)s. Add a row to a duty list.",
            len(lacking),
        )
        lines.append(Line(told % {"count": f"{len(lacking):,}", "units": shown.unit_names(lacking)}, "bad"))
    return lines


def of_stage(stage: str, before: StageLimit | None, promised: Promised | None) -> Effect:
    """Another promise of a stage, from now on."""
    old = shown.duration(before.limit_amount, before.limit_kind) if before else "–"
    new = shown.duration(promised.amount, promised.kind) if promised else "–"
    follows = [
        Line(_("It holds for what begins from now on: what waits already keeps the promise that it began with.")),
        Line(
            _(
                "Reporters read it as the day and the hour by which it is to happen; the desk sees how much time is left."
            )
        ),
    ]
    if promised is None:
        follows = [Line(_("From now on nothing is promised of this stage: reporters are told no day."), "warn")]
    title = _("What is promised: %(stage)s") % {"stage": Stage(stage).label}
    return Effect(title, [(_("Time allowed"), old, new)], follows)


def of_new_row(row: Duty | Task | Priority) -> Effect:
    """One more row of a list, from its day on."""
    changes = [(name, "–", text) for name, text in shown.in_words(row).items() if text]
    title = _("One more row: %(list)s") % {"list": f"{row.list.name} {row.list.version}"}
    return Effect(title, changes, _follows_new(row))


def _follows_new(row: Duty | Task | Priority) -> list[Line]:
    told = {"unit": shown.unit_name(row.unit_id), "day": row.valid_from.isoformat()}
    if isinstance(row, Task):
        told["body"] = shown.body_name(row.body_id)
        return [Line(_("From %(day)s on, %(body)s has this task in %(unit)s.") % told)]
    info = queries.case_class(row.case_class_id)
    told["class"] = f"{info.code} {info.label}"
    if isinstance(row, Priority):
        return [
            Line(_("Cases of %(class)s that are filed in %(unit)s from %(day)s on are urgent.") % told),
            Line(_("Cases that are filed already stay as they are.")),
        ]
    lines = [Line(_("From %(day)s on, for %(class)s in %(unit)s and what lies below it.") % told)]
    if row.role == DutyRole.LEAD:
        return lines + _lead_until_then(info, row) + _cases_concerned(info, row)
    signs = _("New cases there close only once %(body)s has signed too.")
    return [*lines, Line(signs % {"body": shown.body_name(row.body_id)})]


def _lead_until_then(info: ClassInfo, row: Duty) -> list[Line]:
    noon = datetime.combine(max(row.valid_from, territory.day_of(None)), time(12), ZoneInfo(settings.TIME_ZONE))
    answer = queries.explanation(info.id, territory.unit(row.unit_id), noon).answer
    if answer is None:
        return [Line(_("Until then nobody leads there."))]
    told = {
        "body": shown.body_name(answer.body_id),
        "unit": shown.unit_name(answer.unit_id),
        "clause": answer.clause,
    }
    return [Line(_("Until then %(body)s leads there, by a row for %(unit)s (%(clause)s).") % told)]


def of_end(row: Task | Priority, on: date) -> Effect:
    """A task or a priority that holds no longer from a day on."""
    told = {"unit": shown.unit_name(row.unit_id), "day": on.isoformat()}
    if isinstance(row, Task):
        told["body"] = shown.body_name(row.body_id)
        line = _("From %(day)s on, %(body)s no longer has this task in %(unit)s.")
    else:
        info = queries.case_class(row.case_class_id)
        told["class"] = f"{info.code} {info.label}"
        line = _("Cases of %(class)s that are filed in %(unit)s from %(day)s on are no longer urgent by this row.")
    until = row.valid_to.isoformat() if row.valid_to else "–"
    return Effect(
        _("A row ends: %(item)s") % {"item": row.item}, [(_("Until"), until, told["day"])], [Line(line % told)]
    )


def of_change(row: Task | Priority, following: Task | Priority) -> Effect:
    """What a task or a priority says from a day on instead of what it says now."""
    old, new = said(row), said(following)
    changes = shown.changes_in_words({name: [old[name], new[name]] for name in new if old[name] != new[name]})
    title = _("A row changes: %(item)s") % {"item": row.item}
    return Effect(title, changes, _follows_change(row, following))


def _follows_change(row: Task | Priority, following: Task | Priority) -> list[Line]:
    told = {"unit": shown.unit_name(row.unit_id), "day": following.valid_from.isoformat()}
    if isinstance(row, Task) and isinstance(following, Task):
        has = _("From %(day)s on, %(body)s has this task in %(unit)s.")
        lines = [Line(has % (told | {"body": shown.body_name(following.body_id)}))]
        if row.body_id != following.body_id:
            no_longer = _("From %(day)s on, %(body)s no longer has this task in %(unit)s.")
            lines.append(Line(no_longer % (told | {"body": shown.body_name(row.body_id)})))
        return lines
    assert isinstance(row, Priority)
    assert isinstance(following, Priority)
    info, before = queries.case_class(following.case_class_id), queries.case_class(row.case_class_id)
    urgent = _("Cases of %(class)s that are filed in %(unit)s from %(day)s on are urgent.")
    lines = [Line(urgent % (told | {"class": f"{info.code} {info.label}"}))]
    if following.season_from:
        season = _("Each year from %(first)s to %(last)s.")
        lines.append(Line(season % {"first": following.season_from, "last": following.season_to}))
    if before.id != info.id:
        no_longer = _("Cases of %(class)s that are filed in %(unit)s from %(day)s on are no longer urgent by this row.")
        lines.append(Line(no_longer % (told | {"class": f"{before.code} {before.label}"})))
    return lines + _filed_already({info.id, before.id}, row.unit_id)


def _filed_already(class_ids: set[UUID], unit_id: UUID) -> list[Line]:
    cases = open_cases([one.id for one in queries.classes() if class_ids & set(one.lineage)], unit_id)
    count = cases.filed
    if not count:
        return [Line(_("Cases that are filed already stay as they are."))]
    told = ngettext(
        "%(count)s open case there is filed already and stays as it is.",
        "%(count)s open cases there are filed already and stay as they are.",
        count,
    )
    return [Line(told % {"count": f"{count:,}"})]


def of_duty(duty: Duty, *, body: UUID | None, clause: str, note: str, on: date) -> Effect:
    """Another body, clause or note for a row of a duty list from a day on; without a body, its end."""
    info = queries.case_class(duty.case_class_id)
    where = {"class": f"{info.code} {info.label}", "unit": shown.unit_name(duty.unit_id), "day": on.isoformat()}
    old = {"body": people.body(duty.body_id).code, "clause": duty.clause, "note": duty.note}
    new = (
        {"body": people.body(body).code, "clause": clause, "note": note}
        if body
        else {"body": "", "clause": "", "note": ""}
    )
    changes = shown.changes_in_words({name: [old[name], new[name]] for name in old if old[name] != new[name]})
    follows = [Line(_("From %(day)s on, for %(class)s in %(unit)s and what lies below it.") % where)]
    if body != duty.body_id:
        follows += _cases_concerned(info, duty)
    if body is None:
        follows += _holes(duty, on)
    return Effect(_("Change of a duty: %(class)s") % where, changes, follows)


def _cases_concerned(info: ClassInfo, duty: Duty) -> list[Line]:
    """What the row is about counts, a major class with all below it; where a finer row decides, these cases go there still."""
    classes = [one.id for one in queries.classes() if info.id in one.lineage]
    cases = open_cases(classes, duty.unit_id)
    lines = []
    if cases.dispatched:
        told = ngettext(
            "%(count)s open case stays with its body and keeps its clock.",
            "%(count)s open cases stay with their body and keep their clock.",
            cases.dispatched,
        )
        lines.append(Line(told % {"count": f"{cases.dispatched:,}"}))
    if cases.waiting:
        told = ngettext(
            "%(count)s open case is not dispatched yet: from that day on it is sent by the changed list.",
            "%(count)s open cases are not dispatched yet: from that day on they are sent by the changed list.",
            cases.waiting,
        )
        lines.append(Line(told % {"count": f"{cases.waiting:,}"}))
    return lines


def _holes(duty: Duty, on: date) -> list[Line]:
    """For what nobody would be responsible any more."""
    day = max(on, territory.day_of(None))
    scope = territory.unit(duty.unit_id)
    rows = [row for by_class in queries.book().leads.values() for group in by_class.values() for row in group]
    ended = [_ended(row, on) if row.id == duty.id else row for row in rows]
    before = {(gap.class_id, unit) for gap in queries.uncovered(scope, rows, day)[0] for unit in gap.unit_ids}
    found, _units = queries.uncovered(scope, ended, day)
    lines = []
    for gap in found:
        units = [unit for unit in gap.unit_ids if (gap.class_id, unit) not in before]
        if units:
            info = queries.case_class(gap.class_id)
            names = _(", ").join(shown.unit_name(unit) for unit in units)
            told = _("Nobody will be responsible for %(class)s in: %(units)s.")
            lines.append(Line(told % {"class": f"{info.code} {info.label}", "units": names}, "bad"))
    return lines


def _ended(row: rules.DutyRow, on: date) -> rules.DutyRow:
    return row._replace(valid_to=max(on, row.valid_from))
