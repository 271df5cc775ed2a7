"""Tags and filters of the shared templates."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby, zip_longest
from typing import Any

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.forms import BoundField
from django.template import Context
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import localize
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from linli.foundation import clock
from linli.foundation.markup import badge, escape, icon, once_key, spoken
from linli.foundation.moments import dated, day, moment
from linli.web.form_drawing import labelled
from linli.web.help import TOPICS, topic_of_change, topic_of_field
from linli.web.surfaces import KINDS, Shell, Surface, shell_of

register = template.Library()


register.simple_tag(badge)
register.simple_tag(icon)
register.simple_tag(once_key)
register.filter(moment)
register.filter(spoken)


@register.simple_tag
def cells(items: Iterable[Mapping[str, Any]]) -> SafeString:
    """The cells of `web/components/list.html`. Written here: in a template each costs ten times as much."""
    return mark_safe("".join(map(_list_cell, items)))  # noqa: S308 (`_list_cell` escapes what it writes)


def _list_cell(told: Mapping[str, Any]) -> str:
    drawn = icon(told["icon"]) if told.get("icon") else ""
    notes = "".join(f'<br><span class="cell-note">{spoken(told[of])}</span>' for of in ("note", "meta") if told.get(of))
    main = f'<span class="cell-main"><span class="cell-title">{spoken(told.get("title", ""))}</span>{notes}</span>'
    state = badge(told["badge"], told.get("tone", "")) if told.get("badge") else ""
    if told.get("href"):
        return f'<li><a class="cell" href="{escape(told["href"])}">{drawn}{main} {state}</a></li>'
    return f'<li><div class="cell">{drawn}{main} {state}</div></li>'


@register.simple_tag
def stat_tiles(items: Iterable[Mapping[str, Any]]) -> SafeString:
    """The tiles of `web/components/stats.html`. Written here, as cells are."""
    return mark_safe("".join(map(_stat_tile, items)))  # noqa: S308 (`_stat_tile` escapes what it writes)


def _stat_tile(told: Mapping[str, Any]) -> str:
    value = told["value"]
    shown = escape(value if isinstance(value, str) else localize(value))
    unit = f"<small> {escape(told['unit'])}</small>" if told.get("unit") else ""
    note = f'<span class="stat-note">{escape(told["note"])}</span>' if told.get("note") else ""
    label = f'<span class="stat-label">{escape(capfirst(str(told["label"])))}</span>'
    inside = f'{label}<span class="stat-value">{shown}{unit}</span>{note}'
    kind = f'class="stat {escape(told.get("tone", ""))}"'
    if told.get("href"):
        return f'<li><a {kind} href="{escape(told["href"])}">{inside}</a></li>'
    return f"<li><div {kind}>{inside}</div></li>"


@register.simple_tag
def table_rows(rows: Iterable[Sequence[object]], columns: Sequence[object]) -> SafeString:
    """The rows of `web/components/table.html`, whose cells it names. Written here: in a template a cell costs ten times as much."""
    labels = [escape(label) for label in columns]

    def cell(number: int, told: object) -> str:
        kind = ""
        if isinstance(told, dict):
            kind = "number" if told.get("number") else f"cell-{told['size']}" if told.get("size") else ""
        shown = f' class="{escape(kind)}"' if kind else ""
        return f'<td data-label="{labels[number]}"{shown}>{_said(told)}</td>'

    return _rows(rows, len(labels), cell)


@register.simple_tag
def figure_rows(rows: Iterable[Sequence[object]], columns: Sequence[object], figures: bool = True) -> SafeString:
    """The rows of a report or of a chart's table: the first cell says what the row is about, what follows are mostly figures."""

    def cell(number: int, told: object) -> str:
        shown = ' class="number"' if figures and number else ""
        return f"<td{shown}>{_said(told)}</td>"

    return _rows(rows, len(columns), cell)


def _rows(rows: Iterable[Sequence[object]], most: int, cell: Callable[[int, object], str]) -> SafeString:
    written = ("".join(cell(number, one) for number, one in enumerate(row[:most])) for row in rows)
    return mark_safe("".join(f"<tr>{cells}</tr>" for cells in written))  # noqa: S308 (`cell` escapes what it writes)


