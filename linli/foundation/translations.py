"""Translations, compiled where they are needed: every room's `django.po` into one `django.mo` in the data folder.

Nothing is written beside the code, so it works from a read-only installation, and no gettext tools are asked for. Runs whenever an app
process starts and costs a few file dates unless a text has changed.
"""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import polib
from django.utils.translation.reloader import translation_file_changed

from linli.config import env

PACKAGE = Path(__file__).resolve().parent.parent
PATTERN = "*/LC_MESSAGES/django.po"


def folder() -> Path:
    return env.data_dir() / "locale"


def sources() -> dict[str, list[Path]]:
    """The .po files by locale (`zh_Hans`): the shared ones first, then each room's, at any depth."""
    found: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.glob(f"**/locale/{PATTERN}"), key=lambda p: (len(p.parts), p)):
        found.setdefault(path.parent.parent.name, []).append(path)
    return found


def compile_all() -> None:
    """Make the .mo of each locale unless it is newer than all its sources."""
    for locale, paths in sources().items():
        target = folder() / locale / "LC_MESSAGES" / "django.mo"
        if not _is_newer(target, paths):
            _write(target, merged(paths).to_binary())
            # Django's own models have asked for translations while apps were loaded: what they found is dropped.
            translation_file_changed(None, target)


def merged(paths: Iterable[Path]) -> polib.POFile:
    """All translated entries in one catalogue; where two rooms disagree the first holds (`disagreements` names them)."""
    whole = polib.POFile()
    for (_context, _text), entries in _by_text(paths).items():
        whole.append(entries[0][1])
    whole.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": "nplurals=1; plural=0;"}
    return whole


def disagreements(paths: Iterable[Path]) -> list[str]:
    """Texts that two rooms translate differently: one catalogue holds one of them, so both must agree or take a context."""
    return [
        f"“{text}”: " + ", ".join(f"“{entry.msgstr or entry.msgstr_plural}” ({path})" for path, entry in entries)
        for (_context, text), entries in _by_text(paths).items()
        if len({(entry.msgstr, *sorted(entry.msgstr_plural.items())) for _path, entry in entries}) > 1
    ]


def _by_text(paths: Iterable[Path]) -> dict[tuple[str | None, str], list[tuple[Path, polib.POEntry]]]:
    found: dict[tuple[str | None, str], list[tuple[Path, polib.POEntry]]] = {}
    for path in paths:
        for entry in polib.pofile(str(path)).translated_entries():
            found.setdefault((entry.msgctxt, entry.msgid), []).append((path, entry))
    return found


def _is_newer(target: Path, paths: Iterable[Path]) -> bool:
    if not target.exists():
        return False
    made = target.stat().st_mtime_ns
    return all(path.stat().st_mtime_ns < made for path in paths)


def _write(target: Path, content: bytes) -> None:
    """Whole or not at all: several processes start at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
    os.replace(draft, target)
