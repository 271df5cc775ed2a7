"""Keys outside the database: `LINLI_KEYS` (JSON), or `keys/keys.json` in the data folder, made on first use, mode 0600.

{"active": 1, "encryption": {"1": hex32}, "hash": hex32, "audit": hex32, "signing": hex32}
"""

import json
import os
import secrets
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


def _write(keys: dict[str, Any]) -> None:
    """Atomically, and on disk before anything is encrypted with it."""
    path = key_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(keys, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, path)


@cache
def _keys() -> dict[str, Any]:
    text = env.get("LINLI_KEYS")
    if text:
        return json.loads(text)
    path = key_file()
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            # Two processes may start at once: whoever links first has made the keys.
            draft = path.with_suffix(f".new{os.getpid()}")
            draft.write_text(json.dumps(_fresh()))
            draft.chmod(0o600)
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
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
    keys = dict(_keys())
    key_id = max(int(k) for k in keys["encryption"]) + 1
    keys["encryption"] = {**keys["encryption"], str(key_id): secrets.token_hex(32)}
    keys["active"] = key_id
    _write(keys)
    forget()
    return key_id