def _said(told: object) -> str:
    """What stands in a cell, as HTML. A cell is a text, or a dict that says more."""
    if isinstance(told, str):
        return spoken(told)
    if not isinstance(told, dict):
        return escape(localize(told))
    text = told.get("text", "")
    if not isinstance(text, str):
        text = localize(text)
    if told.get("href"):
        return f'<a href="{escape(told["href"])}">{spoken(text)}</a>'
    if told.get("badge"):
        return badge(text, told.get("tone", ""))
    lines = told.get("lines", ())
    if not lines:
        return spoken(text)
    # One beside the label on a phone, where a cell lays out what is directly in it.
    return f"<div>{''.join(f'<div>{spoken(line)}</div>' for line in lines)}</div>"


@register.filter
def headed(columns: Sequence[object], rows: Sequence[Sequence[object]]) -> list[tuple[object, bool]]:
    """The columns with whether they hold numbers, as the first row does: a heading stands where its column does."""
    numbers = [isinstance(cell, dict) and bool(cell.get("number")) for cell in rows[0]] if rows else []
    return list(zip_longest(columns, numbers, fillvalue=False))


@register.simple_tag
def live_token(topics: Sequence[str]) -> str:
    """The signed list of topics whose changes this page hears (`foundation.live`)."""
    from linli.foundation import live

    return live.token(list(topics))


@register.simple_tag
def island(name: str) -> str:
    """Address of the module that draws an island, or nothing where none was built (scripts/islands)."""
    file = f"web/built/{name}.js"
    return str(staticfiles_storage.url(file)) if staticfiles_storage.has(file) else ""  # type: ignore[attr-defined]


@register.simple_tag
def base_map() -> str:
    """Address of the base map, or nothing where none was built (linli map build)."""
    from linli.territory.basemap import serving

    return serving.address()


@register.tag
def steady(parser: Parser, token: Token) -> "Steady":
    """`{% steady language look.theme %}…{% endsteady %}`: what these few values alone decide, on every page of everybody."""
    decided_by = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    drawn = parser.parse(("endsteady",))
    parser.delete_first_token()
    return Steady(drawn, decided_by)


