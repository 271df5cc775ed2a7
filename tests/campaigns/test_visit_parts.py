"""What comes with a visit: a note, where the phone was, households that no list had, and photos, which are sent after it."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from campaigns.conftest import Running
from campaigns.test_api import posted
from campaigns.test_control_pages import browser_of, text_of
from campaigns.test_receiving import counted, recounted, send, visit
from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from factories.browsing import client_of
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from linli.campaigns import actions, errors, handing, position, queries, sealed
from linli.campaigns.actions.receiving import Visit
from linli.campaigns.models import Aside, Door, Outcome, Submission, VisitPhoto
from linli.campaigns.position import Position
from linli.campaigns.queries import visits as reads
from linli.foundation import clock, files
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import InvalidInput, NotAllowed, NotFound
from linli.territory.models import Unit

WORDS = "家里有两条狗，<b>晚上来</b>"


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.LINLI_FILES = tmp_path / "files"


def row_of(one: Visit) -> Submission:
    with acting_as(SYSTEM):
        return Submission.objects.get(pk=one.id)


# --- a note -----------------------------------------------------------------------------------------------------------


def test_a_note_is_encrypted_and_stands_on_the_doors_page(running: Running) -> None:
    door = running.doors_of(0)[0]
    one = visit(door.id, note=WORDS, answers={"people": 2})
    assert send(running, [one]) == {one.id: "stored"}
    assert send(running, [one]) == {one.id: "known"}
    assert send(running, [replace(one, note="别的")]) == {one.id: Aside.CHANGED}
    row = row_of(one)
    assert "狗".encode() not in bytes(row.note)
    with pytest.raises(InvalidTag):
        sealed.open_(running.campaign.declaration_id, row.note, row.id)
    page = f"/control/screenings/{running.campaign.id}/buildings/{door.building_id}/doors/{door.id}/"
    shown = text_of(browser_of(running.area.world, Role.DESK).get(page))
    assert "家里有两条狗，&lt;b&gt;晚上来" in shown
    assert running.teams[0].name in shown
    assert "<dt>people</dt><dd>2</dd>" in shown, "and what was answered"
    assert browser_of(running.area.world, Role.DESK, "E").get(page).status_code == 404
    assert browser_of(running.area.world, Role.HANDLER).get(page).status_code == 403
    nowhere = f"/control/screenings/{running.campaign.id}/buildings/{door.building_id}/doors/{uuid4()}/"
    assert browser_of(running.area.world, Role.DESK).get(nowhere).status_code == 404


def test_a_note_that_is_too_long_is_refused(running: Running) -> None:
    with pytest.raises(InvalidInput):
        send(running, [visit(running.doors_of(0)[0].id, note="x" * 501)])


# --- where the phone was ----------------------------------------------------------------------------------------------


def test_a_visit_from_far_away_counts_and_is_shown_to_the_lead(running: Running) -> None:
    here, far, vague, nowhere = running.doors_of(0)[:4]
    at = {home.pk: home for home in units(running)}[here.building_id]
    assert at.lon is not None
    assert at.lat is not None
    near, away = Position(at.lon, at.lat + 0.001, 20.0), Position(at.lon, at.lat + 0.01, 20.0)
    visits = [
        visit(here.id, position=near),
        visit(far.id, position=away),
        visit(vague.id, position=replace(away, accuracy=5_000.0)),
        visit(nowhere.id),
    ]
    assert set(send(running, visits).values()) == {"stored"}
    off = [row_of(one).metres_off for one in visits]
    assert off[0] is off[2] is off[3] is None
    assert off[1] is not None
    assert 1_000 < off[1] < 1_300
    with acting_as(running.leader):
        assert reads.count_to_look_at(running.leader, running.teams[0]) == (0, 1)
        (odd,) = reads.to_look_at(running.leader, running.teams[0])
    assert odd.id == visits[1].id
    page = text_of(browser_of(running.area.world, Role.DISPATCHER).get(f"/control/teams/{running.teams[0].id}/"))
    assert f"{off[1]:,} 米" in page
    assert f"doors/{far.id}/" in page


def units(running: Running) -> list[Unit]:
    with acting_as(SYSTEM):
        return list(Unit.objects.filter(pk__in={door.building_id for door in running.area.everywhere}))


@pytest.mark.parametrize(
    "where",
    [
        Position(181, 0, 1),
        Position(0, -91, 1),
        Position(0, 0, -1),
        Position(float("nan"), 0, 1),
        Position(0, 0, float("inf")),
    ],
)
def test_a_position_that_cannot_be_is_refused(running: Running, where: Position) -> None:
    with pytest.raises(InvalidInput):
        send(running, [visit(running.doors_of(0)[0].id, position=where)])


@given(
    lon=st.floats(103, 105), lat=st.floats(30, 31), accuracy=st.floats(0, 10_000), more=st.floats(0, 10_000),
)  # fmt: skip
def test_a_phone_that_is_less_sure_is_never_found_further_away(
    lon: float, lat: float, accuracy: float, more: float
) -> None:
    found = position.metres_off(Position(lon, lat, accuracy), 104.0, 30.6)
    vaguer = position.metres_off(Position(lon, lat, accuracy + more), 104.0, 30.6)
    assert vaguer in (found, None)
    assert found is None or found >= round(position.FAR_METRES + accuracy)
    assert position.metres_off(Position(104.0, 30.6, accuracy), 104.0, 30.6) is None


# --- households that no list had --------------------------------------------------------------------------------------


def found_of(running: Running, team: int) -> list[tuple[str, str, int]]:
    by = running.leads[team]
    with acting_as(by):
        pack = queries.doors_of_team(by, running.teams[team].id)
    return [(door.label, door.outcome, door.visits) for walked in pack.buildings for door in walked.found]


def test_a_household_found_is_in_the_pack_of_its_team_afterwards(running: Running) -> None:
    building = running.doors_of(0)[0].building_id
    one = visit(uuid4(), Outcome.NOBODY_HOME, found_in=building, found_label="楼梯后面")
    send(running, [one])
    assert found_of(running, 0) == [("楼梯后面", Outcome.NOBODY_HOME, 1)]
    assert found_of(running, 1) == []
    # A colleague's phone knows its id from there, and Collect says no more than it.
    send(running, [visit(one.door, Outcome.DONE, minutes_ago=1)])
    assert found_of(running, 0) == [("楼梯后面", Outcome.DONE, 2)]
    assert counted(running) == recounted(running)


def test_when_its_team_falls_out_it_goes_to_those_who_share_the_building(running: Running) -> None:
    building = running.doors_of(0)[0].building_id
    send(running, [visit(uuid4(), found_in=building, found_label="楼梯后面")])
    with acting_as(running.leader):
        actions.team_out(team=running.teams[0].id, reason="全队隔离", by=running.leader)
    assert found_of(running, 1) == [("楼梯后面", Outcome.DONE, 1)]


def test_a_household_found_stays_where_it_was_found(running: Running) -> None:
    buildings = list({door.building_id for door in running.doors_of(0)})
    door = uuid4()
    first, moved = (visit(door, found_in=building, found_label="楼梯后面") for building in buildings[:2])
    assert send(running, [first]) == {first.id: "stored"}
    assert send(running, [moved]) == {moved.id: "stored"}
    with acting_as(SYSTEM):
        assert Door.objects.get(door=door).building_id == buildings[0]
    assert counted(running) == recounted(running)


def test_a_household_of_a_list_is_not_found(running: Running) -> None:
    """To call another team's door found does not make it one's own."""
    door = running.doors_of(1)[0]
    one = visit(door.id, found_in=running.doors_of(0)[0].building_id, found_label="楼梯后面")
    assert send(running, [one]) == {one.id: Aside.NOT_YOURS}
    assert not row_of(one).found
    assert counted(running) == recounted(running)


def foreign_building(running: Running) -> UUID:
    """One in which the first team has doors, and the second none."""
    first, second = ({door.building_id for door in running.doors_of(team)} for team in (0, 1))
    return (first - second).pop()


def test_nobody_finds_households_where_their_team_has_no_doors(running: Running) -> None:
    one = visit(uuid4(), found_in=foreign_building(running), found_label="楼梯后面")
    assert send(running, [one], team=1) == {one.id: Aside.NOT_YOURS}
    with acting_as(SYSTEM):
        assert not Door.objects.filter(door=one.door).exists()
    assert counted(running) == recounted(running)


def test_a_household_found_is_for_those_who_have_doors_in_its_building(running: Running) -> None:
    building = foreign_building(running)
    found = visit(uuid4(), Outcome.NOBODY_HOME, found_in=building, found_label="楼梯后面")
    foreign = visit(found.door, Outcome.REFUSED, minutes_ago=1)
    assert send(running, [found]) == {found.id: "stored"}
    assert send(running, [foreign], team=1) == {foreign.id: Aside.NOT_YOURS}
    with acting_as(SYSTEM):
        assert Door.objects.get(door=found.door).outcome == Outcome.NOBODY_HOME
        share = running.teams[0].shares.filter(building=building)[0]
        share.pk, share.team, share.floor_from, share.floor_to = None, running.teams[1], 90, 99
        share.save(force_insert=True)
    beside = visit(found.door, minutes_ago=1)
    assert send(running, [beside], team=1) == {beside.id: "stored"}
    assert counted(running) == recounted(running)


def test_a_household_found_before_the_building_went_to_others_counts(running: Running) -> None:
    building = foreign_building(running)
    before, after = (visit(uuid4(), minutes_ago=ago, found_in=building, found_label="楼梯后面") for ago in (20, 5))
    with acting_as(SYSTEM):
        running.teams[0].shares.update(taken_at=clock.now() - timedelta(minutes=10))
    assert send(running, [before, after]) == {before.id: "stored", after.id: Aside.NOT_YOURS}


# --- photos -----------------------------------------------------------------------------------------------------------


def picture(colour: str = "red", size: tuple[int, int] = (640, 480)) -> bytes:
    """As a camera writes it: with where it was taken, and by what."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SecretCamera"
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", exif=exif)
    return out.getvalue()


