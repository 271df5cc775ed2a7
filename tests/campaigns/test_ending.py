"""When it is over the data go, with a proof; or they stay for a while by a recorded exception."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from campaigns.conftest import Area, Running, told
from campaigns.test_control_pages import browser_of
from campaigns.test_receiving import send, visit
from campaigns.test_visit_parts import attach, picture
from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import TestCase
from factories.world import START_AT
from procrastinate.contrib.django import app

from linli.campaigns import actions, errors, queries, sealed
from linli.campaigns.actions import door_codes, telling
from linli.campaigns.models import (
    CommunityTally,
    Declaration,
    DestructionProof,
    Door,
    FollowUp,
    FollowUpKind,
    FollowUpNote,
    Membership,
    Submission,
    VisitPhoto,
)
from linli.campaigns.rules import DESTROYED_AFTER, LONGEST, Stage
from linli.config import env
from linli.foundation import clock, keys
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.errors import NotAllowed
from linli.foundation.models import Entry
from linli.people.models import Post

WORDS = "青霉素过敏-独居"


@pytest.fixture(autouse=True)
def own_folder(settings: Any) -> Iterator[None]:
    """Beside everything else that the server keeps, and empty at first."""
    settings.LINLI_FILES = env.data_dir() / f"files-{uuid4()}"
    yield
    shutil.rmtree(settings.LINLI_FILES, ignore_errors=True)


@pytest.fixture
def area(area: Area) -> Area:
    """Besides, two buildings of one door each, one of them alone in its community."""
    with acting_as(SYSTEM):
        area.building("B9", 1, 1, 1)
        area.building("C9", 1, 1, 1, quarter="W2")
    return area


@pytest.fixture
def over(running: Running) -> Running:
    """Visits were made, one with a note and photos, something was brought afterwards, and joint control has ended."""
    visits = [visit(door.id, answers={"note": WORDS}, note=WORDS) for door in running.doors_of(0)[:3]]
    send(running, visits)
    for colour in ("red", "blue"):
        attach(running, visits[0], uuid4(), picture(colour))
    write_at_every_step(running, visits[0].id)
    with acting_as(running.leader):
        actions.end(declaration=running.campaign.declaration_id, reason="疫情结束", by=running.leader)
    return running


def write_at_every_step(running: Running, submission: UUID) -> None:
    """A delivery is missed, done, handed over, moved along and released, each with the same words about the household."""
    worker = running.area.world.actor("grid", Role.GRID_WORKER, "W1")
    with acting_as(SYSTEM):
        Post.objects.create(
            person_id=worker.id, role=Role.GRID_WORKER, unit=running.area.world.units["W1"], valid_from=START_AT
        )
    first, second = running.doors_of(0)[:2]
    home = first.building
    with acting_as(worker):
        brought = FollowUp.objects.create(
            campaign=running.campaign, submission=submission, door=first.id, building=home, community_id=home.path[3],
            rule="food", kind=FollowUpKind.DELIVERY, every_hours=72, next_at=clock.now(),
        )  # fmt: skip
        actions.missed(follow_up=brought.pk, note=WORDS, by=worker)
        actions.done(follow_up=brought.pk, note=WORDS, by=worker)
        actions.hand_over(follow_up=brought.pk, to=worker.id, note=WORDS, by=worker)
        actions.move_household(campaign=running.campaign.pk, door=first.id, to=second.id, reason=WORDS, by=worker)
        actions.release_follow_up(follow_up=brought.pk, reason=WORDS, by=worker)


def destroy(of: Running) -> DestructionProof:
    with TestCase.captureOnCommitCallbacks(execute=True), acting_as(of.leader):
        return actions.destroy(declaration=of.campaign.declaration_id, by=of.leader)


def test_what_is_in_force_is_not_destroyed(running: Running) -> None:
    with pytest.raises(errors.StillInForce):
        destroy(running)


def test_nothing_of_the_answers_remains(over: Running) -> None:
    with acting_as(SYSTEM):
        digests = Submission.objects.order_by("pk").values_list("digest", flat=True)
        photos = VisitPhoto.objects.order_by("pk").values_list("digest", flat=True)
        root = sha256(b"".join(bytes(digest) for digest in [*digests, *photos])).digest()
        row = Submission.objects.all()[0]
        closed, note = bytes(row.answers), bytes(row.note)
        written = [bytes(one.text) for one in FollowUpNote.objects.all()]
        steps = list(Entry.objects.filter(subject_type="follow_up").order_by("seq").values_list("action", flat=True))
        assert steps == ["missed", "done", "hand_over", "move", "release"]
        assert not _found_anywhere(WORDS), "the timeline cannot forget"
    kept = [path.read_bytes() for path in photo_files()]
    assert len(kept) == 4, "each photo and its thumbnail"
    proof = destroy(over)
    assert proof.counts == {
        "submissions": 3, "doors": 3, "follow_ups": 1, "follow_up_notes": 5, "photos": 2, "files": 4, "door_codes": 0,
        "shifts": 0, "answers": 0, "tellings": 0, "reports": 0,
        "memberships": 4, "moves": 1, "shares": proof.counts["shares"], "tallies": 5,
    }  # fmt: skip
    assert bytes(proof.root) == root
    assert proof.by_label == over.leader.label
    declared = over.campaign.declaration_id
    with acting_as(SYSTEM):
        assert not Submission.objects.exists()
        assert not Door.objects.exists()
        assert not VisitPhoto.objects.exists()
        assert queries.stage_of(queries.declaration(declared)) is Stage.DESTROYED
        assert not _found_anywhere(closed)
        assert not _found_anywhere(note)
        assert not any(_found_anywhere(one) for one in written)
    assert not photo_files()
    assert not _in_files(kept)
    assert not list(keys.key_file().parent.glob(f"declarations/{declared}*"))
    with pytest.raises(errors.Destroyed):
        sealed.open_(declared, closed, over.campaign.id)


def test_nothing_says_how_a_single_door_stood_or_who_was_in_which_team(over: Running) -> None:
    """Of a building with one door every sum is that household's, and of a community with one too."""
    alone = [over.area.doors[name][0] for name in ("B9", "C9")]
    late = clock.now() - timedelta(seconds=1)
    with acting_as(SYSTEM):
        Declaration.objects.update(ended_at=None)
        Membership.objects.update(until=None)
        for number in (0, 1):
            own = [door for door in alone if door.id in {one.id for one in over.doors_of(number)}]
            fates = send(over, [visit(door.id, "refused") for door in own], team=number)
            assert set(fates.values()) <= {"stored"}
        began = telling.begin_telling(notice=notice_of(over), by=SYSTEM)
        telling.fill(telling=began.pk)
        Declaration.objects.update(ended_at=late)
        Membership.objects.update(until=clock.now())
        door_codes.make_codes(
            campaign=over.campaign.pk, building=alone[0].building_id, by=over.leader, door=alone[0].id
        )
        doors = {str(one) for one in Door.objects.values_list("door", flat=True)}
        members = [str(one) for one in Membership.objects.values_list("pk", flat=True)]
        whole = sum(row.doors for row in CommunityTally.objects.all())
        assert len(_found_anywhere(str(alone[0].building_id))) > 2
        assert "campaigns_communitytally" in _found_anywhere(str(over.of("W2")))
    proof = destroy(over)
    assert (proof.counts["tallies"], proof.counts["moves"]) == (5, 1)
    assert proof.counts["memberships"] == len(members) == 4
    assert proof.counts["shares"] > 4
    with acting_as(SYSTEM):
        for door in doors:
            assert _found_anywhere(door) == ["territory_household"], "no timeline, no sum and no share names it"
        for member in members:
            assert _found_anywhere(member) == []
        for building in alone:
            # Of leaflets the timeline says that they were made there: whoever makes codes could read with them.
            there = set(_found_anywhere(str(building.building_id))) - {"foundation_entry"}
            assert there == {"territory_household", "territory_unit"}
        assert "campaigns_communitytally" not in _found_anywhere(str(over.of("W2")))
        kept = CommunityTally.objects.get()
        assert (kept.doors, kept.refused, kept.most_left) == (whole - 1, 1, 0), (
            "the sum of a community with enough doors stays"
        )
        assert actions.destroy_due() == []
        kept.refresh_from_db()
        assert kept.doors == whole - 1, "and outlives the nights"
    page = browser_of(over.area.world, Role.LEADER).get(f"/control/screenings/{over.campaign.pk}/?unit={over.of('W1')}")
    assert page.status_code == 200
    assert f"{whole - 1}" in page.content.decode()


