"""HTML of which a page has many pieces alike: written in Python, where in a template each costs ten times as much."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape as escaped
from urllib.parse import quote_plus
from uuid import uuid4

from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language


def escape(value: object) -> str:
    """As Django's templates escape it: text, but for what is HTML already (`SafeString`)."""
    # A page has some thousand plain words in which there is nothing to escape.
    if type(value) is str and not _MARKED(value):
        return value
    html = getattr(value, "__html__", None)
    return str(html()) if html else escaped(str(value))


_MARKED = re.compile("[&<>\"']").search


def spoken(value: object) -> SafeString:
    """Text as people wrote it, on a page in English with its Chinese marked: a screen reader says that in its own voice.
    What is HTML already stays as it is."""
    html = escape(value)
    if html.isascii() or "<" in html or get_language() != "en":
        return mark_safe(html)  # noqa: S308 (escaped)
    return mark_safe(_HAN.sub(r'<span lang="zh-Hans">\g<0></span>', html))  # noqa: S308 (escaped)


# A Chinese character, and what follows it of its kind: marks and figures as well.
_HAN = re.compile(r"[\u3400-\u9fff][\u3400-\u9fff\u3000-\u303f\uff00-\uffef0-9]*")


def asked(**values: object) -> str:
    """What stands after the `?` of an address: as urllib writes it, which takes four times as long for each plain value."""
    told = ((name, str(value)) for name, value in values.items())
    return "&".join(f"{name}={value if _PLAIN(value) else quote_plus(value)}" for name, value in told)


_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*", re.ASCII).fullmatch


def badge(label: object, tone: object) -> SafeString:
    """A word about a state. `tone`: good, warn, bad, info; none is quiet."""
    return mark_safe(f'<span class="badge {escape(tone)}">{escape(capfirst(str(label)))}</span>')  # noqa: S308 (escaped)


def icon(name: object) -> SafeString:
    """A line icon of static/web/icons.svg in the colour of its text. It is decoration: the words beside it say the same.

    Neither is a template to include: a page has some thirty, and each included template costs as much as all of these.
    """
    drawn = f'<svg class="icon" aria-hidden="true" width="24" height="24"><use href="{_icons()}#{escape(name)}"/></svg>'
    return mark_safe(drawn)  # noqa: S308 (escaped)


@cache
def _icons() -> str:
    return escape(staticfiles_storage.url("web/icons.svg"))


def once_key() -> SafeString:
    """A hidden field that makes the form count once, however often it is sent (`foundation.idempotency`)."""
    return mark_safe(f'<input type="hidden" name="once" value="{uuid4()}">')  # noqa: S308 (a plain id)


def written(shape: str, shared: Mapping[str, object], each: Iterable[Mapping[str, object]]) -> SafeString:
    """So many pieces of one shape, as `str.format` fills it; `shared` is the same in all of them.

    Every value is escaped.
    """
    same = _escaped(shared)
    return mark_safe("".join(shape.format(**same, **_escaped(one)) for one in each))  # noqa: S308 (escaped)


def link(href: str, text: object) -> SafeString:
    """Such a piece inside another."""
    return mark_safe(f'<a href="{escape(href)}">{escape(text)}</a>')  # noqa: S308 (escaped)


def _escaped(values: Mapping[str, object]) -> dict[str, str]:
    return {name: escape(value) for name, value in values.items()}
