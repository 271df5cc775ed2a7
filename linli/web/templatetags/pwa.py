"""What a page of the field app says to its scripts."""

from django import template
from django.template import Context

from linli.web import pwa

register = template.Library()


@register.simple_tag(takes_context=True)
def person_mark(context: Context) -> str:
    """Whom the page was written for, by a mark (`web/pwa.py`)."""
    return pwa.mark_of(context.get("actor"))