def attach(running: Running, one: Visit, photo: UUID, content: bytes, by: Actor | None = None) -> bool:
    actor = by or running.leads[0]
    with acting_as(actor):
        return actions.attach(photo=photo, visit=one.id, upload=SimpleUploadedFile("a.jpg", content), by=actor)


@pytest.fixture
def visited(running: Running) -> Visit:
    one = visit(running.doors_of(0)[0].id)
    send(running, [one])
    return one


def on_disk() -> Iterator[Path]:
    return (path for path in Path(settings.LINLI_FILES).rglob("*") if path.is_file())


def test_a_photo_is_kept_once_without_metadata_and_encrypted(running: Running, visited: Visit) -> None:
    photo, content = uuid4(), picture()
    assert attach(running, visited, photo, content)
    assert not attach(running, visited, photo, content), "sent again it is the same"
    with acting_as(running.leader):
        shown = reads.photo(running.leader, photo, small=False)
        assert len(reads.photo(running.leader, photo, small=True)) < len(shown)
    assert b"SecretCamera" in content
    assert b"SecretCamera" not in shown
    assert Image.open(io.BytesIO(shown)).size == (640, 480)
    kept = list(on_disk())
    assert len(kept) == 2
    assert all(not path.read_bytes().startswith(b"\xff\xd8") and b"JFIF" not in path.read_bytes() for path in kept)
    files.remove_orphans()
    assert list(on_disk()), "the clearing of unclaimed uploads does not reach them"


