"""The installable field app: its manifest, its service worker, and who is asking.

What the worker keeps on a phone belongs to one person, known by a mark that tells nobody who they are.
"""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.foundation.access import Actor, ActorKind, actor_of

HERE = Path(__file__).resolve().parent / "static" / "web"
# What the field pages are made of; the worker fetches it when it is installed.
STYLES = ("tokens.css", "shell.css", "components.css", "desk.css", "field.css")
SCRIPTS = ("shell.js", "forms.js", "live.js", "outbox.js", "field.js")
PICTURES = ("icon.svg", "icons.svg")
ICONS = (("192", "any"), ("512", "any"), ("maskable-512", "maskable"))
# A worker fetches what its pages may fetch, and nothing may be built from text.
WORKER_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"


def mark_of(actor: Actor | None) -> str:
    """The person as their phone knows them; empty for who has not signed in."""
    if actor is None or actor.kind is not ActorKind.PERSON:
        return ""
    return salted_hmac("linli.pwa", str(actor.id), algorithm="sha256").hexdigest()[:20]


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """In the language of the reader: an installed app keeps the name that it was installed under."""
    english = get_language() == "en"
    icons = [
        {
            "src": static(f"web/icons/{name}.png"),
            "type": "image/png",
            "sizes": f"{name[-3:]}x{name[-3:]}",
            "purpose": purpose,
        }
        for name, purpose in ICONS
    ]
    content: dict[str, Any] = {
        "id": "/field/",
        "name": _("Linli in the field"),
        "short_name": _("Linli"),
        "description": _("Tasks of the handler and the grid worker: accept, do, show the proof."),
        "lang": "en" if english else "zh-Hans",
        "dir": "ltr",
        "start_url": "/field/",
        "scope": "/",
        "display": "standalone",
        "orientation": "portrait",
        "theme_color": "#ffffff",
        "background_color": "#ffffff",
        "icons": icons,
        "shortcuts": [
            {"name": _("Map"), "url": "/field/map/"},
            {"name": _("Report"), "url": "/report/"},
        ],
    }
    answer = JsonResponse(content, content_type="application/manifest+json")
    answer.headers["Vary"] = "Accept-Language, Cookie"
    return answer


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """`sw.js` with the addresses of what it keeps. Its bytes change with any of them: so the browser takes the new one."""
    answer = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    answer.headers["Service-Worker-Allowed"] = "/"
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Security-Policy"] = WORKER_POLICY
    return answer


def _worker() -> str:
    names = [f"web/{name}" for name in (*STYLES, *SCRIPTS, *PICTURES)]
    addresses = [static(name) for name in (*names, "django_htmx/htmx-2.min.js")]
    source = _source()
    version = sha256(json.dumps([addresses, source]).encode()).hexdigest()[:12]
    return f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(addresses)};\n{source}"


@cache
def _source() -> str:
    return (HERE / "sw.js").read_text()


@require_safe
def pulse(request: HttpRequest) -> JsonResponse:
    """Whether the server is there, whose session this is, and the token that a form kept on the phone is sent with."""
    actor = actor_of(request)
    answer = JsonResponse({"person": mark_of(actor), "token": get_token(request)})
    answer.headers["Cache-Control"] = "no-store"
    return answer
