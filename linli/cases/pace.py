"""How much those may send who hold no post, so that nobody floods the desk or fills the disk.

Whom nobody knows is counted by address; keys have rates of their own.
"""

from django.http import HttpRequest

from linli.foundation import rates
from linli.foundation.access import Actor, ActorKind
from linli.foundation.clients import client_address

# So many reports at once, then one each some minutes; a report has up to nine files, chosen one by one or together.
REPORTS_AT_ONCE, REPORTS_PER_MINUTE = 20, 0.5
FILES_AT_ONCE, FILES_PER_MINUTE = 60, 3


def report(request: HttpRequest, by: Actor) -> None:
    """Count a report. Raises `TooManyRequests`."""
    if by.kind is ActorKind.ANONYMOUS:
        rates.addresses.take(f"report:{client_address(request)}", REPORTS_PER_MINUTE, REPORTS_AT_ONCE)


def files(request: HttpRequest, by: Actor, count: int) -> None:
    """Count files that are about to be stored, of residents too. Raises `TooManyRequests`."""
    if by.is_staff or by.kind is ActorKind.API_KEY:
        return
    for _file in range(count):
        rates.addresses.take(f"file:{by.id or client_address(request)}", FILES_PER_MINUTE, FILES_AT_ONCE)
