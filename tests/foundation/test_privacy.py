"""Every field is declared; personal ones are encrypted at rest; keys can be changed under a working city."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from django.apps import apps
from django.db import connection, models
from hypothesis import given
from hypothesis import strategies as st

from linli.foundation import keys, rotation
from linli.foundation.privacy import EncryptedTextField, Personal, decrypt, encrypt, keyed_hash, mask_name, mask_phone
from linli.foundation.progress import Progress
from linli.people.models import Person

OURS = [model for model in apps.get_models() if model.__module__.startswith("linli.")]
# Names of fields that tell who somebody is, wherever they stand.
TELLING = {"phone", "address", "openid", "id_number", "email", "contact_name", "contact_phone"}

# One that is stored in clear all the same says here why it may be.
IN_CLEAR = {
    "cases.CaseText.address": "where the case lies, shown on the public map; where a person lives is in the contact",
    "territory.Facility.address": "of a clinic or a market, as it is published",
    "territory.Facility.phone": "of a clinic or a market, as it is published",
}


def fields_of(model: type[models.Model]) -> set[str]:
    return {field.name for field in model._meta.get_fields() if field.concrete}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_field_is_declared_personal_or_plain(model: type[models.Model]) -> None:
    declared = getattr(model, "Privacy", None)
    assert declared is not None, f"{model._meta.label} needs a nested class Privacy that sorts its fields"
    personal, plain = set(declared.personal), set(declared.plain)
    undeclared = fields_of(model) - personal - plain
    assert not undeclared, f"{model._meta.label}.Privacy must name {sorted(undeclared)} as personal or as plain"
    assert not personal & plain, f"{model._meta.label}.Privacy names {sorted(personal & plain)} twice"
    assert personal | plain == fields_of(model), f"{model._meta.label}.Privacy names fields that are not there"


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_declaration_says_why_and_how_long(model: type[models.Model]) -> None:
    for name, personal in model.Privacy.personal.items():
        assert isinstance(personal, Personal), name
        assert personal.purpose.strip(), name
        assert personal.basis.strip(), name
        assert personal.retention_days is None or personal.retention_days >= 0, name


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_what_tells_who_somebody_is_is_encrypted(model: type[models.Model]) -> None:
    encrypted = {field.name for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)}
    excused = {name for name in fields_of(model) if f"{model._meta.label}.{name}" in IN_CLEAR}
    in_clear = (TELLING & fields_of(model)) - encrypted - excused
    assert not in_clear, f"{model._meta.label}: {sorted(in_clear)} tell who somebody is and must be encrypted"


def stored(column: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM people_person")
        return bytes(cursor.fetchone()[0])


@pytest.fixture
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A key file of the test's own."""
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("LINLI_KEYS", raising=False)
    keys.forget()
    yield tmp_path / "keys" / "keys.json"
    monkeypatch.undo()
    keys.forget()


@pytest.mark.django_db
@pytest.mark.usefixtures("as_system")
def test_the_database_holds_no_name_and_no_phone_in_clear() -> None:
    Person.objects.create(name="李雷雷", phone="13800001234", phone_hash=b"x" * 32)
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_person::text FROM people_person")
        row = cursor.fetchone()[0]
    for secret in ("李雷雷", "13800001234"):
        assert secret.encode() not in stored("name") + stored("phone")
        assert secret not in row
        assert secret.encode().hex() not in row
    person = Person.objects.get()
    assert (person.name, person.phone) == ("李雷雷", "13800001234")


@pytest.mark.django_db
@pytest.mark.usefixtures("as_system")
def test_a_value_copied_into_another_column_does_not_open() -> None:
    Person.objects.create(name="李雷雷", phone="13800001234", phone_hash=b"x" * 32)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_person SET name = phone")
    with pytest.raises(InvalidTag):
        Person.objects.get()


@pytest.mark.django_db
@pytest.mark.usefixtures("as_system")
def test_an_encrypted_field_is_not_searched_by() -> None:
    with pytest.raises(TypeError, match="keyed hash"):
        Person.objects.filter(name="x").first()