def notice_of(over: Running) -> telling.Notice:
    now = clock.now()
    return telling.Notice(
        id=uuid4(), source="declaration", units=[over.of("51")], title="流感", text="请配合入户排查。",
        starts_at=now, ends_at=now + timedelta(hours=1), declaration=over.campaign.declaration_id,
    )  # fmt: skip


def photo_files() -> list[Path]:
    return [path for path in Path(settings.LINLI_FILES).rglob("*") if path.is_file()]


def _in_files(needles: list[bytes]) -> list[Path]:
    """The files of the whole data folder that hold one of these, whatever they are called."""
    everything = [path for path in env.data_dir().rglob("*") if path.is_file()]
    return [path for path in everything if any(needle in _content(path) for needle in needles)]


def _content(path: Path) -> bytes:
    # The server removes and renames files of its own meanwhile.
    with suppress(FileNotFoundError):
        return path.read_bytes()
    return b""


def _found_anywhere(needle: bytes | str) -> list[str]:
    """The tables in which some row holds these bytes, or words."""
    text = needle.hex() if isinstance(needle, bytes) else needle
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}" AS one WHERE strpos(one::text, %s) > 0', [text])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def test_the_search_itself_finds_what_is_there(over: Running) -> None:
    with acting_as(SYSTEM):
        closed = bytes(Submission.objects.all()[0].answers)
        assert _found_anywhere(closed) == ["campaigns_submission"]
        assert _found_anywhere("疫情结束") == ["foundation_entry"]
    assert _in_files([path.read_bytes() for path in photo_files()[:1]]) == photo_files()[:1]


