"""Case numbers, made before the row: the sequence counts in blocks, each process hands out the numbers of its block.

So a number costs no round trip of its own and the timeline can speak of it. A stopped process leaves a gap; numbers are unique,
not gapless.
"""

from collections.abc import Iterator
from threading import Lock

from django.db import connection

BLOCK = 50
_lock = Lock()
_block: dict[str, Iterator[int]] = {}


def next_numbers(count: int) -> list[int]:
    """`count` numbers that nobody else has."""
    with _lock:
        # A test or benchmark may change databases within one process: each has its own block.
        database = str(connection.settings_dict["NAME"])
        numbers: list[int] = []
        while len(numbers) < count:
            numbers.extend(
                number for number, _ in zip(_block.get(database, iter(())), range(count - len(numbers)), strict=False)
            )
            if len(numbers) < count:
                _block[database] = _fetch(count - len(numbers))
        return numbers


def _fetch(count: int) -> Iterator[int]:
    blocks = -(-count // BLOCK)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('cases_case_number') FROM generate_series(1, %s)", [blocks])
        starts = [row[0] for row in cursor.fetchall()]
    return iter([start + offset for start in starts for offset in range(BLOCK)])


def forget() -> None:
    """Hand out no more of the blocks drawn so far: another database stands under the same name."""
    with _lock:
        _block.clear()
