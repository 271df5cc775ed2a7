"""Each way to change the past behind the timeline's back, done as the database's superuser, and found."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from click.testing import CliRunner
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from linli.foundation import audit, clock, files, seals
from linli.foundation.access import SYSTEM, acting_as, system
from linli.foundation.audit_commands import audit as audit_command
from linli.foundation.database import embedded, urls
from linli.foundation.ids import uuid7
from linli.foundation.models import Entry, Seal, StoredFile
from linli.foundation.progress import Progress
from linli.foundation.verify import Finding, verify

BY = system("test")
THING = "thing"
Superuser = psycopg.Connection


def state_of(ids: list[UUID]) -> dict[UUID, dict[str, object]]:
    """Stored files stand for any room's subjects."""
    return {f.id: {"name": f.name, "size": f.size} for f in StoredFile.objects.filter(pk__in=ids)}


def change(thing: StoredFile, name: str) -> None:
    with transaction.atomic():
        thing.name = name
        thing.save()
        audit.record(
            subject_type=THING,
            subject_id=thing.id,
            action="named",
            by=BY,
            state={"name": name, "size": thing.size},
            note=f"now {name}",
            data={"name": name},
        )


def make(steps: int) -> StoredFile:
    with transaction.atomic():
        digest = files.keep(f"content {uuid7()}".encode())
        thing = StoredFile(sha256=digest, kind="document", media_type="application/pdf", size=1, name="new", claim="t")
        thing.save()
    for step in range(steps):
        change(thing, f"name {step + 1}")
    return thing


@pytest.fixture
def things(
    fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings
) -> Iterator[list[StoredFile]]:
    """Three subjects with three steps each, sealed; then one more step on the last, not yet sealed."""
    settings.LINLI_FILES = tmp_path / "files"
    monkeypatch.setattr(seals, "folder", lambda: tmp_path / "audit")
    monkeypatch.setattr(seals, "SETTLE", timedelta(0))
    monkeypatch.setattr(seals, "_subjects", {THING: seals.Subject(state_of)})
    with acting_as(SYSTEM):
        made = [make(3) for _ in range(3)]
        assert seals.seal() is not None
        change(made[2], "name 4")
        yield made


@pytest.fixture
def superuser(fresh_database: str) -> Iterator[Superuser]:
    """Whoever owns the server: no trigger and no right holds him."""
    place = embedded.cluster()
    with psycopg.connect(
        host=str(place.socket_dir), user="postgres", dbname=fresh_database, autocommit=True
    ) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def found(**options: bool) -> list[Finding]:
    return list(verify(Progress(quiet=True), **options))


def test_nothing_is_found_where_nothing_was_done(things: list[StoredFile]) -> None:
    assert found() == []
    assert seals.seal() is not None
    assert found() == []
    assert seals.seal() is None, "nothing new"


