"""Keys outside the database: `LINLI_KEYS` (JSON), or `keys/keys.json` in the data folder, made on first use, mode 0600.

{"active": 1, "encryption": {"1": hex32}, "hash": hex32, "audit": hex32, "signing": hex32}
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from linli.config import env


def _fresh() -> dict[str, Any]:
    return {
        "active": 1,
        "encryption": {"1": secrets.token_hex(32)},
        "hash": secrets.token_hex(32),
        "audit": secrets.token_hex(32),
        "signing": secrets.token_hex(32),
    }


def key_file() -> Path:
    return env.data_dir() / "keys" / "keys.json"


@contextmanager
def _alone() -> Iterator[None]:
    """Two processes may start, or add a key, at once: what one has written the other must not overwrite."""
    folder = key_file().parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _write(keys: dict[str, Any]) -> None:
    """Atomically, and on disk before anything is encrypted with it. Only while alone."""
    path = key_file()
    draft = path.with_suffix(".draft")
    # One that a crash has left may have other rights.
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(keys, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@cache
def _keys() -> dict[str, Any]:
    text = env.get("LINLI_KEYS")
    if text:
        return json.loads(text)
    path = key_file()
    if not path.exists():
        with _alone():
            if not path.exists():
                _write(_fresh())
    return json.loads(path.read_text())


@cache
def encryption_key(key_id: int) -> bytes:
    if str(key_id) not in _keys()["encryption"]:
        # Another process has added it since this one read the file.
        _keys.cache_clear()
    return bytes.fromhex(_keys()["encryption"][str(key_id)])


@cache
def active_encryption_key() -> tuple[int, bytes]:
    key_id = int(_keys()["active"])
    return key_id, encryption_key(key_id)


@cache
def hash_key() -> bytes:
    return bytes.fromhex(_keys()["hash"])


@cache
def audit_key() -> bytes:
    return bytes.fromhex(_keys()["audit"])


@cache
def signing_key() -> str:
    return str(_keys()["signing"])


def forget() -> None:
    """Read the keys again: after a rotation, or when the data folder changed."""
    for cached in (_keys, encryption_key, active_encryption_key, hash_key, audit_key, signing_key):
        cached.cache_clear()


def add_encryption_key() -> int:
    """A new active key; the old ones stay, to open what they closed. Returns its id."""
    _keys()  # Makes them where there are none.
    with _alone():
        keys = json.loads(key_file().read_text())
        key_id = max(int(k) for k in keys["encryption"]) + 1
        keys["encryption"][str(key_id)] = secrets.token_hex(32)
        keys["active"] = key_id
        _write(keys)
    forget()
    return key_id
