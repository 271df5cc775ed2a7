"""The key of a declaration's answers: one file each, beside the other keys and outside the database, itself closed with the city's key.

What is encrypted under it can be made unreadable everywhere at once, in backups and logs too: by destroying the file.
"""

import os
import secrets
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from linli.campaigns.errors import Destroyed
from linli.foundation import keys, privacy

CONTEXT = "campaigns.key"


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


@lru_cache(maxsize=64)
def _key(declaration: UUID) -> bytes:
    try:
        closed = _file(declaration).read_bytes()
    except FileNotFoundError:
        raise Destroyed from None
    return bytes.fromhex(privacy.decrypt(closed, f"{CONTEXT}:{declaration}"))


def close(declaration: UUID, content: bytes, about: UUID) -> bytes:
    """AES-256-GCM (NIST SP 800-38D): nonce, ciphertext with tag; what it is about is authenticated with it."""
    nonce = os.urandom(12)
    return nonce + AESGCM(_key(declaration)).encrypt(nonce, content, about.bytes)


def open_(declaration: UUID, blob: bytes | memoryview, about: UUID) -> bytes:
    """Raises `Destroyed`."""
    blob = bytes(blob)
    return AESGCM(_key(declaration)).decrypt(blob[:12], blob[12:], about.bytes)


def digest_of(declaration: UUID) -> bytes:
    """SHA-256 of the key: what the proof of its end names. Raises `Destroyed`."""
    return sha256(_key(declaration)).digest()


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
    """Keep no key in memory: after one was destroyed, by whichever process."""
    _key.cache_clear()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