SUBJECT_TAMPERING: dict[str, Callable[[Superuser, UUID], object]] = {
    "note changed": lambda db, s: db.execute(
        "UPDATE foundation_entry SET note = 'x' WHERE subject_id = %s AND seq = 2", [s]
    ),
    "data changed": lambda db, s: db.execute(
        "UPDATE foundation_entry SET data = data || '{\"a\": 1}' WHERE subject_id = %s AND seq = 3", [s]
    ),
    "time changed": lambda db, s: db.execute(
        "UPDATE foundation_entry SET at = at - interval '1 microsecond' WHERE subject_id = %s AND seq = 1", [s]
    ),
    "actor changed": lambda db, s: db.execute(
        "UPDATE foundation_entry SET actor_label = 'someone else' WHERE subject_id = %s AND seq = 1", [s]
    ),
    "hash changed": lambda db, s: db.execute(
        "UPDATE foundation_entry SET hash = sha256(hash) WHERE subject_id = %s AND seq = 3", [s]
    ),
    "first removed": lambda db, s: db.execute("DELETE FROM foundation_entry WHERE subject_id = %s AND seq = 1", [s]),
    "middle removed": lambda db, s: db.execute("DELETE FROM foundation_entry WHERE subject_id = %s AND seq = 2", [s]),
    "middle removed and numbers closed up": lambda db, s: (
        db.execute("DELETE FROM foundation_entry WHERE subject_id = %s AND seq = 2", [s]),
        db.execute("UPDATE foundation_entry SET seq = 2 WHERE subject_id = %s AND seq = 3", [s]),
    ),
    "end cut": lambda db, s: db.execute("DELETE FROM foundation_entry WHERE subject_id = %s AND seq = 3", [s]),
    "end cut and the subject put back": lambda db, s: (
        db.execute("DELETE FROM foundation_entry WHERE subject_id = %s AND seq = 3", [s]),
        db.execute("UPDATE foundation_storedfile SET name = 'name 2' WHERE id = %s", [s]),
    ),
    "two swapped": lambda db, s: (
        db.execute("UPDATE foundation_entry SET seq = 99 WHERE subject_id = %s AND seq = 1", [s]),
        db.execute("UPDATE foundation_entry SET seq = 1 WHERE subject_id = %s AND seq = 2", [s]),
        db.execute("UPDATE foundation_entry SET seq = 2 WHERE subject_id = %s AND seq = 99", [s]),
    ),
    "one put in at the end": lambda db, s: db.execute(
        "INSERT INTO foundation_entry SELECT gen_random_uuid(), subject_type, subject_id, 4, at, recorded_at, action, actor_kind, "
        "actor_id, actor_label, note, data, state, hash, sha256(hash) FROM foundation_entry WHERE subject_id = %s AND seq = 3",
        [s],
    ),
    "moved to another subject": lambda db, s: db.execute(
        "UPDATE foundation_entry SET subject_id = gen_random_uuid() WHERE subject_id = %s", [s]
    ),
    "all removed, the subject too": lambda db, s: (
        db.execute("DELETE FROM foundation_entry WHERE subject_id = %s", [s]),
        db.execute("DELETE FROM foundation_storedfile WHERE id = %s", [s]),
    ),
    "moved out of the sealed hour": lambda db, s: db.execute(
        "UPDATE foundation_entry SET id = gen_random_uuid() WHERE subject_id = %s AND seq = 3", [s]
    ),
    "subject changed": lambda db, s: db.execute("UPDATE foundation_storedfile SET name = 'x' WHERE id = %s", [s]),
    "subject removed": lambda db, s: db.execute("DELETE FROM foundation_storedfile WHERE id = %s", [s]),
}


def test_tampering_with_a_timeline_is_found_and_names_the_subject(
    things: list[StoredFile], superuser: Superuser
) -> None:
    victims = {how: make(3) for how in SUBJECT_TAMPERING}
    bystanders = {str(thing.id) for thing in things}
    assert seals.seal() is not None
    assert found() == []
    for how, victim in victims.items():
        SUBJECT_TAMPERING[how](superuser, victim.id)
    findings = found(with_files=False)
    unnamed = {how for how, victim in victims.items() if not any(str(victim.id) in f.subject for f in findings)}
    assert not unnamed, f"these were not found: {unnamed}"
    assert not [finding for finding in findings if any(other in finding.subject for other in bystanders)]


def test_a_cut_not_yet_sealed_is_found_by_the_subject(things: list[StoredFile], superuser: Superuser) -> None:
    superuser.execute("DELETE FROM foundation_entry WHERE subject_id = %s AND seq = 4", [things[2].id])
    assert [finding.kind for finding in found()] == ["changed behind"]


