"""Our warnings for other systems: a feed of those that hold, and each as its CAP message. For everybody, and cacheable."""

from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from linli.config import env
from linli.foundation import clock
from linli.foundation.access import ANONYMOUS, acting_as
from linli.gateway import queries
from linli.gateway.cap.message import CONTENT_TYPE, clean
from linli.gateway.models import PublicAlert

ATOM = "http://www.w3.org/2005/Atom"
SECONDS, A_DAY = 60, 86_400


@require_safe
@conditional_page
def feed(request: HttpRequest) -> HttpResponse:
    """Atom, in the city's language whoever asks."""
    here = f"{env.get('LINLI_URL')}/cap"
    # The same for whoever asks: what is kept between us and them is for everybody.
    with acting_as(ANONYMOUS), translation.override("zh-hans"):
        rows = queries.alert_feed()
        root = Element("feed", xmlns=ATOM)
        _put(root, "id", f"{here}/feed.xml")
        _put(root, "title", _("Warnings that hold"))
        _put(root, "updated", _moment(max((row.sent for row in rows), default=clock.now().replace(minute=0, second=0))))
        _put(SubElement(root, "author"), "name", "Linli")
        SubElement(root, "link", rel="self", href=f"{here}/feed.xml")
        for row in rows:
            _entry(SubElement(root, "entry"), row, f"{here}/alerts/{row.identifier}.xml")
    return _cached(
        tostring(root, encoding="utf-8", xml_declaration=True), "application/atom+xml; charset=utf-8", SECONDS
    )


@require_safe
@conditional_page
def alert(request: HttpRequest, identifier: str) -> HttpResponse:
    """What was said is never changed, so it may be kept for a day."""
    with acting_as(ANONYMOUS):
        row = queries.alert_of_ours(identifier)
    return _cached(row.xml.encode(), CONTENT_TYPE, A_DAY)


def _entry(element: Element, row: PublicAlert, address: str) -> None:
    _put(element, "id", address)
    _put(element, "title", row.headline)
    _put(element, "updated", _moment(row.sent))
    SubElement(element, "link", href=address, type=CONTENT_TYPE)
    _put(element, "summary", row.instruction)


def _put(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = clean(text)


def _moment(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds")


def _cached(content: bytes, content_type: str, seconds: int) -> HttpResponse:
    return HttpResponse(content, content_type=content_type, headers={"Cache-Control": f"public, max-age={seconds}"})
