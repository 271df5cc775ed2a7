"""The outbox: what happened is written with the change itself and told afterwards.

An event is a row. Once it is committed its process notifies (`database/wake.py`); two kinds of listeners hear it. Open pages
hear the topics at once (`live.py`). Rooms that must act on an event subscribe a handler here; the worker calls it at least
once, in order, and again after a failure, so handlers re-check and are idempotent.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from linli.foundation import clock
from linli.foundation.models import OutboxEvent

MAX_ATTEMPTS = 8

Handler = Callable[[OutboxEvent], None]
_schemas: dict[str, frozenset[str]] = {}
_handlers: dict[str, list[Handler]] = defaultdict(list)
_caches: dict[str, list[Callable[[], None]]] = defaultdict(list)


def declare(name: str, *fields: str) -> None:
    """Declare an event with the closed set of fields that its payload has. Called where a room's `events.py` is read."""
    _schemas[name] = frozenset(fields)


def event(name: str, payload: Mapping[str, Any], topics: Sequence[str] = ()) -> OutboxEvent:
    """An event, checked against its schema and not yet stored."""
    declared = _schemas.get(name)
    if declared is None:
        raise LookupError(f"event {name} is not declared: call outbox.declare in the room's events.py")
    if declared != payload.keys():
        raise ValueError(f"event {name} declares {sorted(declared)} but got {sorted(payload)}")
    return OutboxEvent(name=name, payload=dict(payload), topics=list(topics), at=clock.now())


def publish(name: str, payload: Mapping[str, Any], topics: Sequence[str] = ()) -> None:
    """Store an event in the current transaction."""
    event(name, payload, topics).save(force_insert=True)


def subscribe(name: str, handler: Handler) -> None:
    """`handler` is called by the worker for each event of this name. Called in a room's AppConfig.ready."""
    if handler not in _handlers[name]:
        _handlers[name].append(handler)


def drops_cache(name: str, forget: Callable[[], None]) -> None:
    """`forget` is called in every process when an event of this name was committed."""
    _caches[name].append(forget)


def handlers(name: str) -> Sequence[Handler]:
    return _handlers[name]


def caches(name: str) -> Sequence[Callable[[], None]]:
    return _caches[name]


def all_caches() -> Sequence[Callable[[], None]]:
    return [forget for functions in _caches.values() for forget in functions]


def handled_names() -> list[str]:
    """The names of events that somebody acts on."""
    return [name for name, functions in _handlers.items() if functions]


def settle_all() -> int:
    """Mark all that waits as told, without telling it: after a past was written that nobody need hear of. Returns how many."""
    return OutboxEvent.objects.filter(handled_at=None).update(handled_at=clock.now())
