"""How much those may send whom nobody knows, so that nobody floods the desk or fills the disk. Counted by address."""

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
    """Count files that are about to be stored. Raises `TooManyRequests`."""
    if by.kind is ActorKind.ANONYMOUS:
        for _file in range(count):
            rates.addresses.take(f"file:{client_address(request)}", FILES_PER_MINUTE, FILES_AT_ONCE)