def test_files_that_a_fall_has_left_are_removed_by_the_system(over: Running) -> None:
    with acting_as(over.leader):
        actions.destroy(declaration=over.campaign.declaration_id, by=over.leader)
    assert photo_files(), "the process fell after its transaction"
    with acting_as(SYSTEM):
        actions.destroy_due()
    assert not photo_files()


def test_rows_that_came_back_are_removed_by_the_system(over: Running) -> None:
    """Such as by a backup from before."""
    with acting_as(SYSTEM):
        row = Submission.objects.exclude(note=b"")[0]
    destroy(over)
    with acting_as(SYSTEM):
        row.save(force_insert=True)
        assert actions.destroy_due() == []
        assert not Submission.objects.exists()
    proof = DestructionProof.objects.get()
    assert proof.counts["submissions"] == 3, "the proof stays as it was"


def test_one_that_cannot_be_destroyed_holds_back_no_other(over: Running, caplog: pytest.LogCaptureFixture) -> None:
    with acting_as(over.leader):
        other = actions.declare(told=told(over.area.world), by=over.leader)
        actions.end(declaration=other.id, reason="疫情结束", by=over.leader)
    # A disk that does not answer as a file should.
    file = key_of(over)
    file.unlink()
    file.mkdir()
    sealed.forget()
    with acting_as(SYSTEM), clock.at(clock.now() + DESTROYED_AFTER + timedelta(seconds=1)):
        assert actions.destroy_due() == [other.id]
    assert str(over.campaign.declaration_id) in caplog.text


def key_of(over: Running) -> Path:
    return keys.key_file().parent / "declarations" / f"{over.campaign.declaration_id}.key"


@pytest.mark.parametrize("damage", ["lost", "cut", "overwritten"])
def test_a_lost_key_keeps_nobody_from_destroying_and_the_proof_says_so(over: Running, damage: str) -> None:
    file = key_of(over)
    whole = file.read_bytes()
    if damage == "lost":
        file.unlink()
    else:
        file.write_bytes(whole[:9] if damage == "cut" else bytes(len(whole)))
    sealed.forget()
    assert actions.look_for_keys() == [over.campaign.declaration_id]
    assert actions.look_for_keys() == [], "it is written down once"
    with acting_as(SYSTEM):
        missed = Entry.objects.get(subject_id=over.campaign.declaration_id, action="key_missed").at
        folder = Path(settings.LINLI_FILES) / "declarations" / str(over.campaign.declaration_id)
        assert list(folder.iterdir())
    with clock.at(clock.now() + timedelta(hours=5)):
        proof = destroy(over)
    assert (bytes(proof.key_digest), proof.key_missed_at) == (b"", missed)
    assert proof.counts["submissions"] == 3
    with acting_as(SYSTEM):
        assert not Submission.objects.exists()
    assert not folder.exists()
    assert not file.exists()
    page = browser_of(over.area.world, Role.LEADER).get(f"/control/{over.campaign.declaration_id}/").content.decode()
    assert "密钥" in page
    assert "Fingerprint of the destroyed key" not in page


def test_a_key_is_looked_for_on_the_disk_and_not_in_memory(over: Running) -> None:
    assert sealed.has_key(over.campaign.declaration_id)
    file = key_of(over)
    sealed.close(over.campaign.declaration_id, b"", uuid4())
    file.write_bytes(bytes(len(file.read_bytes())))
    assert actions.look_for_keys() == [over.campaign.declaration_id]


