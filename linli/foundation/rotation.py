"""After a new key is in use, what older keys closed is closed again with it.

Nothing is remembered about how far it came: each value carries the id of its key, so whatever still has an older one is
left to do. It may be stopped and started at any time, and runs beside a working city: a value that was written meanwhile
is not touched.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from linli.foundation import keys
from linli.foundation.privacy import EncryptedTextField, decrypt, encrypt
from linli.foundation.progress import Progress

BATCH = 500


def encrypted_fields() -> Iterator[tuple[type[models.Model], list[EncryptedTextField]]]:
    """Every model that has encrypted fields, with them."""
    for model in apps.get_models():
        fields = [field for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]
        if fields:
            yield model, fields


def remaining() -> int:
    """How many values still lie under an older key. Asked as the system."""
    total = 0
    with connection.cursor() as cursor:
        for model, fields in encrypted_fields():
            for field in fields:
                cursor.execute(f"SELECT count(*) FROM {_table(model)} WHERE {_older(field)}", _active())
                total += cursor.fetchone()[0]
    return total


def reencrypt(progress: Progress, batch: int = BATCH) -> int:
    """Close every value with the active key, `batch` rows a transaction. Returns how many. Called as the system."""
    total, done = remaining(), 0
    for model, fields in encrypted_fields():
        for field in fields:
            while rows := _rows(model, field, batch):
                _close_again(model, field, rows)
                done += len(rows)
                progress.count("Values encrypted again", done, total)
    return done


def _rows(model: type[models.Model], field: EncryptedTextField, batch: int) -> Sequence[tuple[Any, bytes]]:
    key = _key(model)
    select = f"SELECT {key}, {_column(field)} FROM {_table(model)} WHERE {_older(field)} ORDER BY {key}"
    with connection.cursor() as cursor:
        cursor.execute(f"{select} LIMIT %(batch)s", {**_active(), "batch": batch})
        return cursor.fetchall()


def _close_again(model: type[models.Model], field: EncryptedTextField, rows: Sequence[tuple[Any, bytes]]) -> None:
    column, key = _column(field), _key(model)
    # The old value is compared: whoever wrote a newer one in between has closed it with the active key already.
    update = f"UPDATE {_table(model)} SET {column} = %s WHERE {key} = %s AND {column} = %s"
    closed = [(encrypt(decrypt(old, field.context), field.context), pk, bytes(old)) for pk, old in rows]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(update, closed)


def _older(field: EncryptedTextField) -> str:
    """Where a value's key, in its second and third byte (`privacy.encrypt`), is not the active one."""
    column = _column(field)
    return f"octet_length({column}) > 0 AND get_byte({column}, 1) * 256 + get_byte({column}, 2) <> %(active)s"


def _active() -> dict[str, Any]:
    return {"active": keys.active_encryption_key()[0]}


def _table(model: type[models.Model]) -> str:
    return _name(model._meta.db_table)


def _key(model: type[models.Model]) -> str:
    return _column(model._meta.pk)


def _column(field: "models.Field[Any, Any] | None") -> str:
    assert field is not None
    assert field.column is not None, "only fields with a column are asked for"
    return _name(field.column)


def _name(name: str) -> str:
    return connection.ops.quote_name(name)
