"""Identifiers: UUIDv7 (RFC 9562), made by the app, so that rows sort by the time of their making."""

import os
import time
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from uuid_utils import uuid7 as _uuid7


def uuid7() -> UUID:
    return UUID(bytes=_uuid7().bytes)


def uuid7s(count: int) -> NDArray[np.void]:
    """So many at once, rising, each as 16 bytes (`V16`): for rows by the hundred thousand."""
    drawn = np.frombuffer(os.urandom(16 * count), dtype=np.uint64).reshape(count, 2)
    first = np.uint64(time.time_ns() // 1_000_000 << 16 | 0x7000) | drawn[:, 0] >> np.uint64(52)
    last = np.uint64(0b10 << 62) | drawn[:, 1] >> np.uint64(2)
    rising = np.lexsort((last, first))
    return np.stack([first[rising], last[rising]], axis=1).astype(">u8").view("V16")[:, 0]


def words_of(ids: NDArray[np.void]) -> NDArray[np.uint64]:
    """The two halves of each, to sort by: as bytes it takes ten times as long."""
    return np.ascontiguousarray(ids).view(">u8").reshape(-1, 2).astype(np.uint64)
