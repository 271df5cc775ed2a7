"""What a data folder says of itself on every page: that its days are another year's, say. `notice.json`, a sentence in each language."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language

from linli.config import env


def write(texts: Mapping[str, str]) -> None:
    """The sentence by language code."""
    _file().write_text(json.dumps(dict(texts), ensure_ascii=False), encoding="utf-8")


def text() -> str:
    """The sentence in the reader's language; empty, as in any city, where nothing is to be said."""
    file = _file()
    try:
        texts = _read(file, file.stat().st_mtime_ns)
    except FileNotFoundError:
        return ""
    return texts.get(get_language() or "", texts.get(settings.LANGUAGE_CODE, ""))


def _file() -> Path:
    return env.data_dir() / "notice.json"


@lru_cache(maxsize=2)
def _read(file: Path, _changed: int) -> dict[str, str]:
    texts: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return texts
