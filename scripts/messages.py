"""Every text that a user may read, against its translations: `python scripts/messages.py`.

Fails on a text without a translation, one that is counted and not translated so, a translation that no text uses, a placeholder
that got lost on the way, and two rooms that translate one text differently. `--missing ROOM` prints entries to be filled in, in the
form of a .po file.
"""

import ast
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")

LINLI = Path(__file__).resolve().parent.parent / "linli"
LOCALE = "zh_Hans"
# Name of the function, and where its context, its text and its plural stand among the arguments.
MARKERS = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "_n": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "_p": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
_CALL = re.compile(r"\b(?:_|n?p?gettext)\((?=\s*u?[\"'])")
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}")


@dataclass(frozen=True, slots=True)
class Text:
    """A text to be translated, as gettext tells texts apart."""

    context: str | None
    text: str


@dataclass(slots=True)
class Use:
    """The first place where a text stands, and its plural where it is counted anywhere."""

    place: str
    plural: str = ""


def used() -> dict[Text, Use]:
    found: dict[Text, Use] = {}
    for path in sorted(LINLI.rglob("*.py")):
        if "migrations" not in path.parts:
            _note(found, path, ast.parse(path.read_text()))
    for path in sorted([*LINLI.rglob("templates/**/*.html"), *LINLI.rglob("templates/**/*.txt")]):
        for call in _calls_in_template(path):
            _note(found, path, call)
    return found


def _note(found: dict[Text, Use], path: Path, tree: ast.AST) -> None:
    for text, plural, line in _texts(tree):
        use = found.setdefault(text, Use(f"{path.relative_to(LINLI.parent)}:{line}"))
        use.plural = use.plural or plural


def _texts(tree: ast.AST) -> Iterator[tuple[Text, str, int]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in MARKERS:
            context_at, text_at, plural_at = MARKERS[name]
            constants = [a.value if isinstance(a, ast.Constant) else None for a in node.args]
            if len(constants) > text_at and isinstance(constants[text_at], str):
                context = constants[context_at] if context_at is not None else None
                plural = constants[plural_at] if plural_at is not None and len(constants) > plural_at else ""
                yield Text(context, constants[text_at]), plural or "", node.lineno


def _calls_in_template(path: Path) -> Iterator[ast.AST]:
    """Django turns a template into text in which each translation is a call; each call is then read as Python."""
    from django.utils.translation.template import templatize

    code = templatize(path.read_text(), origin=str(path))
    for match in _CALL.finditer(code):
        end = code.find(")", match.end())
        while end > 0:
            try:
                yield ast.parse(code[match.start() : end + 1].strip())
                break
            except SyntaxError:
                end = code.find(")", end + 1)


def translations() -> dict[Text, polib.POEntry]:
    from linli.foundation import translations as catalogues

    whole = catalogues.merged(catalogues.sources().get(LOCALE, []))
    return {Text(entry.msgctxt, entry.msgid): entry for entry in whole}


def problems() -> list[str]:
    from linli.foundation import translations as catalogues

    texts, translated = used(), translations()
    found = [f"{use.place}: no translation: {text.text!r}" for text, use in texts.items() if text not in translated]
    found += [
        f"{use.place}: translated, but not as something counted: {text.text!r}"
        for text, use in texts.items()
        if use.plural and text in translated and not translated[text].msgstr_plural
    ]
    found += [
        f"{path}: nobody uses: {entry.msgid!r}"
        for path in catalogues.sources().get(LOCALE, [])
        for entry in polib.pofile(str(path))
        if not entry.obsolete and Text(entry.msgctxt, entry.msgid) not in texts
    ]
    for text, entry in translated.items():
        for translation in [entry.msgstr, *entry.msgstr_plural.values()]:
            if translation and not _placeholders(translation) <= _placeholders(text.text) | _placeholders(
                entry.msgid_plural
            ):
                place = texts[text].place if text in texts else LOCALE
                found.append(f"{place}: other placeholders in the translation: {translation!r}")
    return found + [
        f"translated in two ways: {line}" for line in catalogues.disagreements(catalogues.sources()[LOCALE])
    ]


def _placeholders(text: str) -> set[str]:
    return {first or second for first, second in _PLACEHOLDER.findall(text)}


def missing(room: str) -> polib.POFile:
    """The untranslated texts of one room (or of what no room owns: `.`) as entries to fill in."""
    file = polib.POFile()
    translated = translations()
    for text, use in used().items():
        if text not in translated and (room == "." or use.place.startswith(f"linli/{room}/")):
            counted = {"msgid_plural": use.plural, "msgstr_plural": {0: ""}} if use.plural else {}
            file.append(polib.POEntry(msgctxt=text.context, msgid=text.text, comment=use.place, **counted))
    return file


def main() -> int:
    import django

    django.setup()
    if sys.argv[1:2] == ["--missing"]:
        print(missing(sys.argv[2]))
        return 0
    found = problems()
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