@given(st.text(max_size=200))
def test_what_was_closed_opens_again_and_never_looks_the_same(text: str) -> None:
    one, other = encrypt(text, "t.c"), encrypt(text, "t.c")
    assert decrypt(one, "t.c") == text
    assert one != other
    with pytest.raises(InvalidTag):
        decrypt(one, "t.other")
    with pytest.raises(InvalidTag):
        decrypt(one[:-1] + bytes([one[-1] ^ 1]), "t.c")


def test_hashes_of_different_columns_do_not_meet() -> None:
    assert keyed_hash("1", "a") == keyed_hash("1", "a")
    assert keyed_hash("1", "a") != keyed_hash("1", "b")


@given(st.text(max_size=30))
def test_masks_show_no_more_than_they_say(text: str) -> None:
    assert set(mask_name(text)[1:]) <= {"*"}
    masked = mask_phone(text)
    assert set(masked[3:-4] if len(text) >= 7 else masked) <= {"*"}


@pytest.mark.django_db
@pytest.mark.usefixtures("as_system")
def test_keys_change_under_a_working_city(own_keys: Path) -> None:
    for number in range(7):
        Person.objects.create(name=f"人{number}", phone_hash=bytes([number]) * 32)
    assert keys.add_encryption_key() == 2
    Person.objects.create(name="新", phone_hash=b"n" * 32)
    assert rotation.remaining() == 7
    assert rotation.reencrypt(Progress(quiet=True), batch=3) == 7
    assert rotation.remaining() == 0
    assert rotation.reencrypt(Progress(quiet=True)) == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT get_byte(name, 2) FROM people_person")
        assert cursor.fetchall() == [(2,)]
    # Without the old key everything still opens.
    ring = json.loads(own_keys.read_text())
    del ring["encryption"]["1"]
    own_keys.write_text(json.dumps(ring))
    keys.forget()
    assert {person.name for person in Person.objects.all()} == {*(f"人{number}" for number in range(7)), "新"}


@pytest.mark.django_db
@pytest.mark.usefixtures("as_system")
def test_a_rotation_that_was_interrupted_goes_on(own_keys: Path) -> None:
    for number in range(5):
        Person.objects.create(name=f"人{number}", phone_hash=bytes([number]) * 32)
    keys.add_encryption_key()
    name = Person._meta.get_field("name")
    rotation._close_again(Person, name, rotation._rows(Person, name, 2))
    assert rotation.remaining() == 3
    assert rotation.reencrypt(Progress(quiet=True)) == 3


@pytest.mark.django_db
@pytest.mark.usefixtures("as_system")
def test_a_value_written_during_the_rotation_is_kept(own_keys: Path) -> None:
    person = Person.objects.create(name="旧", phone_hash=b"x" * 32)
    keys.add_encryption_key()
    name = Person._meta.get_field("name")
    rows = rotation._rows(Person, name, 10)
    Person.objects.filter(pk=person.pk).update(name="新")
    rotation._close_again(Person, name, rows)
    person.refresh_from_db()
    assert person.name == "新"


def test_another_process_finds_a_key_that_was_added_meanwhile(own_keys: Path) -> None:
    encrypt("x", "t.c")
    ring = json.loads(own_keys.read_text())
    ring["encryption"]["2"] = "ab" * 32
    ring["active"] = 2
    own_keys.write_text(json.dumps(ring))
    assert len(keys.encryption_key(2)) == 32


def test_the_key_file_is_the_owners_alone(own_keys: Path) -> None:
    encrypt("x", "t.c")
    assert own_keys.stat().st_mode & 0o077 == 0


def test_keys_added_at_the_same_time_are_all_kept(own_keys: Path) -> None:
    """A key that another process overwrote would have closed values that nobody can open again."""
    script = "from linli.foundation import keys\nfor _ in range(20): keys.add_encryption_key()"
    processes = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    ring = json.loads(own_keys.read_text())
    assert ring["active"] == len(ring["encryption"]) == 61


def test_a_draft_left_by_a_crash_stops_no_rotation(own_keys: Path) -> None:
    encrypt("x", "t.c")
    for draft in (own_keys.with_suffix(f".{os.getpid()}"), own_keys.with_suffix(".draft")):
        draft.write_text("{")
    assert keys.add_encryption_key() == 2
    assert own_keys.stat().st_mode & 0o077 == 0
