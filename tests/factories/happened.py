"""What the worker does with waiting events, inside a test's transaction: each handler once, in order."""

from linli.foundation import clock, outbox
from linli.foundation.access import acting_as, system
from linli.foundation.models import OutboxEvent


def tell_all() -> int:
    """Call the handlers of every waiting event. Returns how many events there were."""
    told = 0
    with acting_as(system("outbox")):
        while waiting := list(OutboxEvent.objects.filter(handled_at=None).order_by("position")):
            for event in waiting:
                for handler in outbox.handlers(event.name):
                    handler(event)
                OutboxEvent.objects.filter(pk=event.pk).update(handled_at=clock.now())
            told += len(waiting)
    return told


def tell_again() -> None:
    """As after a crash before the mark: every event is handled a second time."""
    with acting_as(system("outbox")):
        OutboxEvent.objects.update(handled_at=None)
    tell_all()
