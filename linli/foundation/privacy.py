"""Personal fields: declared beside the field, encrypted at rest, found by keyed hash, masked when shown.

Encryption is AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the table and column are authenticated, so that a
value copied into another column does not open. Keys come from the environment or a key file outside the database
(`keys.py`) and carry an id, so that they can be rotated. Declarations follow PIPL arts. 6, 13, 19 and 51.
"""

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import models

from linli.foundation import keys


@dataclass(frozen=True, slots=True)
class Personal:
    """Why a personal field is kept. `retention_days` counts from the end of the purpose; None keeps it with the record."""

    purpose: str
    basis: str
    retention_days: int | None
    mask: Callable[[str], str]


def mask_name(name: str) -> str:
    """王小明 → 王**, Ann Lee → A******."""
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""


def mask_phone(phone: str) -> str:
    """13800001234 → 138****1234."""
    return phone[:3] + "*" * max(len(phone) - 7, 1) + phone[-4:] if len(phone) >= 7 else "*" * len(phone)


def mask_all(value: str) -> str:
    return "***" if value else ""


def mask_text(value: str) -> str:
    """Free text: nothing of it is shown."""
    return "…" if value else ""


def encrypt(value: str, context: str) -> bytes:
    """Version byte, key id, nonce, ciphertext with tag."""
    return encrypting(context)(value)


def encrypting(context: str) -> Callable[[str], bytes]:
    """The same for many values of one column, with the key that is active now."""
    key_id, key = keys.active_encryption_key()
    cipher, head, about = AESGCM(key), b"\x01" + key_id.to_bytes(2), context.encode()

    def encrypt_one(value: str) -> bytes:
        nonce = os.urandom(12)
        return head + nonce + cipher.encrypt(nonce, value.encode(), about)

    return encrypt_one


def decrypt(blob: bytes, context: str) -> str:
    blob = bytes(blob)
    key = keys.encryption_key(int.from_bytes(blob[1:3]))
    return AESGCM(key).decrypt(blob[3:15], blob[15:], context.encode()).decode()


def keyed_hash(value: str, purpose: str) -> bytes:
    """HMAC-SHA-256 for finding an encrypted value; the purpose keeps hashes of different columns apart."""
    return hmac.digest(keys.hash_key(), f"{purpose}\x00{value}".encode(), "sha256")


class EncryptedTextField(models.BinaryField):  # type: ignore[type-arg]
    """Text that is stored encrypted; in Python a plain string. Empty stays empty. It can be neither filtered nor ordered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    @property
    def context(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str:
        return decrypt(value, self.context) if value else ""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None or isinstance(value, bytes | memoryview):
            return value
        return encrypt(value, self.context) if value else b""

    def get_default(self) -> str:
        return ""

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: Any) -> str:
        return str(self.value_from_object(obj))

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise TypeError(f"{self.name} is encrypted: find it by its keyed hash, not by {lookup_name}")
        return super().get_lookup(lookup_name)
