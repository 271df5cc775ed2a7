"""What a web process reads before anybody asks, so that nobody waits for it."""

import logging
from collections.abc import Callable

from django.db import DatabaseError, connection

from linli.foundation.access import SYSTEM, acting_as

log = logging.getLogger(__name__)
_reads: list[Callable[[], object]] = []


def register(read: Callable[[], object]) -> None:
    """`read` fills a cache of its room. Called in a room's AppConfig.ready."""
    _reads.append(read)


def warm() -> None:
    """Fill the caches. What cannot be read yet (no database, no schema) is read when it is asked for."""
    try:
        with acting_as(SYSTEM):
            for read in _reads:
                read()
    except DatabaseError as error:
        log.warning("caches are not warm: %s", error)
    finally:
        connection.close()
