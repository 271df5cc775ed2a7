"""What the field app shows of each of some fifty tasks, written in Python: in templates they took half the page's time."""

from collections.abc import Iterable, Sequence

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from linli.foundation.markup import badge, escape, written
from linli.foundation.tasks import Task
from linli.territory import maps

# A mark of the map: a link with its circle, which the live map reads by its data, and its number.
MARK = (
    '<a class="task-mark {tone}" href="{href}" aria-label="{name}"><circle data-at="{at}" data-mark="{number}" data-tone="{tone}"'
    ' data-name="{name}" data-href="{href}" cx="{x}" cy="{y}" r="9"/><text x="{x}" y="{label_y}" font-size="12">{number}</text></a>'
)
# A card of the list, all of it one link. Its words begin at the same edge in every card; a photo stands after them. Distance and
# waiting are filled in by scripts.
CARD = (
    '<li data-tour="task photos more" class="task-card{late}" data-task="{reference}"{position}><a href="{href}">{number}'
    '<span class="task-main"><span class="task-title">{title}</span> <span class="soft small">{place}</span>{assigned}'
    '<span class="task-badges">{badges}<span class="badge" data-distance hidden></span>'
    '<span class="badge warn task-waiting" hidden>{waiting}</span></span></span>{photo}</a></li>'
)


def marks(drawn: maps.Map, placed: Sequence[Task]) -> SafeString:
    """The tasks as numbered marks; those at one place stand beside each other, so that each can be tapped."""
    taken: dict[tuple[int, int], int] = {}
    told = []
    for number, task in enumerate(placed, start=1):
        assert task.lon is not None
        assert task.lat is not None
        x, y = drawn.frame.point(task.lon, task.lat)
        spot = (round(x / 14), round(y / 14))
        beside = taken[spot] = taken.get(spot, -1) + 1
        told.append(
            {
                "number": number,
                "name": f"{number}: {task.title}",
                "tone": task.due_tone,
                "href": task.href,
                "at": f"{task.lon},{task.lat}",
                "x": f"{x + 15 * beside:.1f}",
                "y": f"{y:.1f}",
                "label_y": f"{y + 4.5:.1f}",
            }
        )
    return written(MARK, {}, told)


def cards(tasks: Iterable[Task], *, numbered: bool = False) -> SafeString:
    """The tasks as cards of the inbox; numbered as the map's marks are."""
    told = (_card(task, number if numbered else None) for number, task in enumerate(tasks, 1))
    return written(CARD, {"waiting": _("Waiting to be sent")}, told)


def _card(task: Task, number: int | None) -> dict[str, object]:
    return {
        "late": " late" if task.due_tone == "bad" else "",
        "reference": task.number,
        "position": _position(task),
        "href": task.href,
        "number": "" if number is None else _number(number),
        "photo": _photo(task) if task.picture and number is None else "",
        "title": task.title,
        "place": task.place,
        "assigned": _assigned(task) if task.assigned else "",
        "badges": _badges(task),
    }


def _position(task: Task) -> SafeString:
    if task.lon is None or task.lat is None:
        return SafeString("")
    return SafeString(f' data-task-lon="{task.lon:.6f}" data-task-lat="{task.lat:.6f}"')


def _number(number: int) -> SafeString:
    """Where the map stands above the list: which of its marks this is."""
    return SafeString(f'<span class="mark-number" aria-hidden="true">{number}</span>')


def _photo(task: Task) -> SafeString:
    """The reporter's photo, by which tasks are told apart; without one the words have the whole card."""
    drawn = f'<img src="{escape(task.picture)}" alt="" width="72" height="72" loading="lazy">'
    return mark_safe(drawn)  # noqa: S308 (escaped)


def _assigned(task: Task) -> SafeString:
    said = _("Sent to you by %(by)s") % {"by": task.by} if task.by else ""
    between = _(": ") if said and task.because else ""
    return mark_safe(f' <span class="small">{escape(said)}{escape(between)}{escape(task.because)}</span>')  # noqa: S308 (escaped)


def _badges(task: Task) -> SafeString:
    shown = ((task.due_words, task.due_tone), (task.state, task.tone), (task.urgent, task.urgent_tone))
    return mark_safe("".join(badge(words, tone) for words, tone in shown if words))  # noqa: S308 (`badge` escapes)