class Steady(template.Node):
    """Drawn once in a process for each choice of the values: every page has the same head, and to draw it took half of the frame's time."""

    def __init__(self, nodelist: NodeList, decided_by: Sequence[FilterExpression]) -> None:
        self.nodelist = nodelist
        self._decided_by = decided_by
        self._drawn: dict[tuple[Any, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        values = tuple(value.resolve(context, ignore_failures=True) for value in self._decided_by)
        drawn = self._drawn.get(values)
        if drawn is None:
            drawn = self._drawn[values] = self.nodelist.render(context)
        return drawn


@register.simple_block_tag
def words(content: str) -> SafeString:
    """What a block says, kept to be said in more than one place: `{% words as title %}{% block title %}…`."""
    return mark_safe(content.strip())  # noqa: S308 (a block is drawn, so what it says was escaped)


@register.simple_block_tag(takes_context=True)
def shell(context: Context, content: str) -> Shell:
    """The frame that the page asks for in its block `surface`."""
    kind = content.strip()
    if kind not in KINDS:
        raise ValueError(f"a page's surface is one of {', '.join(KINDS)}, not “{kind}”")
    request = context.get("request")
    return shell_of(kind, request.path if request else "")


@register.inclusion_tag("web/components/help.html", takes_context=True)
def help(context: Context, name: str) -> dict[str, Any]:
    """A “?” beside a word: two sentences about it, and the way to the guide."""
    return {"topic": TOPICS[name], "id": f"help-{name}-{_how_often(context, name)}"}


@register.simple_tag(takes_context=True)
def field(context: Context, field: BoundField) -> SafeString:
    """A form field with label, hint, errors, and the help of its name where there is some."""
    name = "" if field.is_hidden or field.use_fieldset else topic_of_field(field.name)
    return labelled(field, render_to_string("web/components/help.html", help(context, name)) if name else "")


@register.inclusion_tag("web/components/help.html", takes_context=True)
def help_of_change(context: Context, name: str) -> dict[str, Any]:
    """The help that stands above the form of a change, with its word, where there is some."""
    topic = topic_of_change(name)
    return help(context, topic) | {"named": True} if topic else {}


def _how_often(context: Context, name: str) -> int:
    """A page may explain one word in several places; each has an id of its own, the same whenever the page is drawn."""
    holder: Any = context.get("request") or context
    if not hasattr(holder, "shown_help"):
        holder.shown_help = Counter()
    holder.shown_help[name] += 1
    return int(holder.shown_help[name])


@register.simple_tag
def side_links(surfaces: Iterable[Surface], path: str) -> SafeString:
    """The desk's navigation: each surface with its icon, and which one `path` is or lies under."""
    return mark_safe("".join(_side_link(surface, path) for surface in surfaces))  # noqa: S308 (`_side_link` escapes)


def _side_link(surface: Surface, path: str) -> str:
    label, to = escape(surface.label), escape(surface.path)
    current = "page" if path == surface.path else "true" if path.startswith(surface.path) else ""
    at = f' aria-current="{current}"' if current else ""
    return f'<li><a href="{to}" title="{label}"{at}>{icon(surface.icon)}<span>{label}</span></a></li>'


@register.filter
def grouped(value: int | None) -> str:
    """A large number as it is read: 16,490,000."""
    return "" if value is None else f"{value:,}"


@register.simple_tag
def this_moment() -> str:
    """Now, by its date and time: for a page that is kept and read later, when “today” is another day."""
    return dated(clock.now())


@register.simple_tag
def timeline_days(entries: Iterable[Any]) -> SafeString:
    """The days of `web/components/timeline.html`; entries without a moment stand under no day. Written here: a case has a dozen entries."""
    return mark_safe("".join(_timeline_day(day, those) for day, those in groupby(entries, key=_day_of)))  # noqa: S308 (escaped)


def _timeline_day(day: str, entries: Iterable[Any]) -> str:
    date = f'<p class="timeline-date">{escape(day)}</p>' if day else ""
    return f'<li class="timeline-day">{date}<ol>{"".join(map(_timeline_entry, entries))}</ol></li>'


def _timeline_entry(entry: Any) -> str:
    at, who, why = _told(entry, "at"), spoken(_told(entry, "who")), spoken(_told(entry, "why"))
    local = timezone.localtime(at) if at else None
    time = f'<time datetime="{local.isoformat()}">{local:%H:%M}</time>' if local else ""
    when = " · ".join(filter(None, (time, who)))
    said = f'<p class="why">{why}</p>' if why else ""
    photos = "".join(map(_timeline_photo, _told(entry, "photos")))
    thumbs = f'<p class="thumbs">{photos}</p>' if photos else ""
    what = f'<p class="what">{spoken(_told(entry, "what"))}</p><p class="soft small">{when}</p>'
    return f'<li class="{escape(_told(entry, "tone"))}">{what}{said}{thumbs}</li>'


def _timeline_photo(photo: Mapping[str, Any]) -> str:
    shown = f'<img src="{escape(photo["thumb"])}" alt="{escape(photo["alt"])}" loading="lazy" width="96" height="72">'
    return f'<a href="{escape(photo["href"])}">{shown}</a>'


def _told(entry: Any, name: str) -> Any:
    """An entry is a mapping or an object, and says what it has."""
    return (entry.get(name) if isinstance(entry, dict) else getattr(entry, name, None)) or ""


def _day_of(entry: Any) -> str:
    at = _told(entry, "at")
    return _day(timezone.localtime(at)) if at else ""


def _day(local: datetime) -> str:
    """The day in the reader's words: today, yesterday, or its date."""
    today = timezone.localdate(clock.now())
    near = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}
    days = (local.date() - today).days
    return near.get(days) or day(local.date())