def test_a_disk_that_fails_for_one_key_hides_no_other(over: Running, caplog: pytest.LogCaptureFixture) -> None:
    with acting_as(over.leader):
        other = actions.declare(told=told(over.area.world, name="另一次"), by=over.leader)
    key_of(over).unlink()
    # What can be found and not be read.
    key_of(over).mkdir()
    (key_of(over).parent / f"{other.pk}.key").unlink()
    assert actions.look_for_keys() == [other.pk]
    assert str(over.campaign.declaration_id) in caplog.text


def test_a_key_that_is_lost_is_shown_and_one_that_came_back_is_not(over: Running) -> None:
    file = key_of(over)
    whole = file.read_bytes()
    file.unlink()
    actions.look_for_keys()
    here, lead = f"/control/{over.campaign.declaration_id}/", browser_of(over.area.world, Role.LEADER)
    said = "从密钥备份中恢复"
    assert said in lead.get(here).content.decode()
    file.write_bytes(whole)
    assert said not in lead.get(here).content.decode()
    assert bytes(destroy(over).key_digest) != b""


def test_a_lost_key_that_nobody_had_looked_for_counts_from_the_destruction(over: Running) -> None:
    key_of(over).unlink()
    proof = destroy(over)
    assert proof.key_missed_at is not None
    assert abs(proof.key_missed_at - proof.at) < timedelta(minutes=1)


def test_a_key_in_memory_opens_nothing_after_another_process_destroyed_it(over: Running) -> None:
    declared = over.campaign.declaration_id
    with acting_as(SYSTEM):
        row = Submission.objects.all()[0]
    assert WORDS.encode() in sealed.open_(declared, row.answers, row.id)
    (keys.key_file().parent / "declarations" / f"{declared}.key").unlink()
    with pytest.raises(errors.Destroyed):
        sealed.open_(declared, row.answers, row.id)
    with pytest.raises(errors.Destroyed):
        sealed.close(declared, b"more", row.id)


def test_a_phone_that_comes_late_is_told(over: Running) -> None:
    late = visit(over.doors_of(0)[0].id)
    destroy(over)
    with pytest.raises(errors.Destroyed):
        send(over, [late])


def test_it_is_destroyed_once(over: Running) -> None:
    destroy(over)
    with pytest.raises(errors.Destroyed):
        destroy(over)


def test_an_exception_keeps_the_data_as_long_as_it_says(over: Running) -> None:
    declared = over.campaign.declaration_id
    with acting_as(over.leader):
        with pytest.raises(errors.ReasonNeeded):
            actions.keep(declaration=declared, until=clock.now() + timedelta(days=5), reason="", by=over.leader)
        with pytest.raises(errors.EndNeeded):
            actions.keep(declaration=declared, until=clock.now() + LONGEST * 2, reason="流行病学调查", by=over.leader)
        kept = actions.keep(
            declaration=declared, until=clock.now() + timedelta(days=5), reason="流行病学调查", by=over.leader
        )
    with pytest.raises(errors.KeptUntil):
        destroy(over)
    with acting_as(SYSTEM), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM campaigns_destroy(%s)", [declared])
    assert kept.by_label == over.leader.label


def test_who_may_not_order_it_cannot(over: Running) -> None:
    desk = over.area.world.actor("desk", Role.DESK, "51")
    with acting_as(desk):
        with pytest.raises(NotAllowed):
            actions.destroy(declaration=over.campaign.declaration_id, by=desk)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM campaigns_destroy(%s)", [over.campaign.declaration_id])


def test_the_system_destroys_what_nobody_ordered(over: Running) -> None:
    with acting_as(SYSTEM):
        assert actions.destroy_due() == []
        with clock.at(clock.now() + DESTROYED_AFTER + timedelta(seconds=1)):
            assert actions.destroy_due() == [over.campaign.declaration_id]
        assert DestructionProof.objects.get().by_label == "destruction"
        assert Declaration.objects.get().destroyed_at is not None


def test_it_is_done_every_night(over: Running) -> None:
    (nightly,) = [
        one.task for one in app.periodic_registry.periodic_tasks.values() if one.task.name == "campaigns.destroy"
    ]
    with clock.at(clock.now() + DESTROYED_AFTER + timedelta(seconds=1)):
        nightly(timestamp=0)
    with acting_as(SYSTEM):
        assert DestructionProof.objects.get().declaration_id == over.campaign.declaration_id
        assert not Submission.objects.exists()


def test_two_declarations_have_two_keys(over: Running) -> None:
    with acting_as(SYSTEM):
        row = Submission.objects.all()[0]
    other = over.campaign.id
    sealed.make_key(other)
    with pytest.raises(InvalidTag):
        sealed.open_(other, row.answers, row.id)
