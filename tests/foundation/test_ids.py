"""Identifiers made many at once are like those made one by one."""

import time
from uuid import UUID

import numpy as np

from linli.foundation.ids import uuid7, uuid7s, words_of


def test_many_are_of_version_seven_rising_and_all_different() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7s(50_000)
    after = time.time_ns() // 1_000_000
    ids = [UUID(bytes=one) for one in made.tolist()]
    assert {(one.version, one.variant) for one in ids} == {(7, uuid7().variant)}
    assert all(before <= one.int >> 80 <= after for one in ids)
    assert ids == sorted(set(ids))
    assert len(uuid7s(0)) == 0


def test_every_free_bit_is_drawn() -> None:
    ones = np.bitwise_or.reduce(words_of(uuid7s(1_000)), axis=0).tolist()
    zeros = np.bitwise_and.reduce(words_of(uuid7s(1_000)), axis=0).tolist()
    assert [hex(one & 0xFFF) for one in (ones[0], zeros[0])] == ["0xfff", "0x0"]
    assert [hex(one) for one in (ones[1], zeros[1])] == ["0xbfffffffffffffff", "0x8000000000000000"]


def test_halves_sort_as_ids_do() -> None:
    ids = [UUID(int=one) for one in (0, 1, 2**63, 2**64, 2**127, 2**128 - 1)]
    words = words_of(np.array([one.bytes for one in reversed(ids)], dtype="V16"))
    assert np.lexsort((words[:, 1], words[:, 0])).tolist() == [5, 4, 3, 2, 1, 0]
