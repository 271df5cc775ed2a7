"""The city's own file, whole: every request filed, located, closed when it was, and judged as the city judged it."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import pytest

from linli.cases.replay import addresses, lives, mapping, rows, stage, summary
from linli.cases.replay.addresses import AddressBook, Rule
from linli.cases.replay.rows import Request
from linli.cases.replay.summary import Unlocated
from linli.duties import queries as duties
from linli.foundation.access import acting_as, system
from linli.people import queries as people
from linli.territory import queries as territory

BY = system("replay test")


@pytest.mark.reference
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_boston_lives_again(reference: Path) -> None:
    for room in (territory, people, duties):
        room.forget()
    with acting_as(BY):
        export = rows.read(reference / "boston311" / "boston311_2015_h1.csv.gz")
        assert export.mapping.name == "boston311"
        prepared = stage.prepare(export, BY)
        lives.live(prepared, lambda done, total: None)
        found = summary.summarise(prepared)
    assert (found.rows, found.filed, len(found.rejections)) == (58_119, 58_119, 0)
    assert found.closed == 49_126
    assert (found.compared, found.agreed) == (37_257, 37_257)
    assert (found.named, found.located_as_named, found.located_by_position) == (50_728, 50_728, 717)
    assert found.located_by_address == {Rule.SAME_ADDRESS: 10, Rule.SAME_STREET: 206, Rule.NEIGHBOURS: 48}
    assert found.unlocated == {Unlocated.NO_PLACE: 6_300, Unlocated.UNKNOWN_ADDRESS: 110}
    assert found.located + found.unlocated.total() == found.filed
    for room in (territory, people, duties):
        room.forget()


@pytest.mark.reference
def test_the_mapping_says_what_each_column_of_boston_means(reference: Path) -> None:
    export = rows.read(reference / "boston311" / "boston311_2015_h1.csv.gz", mapping.read("boston311"))
    assert (len(export.requests), export.rejections) == (58_119, [])
    judged = [r for r in export.requests if r.closed and r.target and r.on_time is not None]
    assert len(judged) == 37_257
    # The city's verdict is nothing but this comparison, in its own time zone.
    assert all((r.closed > r.target) is not r.on_time for r in judged if r.closed and r.target)
    assert {r.channel for r in export.requests} == {"hotline", "grid_worker", "app", "open311", "mini_program"}
    assert {r.body for r in export.requests} <= export.mapping.bodies.keys()


@pytest.mark.reference
@pytest.mark.slow
def test_rows_whose_neighbourhood_is_known_are_located_by_their_address(reference: Path) -> None:
    """Each tenth of the addresses is held out in turn; of the same address, each tenth of the rows. The shares are in docs/replay.md."""
    export = rows.read(reference / "boston311" / "boston311_2015_h1.csv.gz", mapping.read("boston311"))
    form = export.mapping.address_form
    known = [request for request in export.requests if request.label and request.address]
    # The postcodes of the rows that have nothing but an address.
    asked = {_area(request, form) for request in export.requests if request.lon is None and not request.label} - {""}

    by_row = _held_out(known, asked, form, lambda request: request.number % 10)
    assert by_row["all", Rule.SAME_ADDRESS] == (32_302, 32_312)
    assert by_row["asked", Rule.SAME_ADDRESS] == (7_027, 7_028)
    by_address = _held_out(
        known, asked, form, lambda request: crc32(addresses.read(request.address, form).text.encode()) % 10
    )
    assert by_address["all", Rule.SAME_STREET] == (30_140, 30_474)
    assert by_address["asked", Rule.SAME_STREET] == (9_070, 9_173)
    assert by_address["all", Rule.NEIGHBOURS] == (2_978, 3_165)
    assert by_address["asked", Rule.NEIGHBOURS] == (1_270, 1_286)


def _area(request: Request, form: re.Pattern[str] | None) -> str:
    street = addresses.read(request.address, form).street
    return street[1] if street else ""


def _held_out(
    known: list[Request], asked: set[str], form: re.Pattern[str] | None, tenth: Callable[[Request], int]
) -> dict[tuple[str, Rule], tuple[int, int]]:
    """How many rows each rule located rightly, and how many it located: of all, and of those in the postcodes asked for."""
    right: Counter[tuple[str, Rule]] = Counter()
    located: Counter[tuple[str, Rule]] = Counter()
    for held_out in range(10):
        book = AddressBook(form)
        for request in known:
            if tenth(request) != held_out:
                book.learn(request.address, request.label)
        for request in known:
            if tenth(request) == held_out and (found := book.find(request.address)):
                unit, rule = found
                for group in ("all", "asked") if _area(request, form) in asked else ("all",):
                    located[group, rule] += 1
                    right[group, rule] += unit == request.label
    return {key: (right[key], located[key]) for key in located}