def test_another_photo_under_the_same_name_is_refused(running: Running, visited: Visit) -> None:
    photo = uuid4()
    attach(running, visited, photo, picture())
    with pytest.raises(errors.OtherPhoto):
        attach(running, visited, photo, picture("blue"))
    other = visit(running.doors_of(0)[1].id)
    send(running, [other])
    with pytest.raises(errors.OtherPhoto):
        attach(running, other, photo, picture())


def test_a_photo_waits_for_its_visit_and_belongs_to_who_made_it(running: Running, visited: Visit) -> None:
    with pytest.raises(NotFound):
        attach(running, visit(running.doors_of(0)[1].id), uuid4(), picture())
    for stranger in (running.leads[1], running.leader):
        with pytest.raises(NotFound):
            attach(running, visited, uuid4(), picture(), by=stranger)


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        (b"\xff\xd8\xff" + bytes(30 * 1024 * 1024), files.FileTooLarge),
        (b"GIF89a" + bytes(100), files.FileTypeRefused),
        (b"%PDF-1.7" + bytes(100), files.FileTypeRefused),
        (picture()[:2000], files.FileDamaged),
    ],
    ids=["30 MB", "gif", "pdf", "cut"],
)
def test_a_photo_that_is_refused_costs_nobody_the_visit(
    running: Running, visited: Visit, content: bytes, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        attach(running, visited, uuid4(), content)
    assert row_of(visited).aside == ""
    with acting_as(SYSTEM):
        assert not VisitPhoto.objects.exists()
    assert not list(on_disk())


def test_a_visit_has_ten_photos_at_most(running: Running, visited: Visit) -> None:
    for _one in range(10):
        attach(running, visited, uuid4(), picture(size=(8, 8)))
    with pytest.raises(errors.TooManyPhotos):
        attach(running, visited, uuid4(), picture(size=(8, 8)))


def test_a_photo_is_shown_to_who_sees_the_answers(running: Running, visited: Visit) -> None:
    photo = uuid4()
    attach(running, visited, photo, picture())
    address = f"/control/photos/{photo}/"
    world = running.area.world
    shown = browser_of(world, Role.DESK).get(f"{address}?small")
    assert shown.status_code == 200
    assert (shown["Content-Type"], shown["Cache-Control"]) == ("image/jpeg", "private, no-store")
    assert client_of(running.leads[0]).get(address).status_code == 200, "who took it"
    assert browser_of(world, Role.DESK, "E").get(address).status_code == 404
    assert client_of(running.leads[1]).get(address).status_code in {403, 404}
    assert browser_of(world, Role.DESK).get(f"/control/photos/{uuid4()}/").status_code == 404
    door = running.doors_of(0)[0]
    page = f"/control/screenings/{running.campaign.id}/buildings/{door.building_id}/doors/{door.id}/"
    assert f"{address}?small" in text_of(browser_of(world, Role.DESK).get(page))


def test_a_phone_sends_a_photo_through_the_api(running: Running, visited: Visit) -> None:
    client = client_of(running.leads[0])
    address = f"/api/v1/campaigns/visits/{visited.id}/photos/{uuid4()}"
    for fate in ("stored", "known"):
        answer = client.post(address, {"file": SimpleUploadedFile("a.jpg", picture())})
        assert answer.json()["fate"] == fate
    large = client.post(
        f"{address[:-36]}{uuid4()}", {"file": SimpleUploadedFile("b.jpg", b"\xff\xd8\xff" + bytes(21_000_000))}
    )
    assert large.status_code == 413
    assert large.json()["code"] == "file_too_large"
    elsewhere = f"/api/v1/campaigns/visits/{uuid4()}/photos/{uuid4()}"
    assert client.post(elsewhere, {"file": SimpleUploadedFile("a.jpg", picture())}).status_code == 404
    stranger = posted(running, "desk", Role.DESK, "51")
    stranger("post", f"visits/{visited.id}/photos/{uuid4()}", {}, status=422)


def test_photos_stay_as_they_are_and_are_not_shown_to_the_east(running: Running, visited: Visit) -> None:
    attach(running, visited, uuid4(), picture())
    with acting_as(SYSTEM):
        for change in (lambda: VisitPhoto.objects.update(width=1), lambda: VisitPhoto.objects.all().delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
    east = running.area.world.actor("east-desk", Role.DESK, "E")
    with acting_as(east):
        assert not VisitPhoto.objects.exists()
    with acting_as(running.leads[1]):
        assert not VisitPhoto.objects.exists()
    with acting_as(running.leads[0]):
        assert VisitPhoto.objects.exists()


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR], ids=["admin", "auditor"])
def test_who_counts_reads_no_answers_notes_or_photos(running: Running, visited: Visit, role: Role) -> None:
    photo = uuid4()
    attach(running, visited, photo, picture())
    browser, door = browser_of(running.area.world, role), running.doors_of(0)[0]
    building = f"/control/screenings/{running.campaign.id}/buildings/{door.building_id}/"
    page = browser.get(building)
    assert page.status_code == 200, "how many doors were reached is told"
    assert f"doors/{door.id}/" not in text_of(page)
    assert browser.get(f"{building}doors/{door.id}/").status_code == 403
    assert browser.get(f"/control/photos/{photo}/").status_code == 403
    assert f"doors/{door.id}/" in text_of(browser_of(running.area.world, Role.DESK).get(building))