def test_a_cut_is_found_by_a_subject_that_knows_its_end(
    things: list[StoredFile], superuser: Superuser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = {thing.id: audit.head(thing.id) for thing in things}
    monkeypatch.setattr(seals, "_subjects", {})
    seals.register_subject(THING, state_of, lambda ids: {i: ends[i] for i in ids})
    assert found() == []
    superuser.execute("DELETE FROM foundation_entry WHERE subject_id = %s AND seq = 4", [things[2].id])
    superuser.execute("UPDATE foundation_storedfile SET name = 'name 3' WHERE id = %s", [things[2].id])
    assert [(finding.kind, finding.subject) for finding in found()] == [("cut", f"{THING} {things[2].id}")]


def test_seals_changed_or_removed_are_found(things: list[StoredFile], superuser: Superuser) -> None:
    assert seals.seal() is not None
    superuser.execute("UPDATE foundation_seal SET chains = 99 WHERE seq = 1")
    assert "seal 1" in {finding.subject for finding in found()}
    superuser.execute("DELETE FROM foundation_seal WHERE seq = 1")
    assert {finding.subject for finding in found()} >= {"seal 1", "seal 2"}
    superuser.execute("DELETE FROM foundation_seal")
    assert [(f.subject, f.kind) for f in found()] == [("seal 1", "missing"), ("seal 2", "missing")]


def test_a_cut_log_is_found(things: list[StoredFile]) -> None:
    seals.log_file().write_text("")
    assert [(f.subject, f.kind) for f in found()] == [("seal 1", "not logged")]


def test_a_log_whose_writer_was_killed_in_the_middle_of_a_line_goes_on(things: list[StoredFile]) -> None:
    with seals.log_file().open("a") as log:
        log.write('{"chains": 3, "hash": "00')
    assert found() == [], "half a line says nothing"
    change(things[0], "afterwards")
    assert seals.seal() is not None
    assert found() == []


def test_rubbish_in_the_log_is_found_and_stops_no_verification(things: list[StoredFile]) -> None:
    seals.log_file().write_bytes(b"\xff\xfe rubbish\n[1]\n")
    assert [(f.subject, f.kind) for f in found()] == [("seal 1", "not logged")]


def test_without_the_sealed_ends_the_hour_is_named(things: list[StoredFile], superuser: Superuser) -> None:
    seals.heads_file(1).unlink()
    assert found() == [], "they are only needed to name a chain"
    superuser.execute("DELETE FROM foundation_entry WHERE subject_id = %s", [things[0].id])
    superuser.execute("DELETE FROM foundation_storedfile WHERE id = %s", [things[0].id])
    assert [(f.subject, f.kind) for f in found()] == [("seal 1", "broken")]


def test_files_changed_or_missing_are_found(things: list[StoredFile]) -> None:
    first, second, _ = things
    files.path_of(first.sha256).write_bytes(b"other content")
    files.path_of(second.sha256).unlink()
    assert {(f.subject, f.kind) for f in found()} == {(f"file {first.id}", "changed"), (f"file {second.id}", "missing")}
    assert found(with_files=False) == []


def test_a_seal_leaves_to_the_next_what_a_running_transaction_may_still_add(
    things: list[StoredFile], fresh_database: str
) -> None:
    place = embedded.cluster()
    with psycopg.connect(host=str(place.socket_dir), user=urls.APP_ROLE, dbname=fresh_database) as other:
        other.execute("SELECT 1")
        change(things[0], "while it runs")
        before = Seal.objects.count()
        seals.seal()
        sealed = {
            head.subject_id for seq in range(before + 1, Seal.objects.count() + 1) for head in seals.read_heads(seq)
        }
        assert things[0].id not in sealed
    assert seals.seal() is not None
    assert things[0].id in {head.subject_id for head in seals.read_heads(Seal.objects.count())}
    assert found() == []


def test_entries_of_a_replay_are_sealed_whatever_year_they_tell_of(things: list[StoredFile]) -> None:
    with clock.at(datetime(2015, 3, 1, tzinfo=UTC)):
        change(things[1], "long ago")
    assert seals.seal() is not None
    assert things[1].id in {head.subject_id for head in seals.read_heads(2)}
    assert found() == []


def test_the_command_names_what_it_finds_and_fails(things: list[StoredFile], superuser: Superuser) -> None:
    good = CliRunner().invoke(audit_command, ["verify", "--json"])
    assert (good.exit_code, good.stdout) == (0, "")
    superuser.execute("UPDATE foundation_entry SET note = 'x' WHERE subject_id = %s AND seq = 1", [things[0].id])
    bad = CliRunner().invoke(audit_command, ["verify", "--json"])
    assert bad.exit_code == 1
    assert json.loads(bad.stdout.splitlines()[0])["subject"] == f"{THING} {things[0].id}"
    assert "Seal 2" in CliRunner().invoke(audit_command, ["seal"]).stdout


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    # PostgreSQL refuses NUL and lone surrogates; so does intake.
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.django_db
@given(
    data=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), json_values, max_size=4
    )
)
def test_any_data_has_the_same_hash_when_read_back(data: dict[str, object]) -> None:
    with acting_as(SYSTEM):
        entry = audit.record(subject_type=THING, subject_id=uuid7(), action="test", by=BY, state={}, data=data)
        assert audit.chain_hash(Entry.objects.get(pk=entry.pk)) == bytes(entry.hash)


@pytest.mark.parametrize("number", [1e22, 1e300, -0.0, 1.0, 1e-7, 0.1, 10**40, 5e-324])
@pytest.mark.django_db
def test_numbers_that_jsonb_writes_otherwise_keep_their_hash(number: float) -> None:
    with acting_as(SYSTEM):
        entry = audit.record(
            subject_type=THING, subject_id=uuid7(), action="test", by=BY, state={}, data={"n": number, 2: 3}
        )
        assert audit.chain_hash(Entry.objects.get(pk=entry.pk)) == bytes(entry.hash)
