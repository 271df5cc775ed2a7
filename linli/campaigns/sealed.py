"""The key of a declaration's answers: one file each, beside the other keys and outside the database, itself closed with the city's key.

What is encrypted under it can be made unreadable everywhere at once, in the database, its backups and logs: by destroying the file. A
process that has read it drops it at its next use, once the file is gone; a copy of the keys' folder, if there is one, has to be destroyed
as well. Photos are encrypted under it too, each a file in the declaration's own folder.
"""

import hmac
import os
import secrets
import shutil
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid5

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from linli.campaigns.errors import Destroyed
from linli.foundation import files, keys, privacy
from linli.foundation.errors import NotFound

CONTEXT = "campaigns.key"
# What lies beside a visit or a photo, in a place of its own.
NOTE, THUMBNAIL = "note", "thumbnail"


def _file(declaration: UUID) -> Path:
    return keys.key_file().parent / "declarations" / f"{declaration}.key"


def make_key(declaration: UUID) -> None:
    """On disk before anything is encrypted with it."""
    path = _file(declaration)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(privacy.encrypt(secrets.token_hex(32), f"{CONTEXT}:{declaration}"))
        out.flush()
        os.fsync(out.fileno())
    _sync(path.parent)


def _key(declaration: UUID) -> bytes:
    """From memory, for as long as the file is there: whichever process removes it, no other uses the key again. Raises `Destroyed`."""
    path = _file(declaration)
    if not path.exists():
        forget()
        raise Destroyed
    return _kept(declaration, path)


def _read(declaration: UUID, path: Path) -> bytes:
    try:
        closed = path.read_bytes()
    except FileNotFoundError:
        raise Destroyed from None
    return bytes.fromhex(privacy.decrypt(closed, f"{CONTEXT}:{declaration}"))


_kept = lru_cache(maxsize=64)(_read)


def close(declaration: UUID, content: bytes, about: UUID) -> bytes:
    """AES-256-GCM (NIST SP 800-38D): nonce, ciphertext with tag; what it is about is authenticated with it. Raises `Destroyed`."""
    return closing(declaration)(content, about)


def closing(declaration: UUID) -> Callable[[bytes, UUID], bytes]:
    """The same for many, while the declaration is held (`locks.py`): its key is there up to the transaction's end. Raises `Destroyed`."""
    key = AESGCM(_key(declaration))

    def close_with_key(content: bytes, about: UUID) -> bytes:
        nonce = os.urandom(12)
        return nonce + key.encrypt(nonce, content, about.bytes)

    return close_with_key


def open_(declaration: UUID, blob: bytes | memoryview, about: UUID) -> bytes:
    """Raises `Destroyed`."""
    blob = bytes(blob)
    return AESGCM(_key(declaration)).decrypt(blob[:12], blob[12:], about.bytes)


def beside(about: UUID, part: str) -> UUID:
    """What else belongs to the same: the parts of one open nowhere but in their own place."""
    return uuid5(about, part)


def hand_over_secret(declaration: UUID, giver: UUID) -> bytes:
    """With which a member's phone signs the doors that it hands over (`handing.py`). It ends with the key. Raises `Destroyed`."""
    return hmac.digest(_key(declaration), f"campaigns.hand_over:{giver}".encode(), "sha256")


def _folder(declaration: UUID) -> Path:
    return Path(settings.LINLI_FILES) / "declarations" / str(declaration)


def keep_file(declaration: UUID, name: UUID, content: bytes) -> None:
    """On disk before its row is committed. Under a name that is there already it is written anew. Raises `Destroyed`."""
    path = _folder(declaration) / name.hex
    files.write(path, close(declaration, content, name))
    files.sync_folder(path.parent)


def read_file(declaration: UUID, name: UUID) -> bytes:
    """Raises `Destroyed`, `NotFound`."""
    try:
        return open_(declaration, (_folder(declaration) / name.hex).read_bytes(), name)
    except FileNotFoundError:
        raise NotFound from None


def count_files(declaration: UUID) -> int:
    return sum(1 for _path in _folder(declaration).glob("*"))


def destroy(declaration: UUID) -> None:
    """Removes its files, and then the key. Again, it does nothing."""
    shutil.rmtree(_folder(declaration), ignore_errors=True)
    destroy_key(declaration)


def has_key(declaration: UUID) -> bool:
    """Whether its file is there and opens. Of what lies under a key that was lost nothing can be read, and all can be destroyed."""
    return bool(digest_of(declaration))


def digest_of(declaration: UUID) -> bytes:
    """SHA-256 of the key as its file has it now: what the proof of its end names; empty where the file is lost or damaged."""
    try:
        return sha256(_read(declaration, _file(declaration))).digest()
    except (Destroyed, InvalidTag, ValueError, LookupError):
        return b""


def destroy_key(declaration: UUID) -> None:
    """Overwrites the file and removes it. Again, it does nothing."""
    path = _file(declaration)
    forget()
    if not path.exists():
        return
    with path.open("r+b") as out:
        out.write(os.urandom(path.stat().st_size))
        out.flush()
        os.fsync(out.fileno())
    path.unlink()
    _sync(path.parent)


def forget() -> None:
    """Keep no key in memory."""
    _kept.cache_clear()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