def test_the_door_page_asks_who_reads(running: Running, visited: Visit) -> None:
    door, world = running.doors_of(0)[0], running.area.world
    helper = world.actor("helper", Role.GRID_WORKER, "51")
    with acting_as(helper), pytest.raises(NotAllowed):
        reads.visits_of_door(helper, running.campaign, door.building_id, door.id)


def test_what_comes_along_costs_no_statement_for_each_visit(running: Running) -> None:
    """Hand-overs, positions, notes and households found: a batch of six takes as many statements as one of three."""
    by, team = running.leads[0], running.teams[0].id
    with acting_as(by):
        pack = queries.doors_of_team(by, team)
    doors, own = iter(running.doors_of(0)), running.doors_of(1)[0].building_id

    def batch(size: int) -> list[Visit]:
        rows = []
        for _one in range(size):
            door = next(doors)
            proof = handing.proof(pack.secret, running.campaign.id, door.id)
            whole: dict[str, Any] = {"note": WORDS, "position": Position(104.5, 30.6, 20.0)}
            rows.append(visit(door.id, handed_by=pack.giver, handed_proof=proof, **whole))
            rows.append(visit(uuid4(), found_in=own, found_label="楼梯后面", **whole))
        return rows

    counts = []
    for size in (3, 6):
        visits = batch(size)
        with CaptureQueriesContext(connection) as captured:
            assert set(send(running, visits, team=1).values()) == {"stored"}
        counts.append(len(captured))
    assert counts[0] == counts[1]
