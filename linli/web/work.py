"""Long work as pages: one's own list, how far one is, what an import would do row by row, and what to do in the end."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from linli.foundation import imports
from linli.foundation import work as long_work
from linli.foundation.access import Actor, Permission, actor_of
from linli.foundation.errors import NotFound, SignInNeeded
from linli.foundation.idempotency import carry_out, once
from linli.foundation.models import Fate, Work, WorkRow, WorkState
from linli.foundation.sheets import csv_answer

SHOWN = 50
ROWS_A_PAGE = 100
TONES = {
    WorkState.WAITING: "info", WorkState.RUNNING: "info", WorkState.DONE: "good", WorkState.FAILED: "bad",
    WorkState.STOPPED: "bad", WorkState.CANCELLED: "warn",
}  # fmt: skip
FATE_TONES = {Fate.NEW: "good", Fate.CHANGED: "info", Fate.WRONG: "bad", Fate.GONE: "warn", Fate.SAME: ""}


def _actor(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if actor.id is None:
        raise SignInNeeded
    return actor


@require_safe
def works(request: HttpRequest) -> HttpResponse:
    """The latest work that one sees, newest first."""
    actor = _actor(request)
    found = list(long_work.visible(actor)[:SHOWN])
    items = [
        {
            "href": f"/work/{one.id}/",
            "title": one.title,
            "note": long_work.label_of(one),
            "at": one.asked_at,
            "who": "" if one.started_by == actor.id else one.started_by_label,
            "badge": one.get_state_display(),
            "tone": TONES[WorkState(one.state)],
        }
        for one in found
    ]
    context = {
        "items": items,
        "imports_lists": actor.may(Permission.EDIT_DUTIES),
        "live_topics": long_work.topics(found),
    }
    return render(request, "web/works.html", context)


@require_safe
def one(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """How far work is, and what came of it; of a dry run the fate of each row, by pages and by fate."""
    actor = _actor(request)
    found = long_work.get(work_id, actor=actor)
    context: dict[str, Any] = {
        "work": found,
        "label": long_work.label_of(found),
        "tone": TONES[WorkState(found.state)],
        "running": found.state in {WorkState.WAITING, WorkState.RUNNING},
        "own": found.started_by == actor.id,
        "undone": _undone(found),
        "live_topics": long_work.topics([found]),
    }
    if found.state == WorkState.DONE and "counts" in found.result:
        context |= _report(request, found, actor)
    return render(request, "web/work.html", context)


def _undone(found: Work) -> str:
    """What became of the work that ended before its end: nothing, as it is one transaction. Said of the rows that it was to write."""
    if found.follows is None:
        return (
            _("A dry run changes nothing; this one leaves no report.")
            if imports.is_check(found)
            else _("Everything that it had done was undone: all is as it was before it began.")
        )
    rows = sum(found.follows.result["counts"].values())
    told = ngettext("%(count)s row was not imported: all is as it was before.",
                    "None of the %(count)s rows was imported: all is as it was before.", rows)  # fmt: skip
    return told % {"count": f"{rows:,}"}


def _report(request: HttpRequest, found: Work, actor: Actor) -> dict[str, Any]:
    counts, is_check = found.result["counts"], imports.is_check(found)
    follower = long_work.visible(actor).filter(follows=found).first() if is_check else None
    fate = request.GET.get("fate", "")
    fate = fate if fate in Fate.values else ""
    asked = request.GET.get("after", "0")
    after = int(asked) if asked.isdecimal() and len(asked) < 16 else 0
    source = found if is_check else found.follows
    rows = long_work.rows_of(source, fate, after, ROWS_A_PAGE + 1) if source else []
    more, rows = len(rows) > ROWS_A_PAGE, rows[:ROWS_A_PAGE]
    here = f"/work/{found.id}/?fate={fate}"
    return {
        "is_check": is_check,
        "outcome": _outcome(found, is_check),
        "wrong": counts.get(Fate.WRONG.value, 0),
        "nothing": found.result["applied"],
        "notes": found.result["notes"],
        "stats": [
            {
                "label": kind.label,
                "value": f"{counts.get(kind.value, 0):,}",
                "tone": FATE_TONES[kind] if counts.get(kind.value) and kind is Fate.WRONG else "",
            }
            for kind in Fate
        ],
        "tabs": [
            {
                "label": _("All rows"),
                "href": f"/work/{found.id}/#rows",
                "count": f"{sum(counts.values()):,}",
                "current": not fate,
            },
            *(
                {
                    "label": kind.label,
                    "href": f"/work/{found.id}/?fate={kind.value}#rows",
                    "count": f"{counts[kind.value]:,}",
                    "current": fate == kind.value,
                }
                for kind in Fate
                if counts.get(kind.value)
            ),
        ],
        "fate": fate,
        "rows_of": source,
        "columns": [_("Row"), _("Fate"), _("What"), _("What changes, or what to do")],
        "rows": [_cells(row) for row in rows],
        "next_href": f"{here}&after={rows[-1].pk}#rows" if more else "",
        "first_href": f"{here}#rows" if after else "",
        "follower": follower,
        "result_href": found.result.get("href", ""),
    }


def _outcome(found: Work, is_check: bool) -> str:
    """What came of it, in one sentence."""
    counts = found.result["counts"]
    wrong = counts.get(Fate.WRONG.value, 0)
    changing = sum(counts.values()) - wrong - counts.get(Fate.SAME.value, 0)
    if wrong:
        told = ngettext("%(count)s row is wrong.", "%(count)s rows are wrong.", wrong) % {"count": f"{wrong:,}"}
        return f"{told} {_('An import takes the whole file or nothing: correct the file and run it dry again.')}"
    if found.result["applied"]:
        return _("This file changes nothing: everything in it is here already.")
    if is_check:
        told = ngettext("Nothing is wrong. %(count)s row changes something.",
                        "Nothing is wrong. %(count)s rows change something.", changing)  # fmt: skip
        return f"{told % {'count': f'{changing:,}'}} {_('Nothing is applied yet.')}"
    return _("Imported, just as the dry run showed.")


def _cells(row: WorkRow) -> list[Any]:
    return [
        {"text": f"{row.number:,}" if row.number else "–", "number": True},
        {"text": row.get_fate_display(), "badge": True, "tone": FATE_TONES[Fate(row.fate)]},
        {"text": row.about, "size": "wide"},
        {"lines": [*row.reason.splitlines(), *(_("%(name)s: %(old)s → %(new)s") % told for told in _changes(row))]},
    ]


def _changes(row: WorkRow) -> list[dict[str, str]]:
    return [{"name": name, "old": old, "new": new} for name, old, new in row.changes]


@require_safe
def rows_as_csv(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """The whole report for a spreadsheet: UTF-8 with a byte order mark, which Excel needs to read Chinese."""
    found = long_work.get(work_id, actor=_actor(request))
    if not imports.is_check(found) or found.state != WorkState.DONE:
        raise NotFound
    fate = request.GET.get("fate", "")
    change = [pgettext("of a change", "Field"), pgettext("of a change", "Before"), pgettext("of a change", "After")]
    heading = [_("Row"), _("Fate"), _("What"), *change, _("What to do")]
    rows = [
        [row.number or "", row.get_fate_display(), row.about, name, old, new, row.reason]
        for row in long_work.every_row_of(found, fate if fate in Fate.values else "")
        for name, old, new in row.changes or [("", "", "")]
    ]
    return csv_answer(f"rows-{found.id}.csv", [heading, *rows])


@require_POST
def apply(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """Import what a dry run showed."""
    begun = imports.apply(work_id, by=_actor(request))
    return redirect("work", begun.id)


@require_POST
def cancel(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """Have work end before it is done."""
    long_work.cancel(work_id, by=_actor(request))
    return redirect("work", work_id)


@require_POST
def again(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """Begin work that failed or stopped once more."""
    actor = _actor(request)
    key = once(actor, request.POST.get("once"), [request.path])
    carry_out(key, lambda: str(long_work.again(work_id, by=actor).id))
    return redirect("work", work_id)
