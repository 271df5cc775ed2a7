"""A small export lived through on the real database, stopped, gone on with, and told of."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.utils import translation

from linli.cases import ledger, limits
from linli.cases.models import Case, CaseText, State
from linli.cases.replay import lives, mapping, plot, rows, stage, summary
from linli.cases.replay.addresses import Rule
from linli.cases.replay.stage import NothingToLive, OtherCity, Stage
from linli.cases.replay.summary import Unlocated
from linli.duties import queries as duties
from linli.foundation import audit, clock
from linli.foundation.access import acting_as, system
from linli.foundation.models import Entry
from linli.people import queries as people
from linli.territory import queries as territory
from tests.cases.test_replay_rows import HEADING, MAPPING

pytestmark = pytest.mark.django_db
BY = system("replay test")
EXTRA = 'group = "Reason"\nbody = "Dept"\noutcome = "Outcome"\ntitle = "Title"\naddress = "Address"\n[on_time]'


@pytest.fixture(autouse=True)
def nobody_elses_caches() -> Iterator[None]:
    for room in (territory, people, duties):
        room.forget()
    with translation.override("en"):
        yield
    for room in (territory, people, duties):
        room.forget()


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., rows.Export]:
    """Writes the export of these lines and reads it."""
    mapped = tmp_path / "little.toml"
    mapped.write_text(MAPPING.replace("[on_time]", EXTRA))

    def write(lines: list[str], limit: int | None = None) -> rows.Export:
        path = tmp_path / "export.csv"
        path.write_text("\n".join([HEADING + ",Reason,Dept,Outcome,Title,Address", *lines]))
        return rows.read(path, mapping.read(str(mapped)), limit)

    return write


def lines(count: int) -> list[str]:
    """Two areas, three types; every fifth open, every third late; the last without position or area."""
    rng = random.Random(1)
    found = []
    for number in range(1, count + 1):
        day = f"03/{number % 27 + 1:02}/2015"
        late = number % 3 == 0
        closed = "" if number % 5 == 0 else f"04/{2 + late * 20:02}/2015 12:00"
        area, lon = ("North", -71.10) if number % 2 else ("South", -71.05)
        kind = f"Type {number % 3}"
        position = f"{lon + rng.uniform(-0.01, 0.01):.4f},{42.3 + rng.uniform(-0.01, 0.01):.4f},{area}"
        if number == count:
            position = "-71.05,42.36,"
        # Every seventh lies with another department than its type usually does.
        body = "Parks" if number % 7 == 0 else f"Works {number % 3}"
        found.append(
            f"{number},{day} 08:30,04/10/2015 12:00,{closed},{'OVERDUE' if late else 'ONTIME'},{kind},{position},Phone,"
            f"Streets,{body},Mended,Hole {number}"
        )
    return found


def live(export: rows.Export) -> tuple[Stage, int]:
    with acting_as(BY):
        prepared = stage.prepare(export, BY)
        return prepared, lives.live(prepared, lambda done, total: None)


def test_every_row_is_filed_located_closed_and_judged(make: Callable[..., rows.Export], as_system: None) -> None:
    prepared, lived = live(make(lines(40)))
    found = summary.summarise(prepared)
    assert lived == 40
    assert (found.rows, found.filed, len(found.rejections), found.closed) == (40, 40, 0, 32)
    assert (found.compared, found.agreed) == (32, 32)
    # All but the last, which names no area and has no position: it lies with the city's desk.
    assert (found.named, found.located_as_named, found.located_by_position) == (39, 39, 0)
    assert {case.state for case in Case.objects.all()} == {State.CLOSED, State.ACCEPTED}
    assert found.as_json().keys() == {
        "rows", "filed", "rejected", "located", "closed", "overdue_compared", "overdue_agreed", "seconds",
        "unlocated_reason",
    }  # fmt: skip
    assert found.unlocated == {Unlocated.NO_PLACE: 1}


def test_a_life_is_the_very_one_that_people_make(make: Callable[..., rows.Export], as_system: None) -> None:
    prepared, _lived = live(make(lines(40)))
    known = lives.cases_of("little")
    case = Case.objects.get(pk=known["7"])
    entries = audit.timeline(case.id)
    assert [entry.action for entry in entries] == [
        "collect", "file", "dispatch", "reassign", "accept", "report_back", "verify", "close",
    ]  # fmt: skip
    request = next(request for request in prepared.requests if request.id == "7")
    assert (case.reported_at, case.closed_at, case.due_at) == (request.opened, request.closed, request.target)
    assert case.lead_body_id == prepared.bodies["Parks"]
    assert CaseText.objects.get(case=case).description == "Hole 7"
    assert entries[5].note == "Mended"
    # The chain holds, and the row is as its timeline left it.
    assert audit.digest(ledger.states_of([case.id])[case.id]) == bytes(entries[-1].state)
    assert audit.chain_hash(entries[-1]) == bytes(case.head)


def test_a_stopped_replay_goes_on_and_a_done_one_does_nothing(
    make: Callable[..., rows.Export], as_system: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done >= 30:
            raise Stopped

    monkeypatch.setattr(lives, "STRETCH", 10)
    with acting_as(BY):
        prepared = stage.prepare(make(lines(40)), BY)
        with pytest.raises(Stopped):
            lives.live(prepared, stop)
        assert 0 < Case.objects.count() < 40
        assert lives.live(prepared, lambda done, total: None) > 0
        entries = Entry.objects.count()
        assert lives.live(prepared, lambda done, total: None) == 0
    assert (Case.objects.count(), Entry.objects.count()) == (40, entries)
    assert summary.summarise(prepared).agreed == 32


def test_more_rows_of_the_same_city_add_to_what_is_there(make: Callable[..., rows.Export], as_system: None) -> None:
    live(make(lines(20)))
    units, bodies = len(territory.index().units), len(people.bodies())
    more = [line.replace(",Type 1,", ",Type new,") for line in lines(30)]
    prepared, lived = live(make(more))
    assert lived == 10
    assert (len(territory.index().units), len(people.bodies())) == (units, bodies)
    assert Case.objects.count() == 30
    assert "Type new" in prepared.leads


def test_a_closing_before_the_opening_is_kept_as_the_export_has_it(
    make: Callable[..., rows.Export], as_system: None
) -> None:
    odd = lines(6)
    odd[0] = odd[0].replace("04/02/2015 12:00", "03/02/2015 08:29")
    assert odd[0] != lines(6)[0]
    prepared, _lived = live(make(odd))
    case = Case.objects.get(pk=lives.cases_of("little")["1"])
    assert case.closed_at is not None
    assert case.closed_at < case.reported_at
    assert summary.summarise(prepared).closed == 5


def test_a_row_with_nothing_but_an_address_lies_where_other_rows_of_it_do(
    make: Callable[..., rows.Export], as_system: None
) -> None:
    some = lines(20)
    some[0] += ",5 Elm St"
    some[1] += ",8 Oak St"
    for number, address in (("21", "5 elm st"), ("22", "7 Fir St"), ("23", "INTERSECTION of A & B"), ("24", "")):
        some.append(f"{number},03/20/2015 08:30,,,,Type 1,-71.05,42.36,,Phone,Streets,Works 1,,Hole,{address}")
    prepared, _lived = live(make(some))
    case = Case.objects.get(pk=lives.cases_of("little")["21"])
    assert case.units[-1] == prepared.units["North"]
    assert (case.lon, case.lat) == (None, None)
    entries = audit.timeline(case.id)
    assert [entry.action for entry in entries] == ["collect", "locate", "file", "dispatch", "accept"]
    assert entries[1].note == "Located by its address: the same address in other rows of the export."
    found = summary.summarise(prepared)
    # The three, and the twentieth, which has no place either.
    assert found.located_by_address == {Rule.SAME_ADDRESS: 1}
    assert found.unlocated == {Unlocated.UNKNOWN_ADDRESS: 2, Unlocated.NO_PLACE: 2}
    assert found.located + found.unlocated.total() == found.filed == 24


def test_a_row_lies_in_the_unit_that_it_names_without_the_position_that_contradicts_it(
    make: Callable[..., rows.Export], as_system: None
) -> None:
    # At this spot of the North one of three says South.
    spot = [f"{number},03/20/2015 08:30,,,,Type 1,-71.11,42.3,{area},Phone,Streets,Works 1,,Hole" for number, area in
            ((41, "North"), (42, "North"), (43, "South"))]  # fmt: skip
    prepared, _lived = live(make([*lines(40), *spot]))
    case = Case.objects.get(pk=lives.cases_of("little")["43"])
    assert (case.units[-1], case.lon) == (prepared.units["South"], None)
    assert [(entry.action, entry.note) for entry in audit.timeline(case.id)][1] == ("locate", "The export names South.")
    found = summary.summarise(prepared)
    assert (found.named, found.located_as_named) == (42, 42)


def test_a_name_of_several_units_tells_none_of_them(make: Callable[..., rows.Export], as_system: None) -> None:
    prepared, _lived = live(make(lines(10)))
    north, south = (territory.unit(prepared.units[name]) for name in ("North", "South"))
    assert stage.by_name([replace(north, name_en="North"), south]) == {"North": north.id, "South": south.id}
    assert stage.by_name([replace(north, name_en="South"), south]) == {"North": north.id}


def test_the_summary_tells_of_a_case_that_is_not_where_its_row_says(
    make: Callable[..., rows.Export], as_system: None
) -> None:
    prepared, _lived = live(make(lines(10)))
    Case.objects.filter(pk=lives.cases_of("little")["1"]).update(units=[prepared.city.id, prepared.units["South"]])
    found = summary.summarise(prepared)
    assert found.unlocated == {Unlocated.NOT_AS_NAMED: 1, Unlocated.NO_PLACE: 1}
    assert "1  not in the neighbourhood that the row names" in summary.table(found)


def test_openings_far_apart_are_lived_too(make: Callable[..., rows.Export], as_system: None) -> None:
    # Three years in one small file: nothing that was reported is too old when it is lived.
    some = lines(10)
    some[2] = some[2].replace("03/04/2015", "03/04/2012")
    some[3] = some[3].replace("04/02/2015", "04/02/2018")
    prepared, lived = live(make(some))
    assert (lived, summary.summarise(prepared).closed) == (10, 8)


def test_bodies_of_any_script_stay_apart(make: Callable[..., rows.Export], as_system: None) -> None:
    names = {"Works 0": "环卫局", "Works 1": "城管局", "Works 2": "Roads+", "Parks": "Roads-"}
    some = lines(20)
    for name, other in names.items():
        some = [line.replace(f",{name},", f",{other},") for line in some]
    prepared, _lived = live(make(some))
    assert len({prepared.bodies[name] for name in names.values()}) == 4
    again, _lived = live(make(some))
    assert again.bodies == prepared.bodies


def test_a_position_outside_the_city_is_rejected(make: Callable[..., rows.Export], as_system: None) -> None:
    far = lines(30)
    far[3] = far[3].replace("-71.0", "-70.0", 1).replace("South", "")
    prepared, _lived = live(make(far))
    assert [(rejection.number, rejection.reason) for rejection in prepared.rejections] == [
        (5, "its position lies outside the city")
    ]
    assert Case.objects.count() == 29


def test_a_file_of_another_city_is_refused(make: Callable[..., rows.Export], as_system: None) -> None:
    live(make(lines(10)))
    with pytest.raises(OtherCity, match="Little"), acting_as(BY):
        stage.prepare(make([line.replace("-71.", "-61.") for line in lines(10)]), BY)


def test_a_file_without_any_place_cannot_be_lived(make: Callable[..., rows.Export], as_system: None) -> None:
    nowhere = [line.replace("North", "").replace("South", "") for line in lines(5)]
    with pytest.raises(NothingToLive), acting_as(BY):
        stage.prepare(make(nowhere), BY)


def test_limits_come_from_the_targets_that_the_city_set(make: Callable[..., rows.Export], as_system: None) -> None:
    prepared, _lived = live(make(lines(40)))
    info = duties.minor_class(prepared.classes["Type 1"])
    assert info.limit is not None
    assert 20 * 24 < info.limit.amount < 40 * 24
    # The export's own target goes before the limit of the class.
    case = Case.objects.get(pk=lives.cases_of("little")["4"])
    assert limits.is_overdue(case, clock.now()) is False


def test_the_summary_is_told_and_drawn(make: Callable[..., rows.Export], as_system: None, tmp_path: Path) -> None:
    prepared, _lived = live(make([*lines(40), lines(40)[0]]))
    found = summary.summarise(prepared)
    told = summary.table(found)
    assert "Rejected                              1" in told
    assert "its number came before" in told
    assert "Type 1" in told
    json.dumps(found.as_json())
    picture = tmp_path / "weeks.png"
    plot.draw(found, "Little", prepared.mapping.zone, picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000
