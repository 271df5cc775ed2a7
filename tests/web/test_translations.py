"""Every sentence that a user may read is there in Chinese too."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.translation.template import templatize

LINLI = Path(settings.ROOT)
MARKERS = {
    "_",
    "_n",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
}


def messages_of(room: Path) -> dict[str, str]:
    """Each msgid of a room's templates and modules, with the file where it stands."""
    found: dict[str, str] = {}
    for path in sorted(room.rglob("*.html")):
        code = templatize(path.read_text(), origin=str(path))
        for name, quoted in re.findall(
            r"\b(n?gettext|pgettext|_)\(\s*(u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\")", code
        ):
            if name != "pgettext":
                found.setdefault(ast.literal_eval(quoted.removeprefix("u")).replace("\r", ""), path.name)
    for path in sorted(room.rglob("*.py")):
        for message in _in_module(ast.parse(path.read_text())):
            found.setdefault(message, path.name)
    return found


def _in_module(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKERS:
            position = 1 if node.func.id.startswith("pgettext") else 0
            count = 2 if node.func.id.startswith("ngettext") else 1
            for argument in node.args[position : position + count]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def entries() -> list[polib.POEntry]:
    """What every room translates."""
    return [entry for path in LINLI.rglob("locale/zh_Hans/LC_MESSAGES/django.po") for entry in polib.pofile(str(path))]


def translated() -> dict[str, str]:
    """Every msgid that some room translates."""
    return {
        text: entry.msgstr or entry.msgstr_plural.get(0, "")
        for entry in entries()
        for text in (entry.msgid, entry.msgid_plural)
        if text
    }


@pytest.mark.parametrize("room", ["web", "cases"])
def test_every_message_has_its_chinese(room: str) -> None:
    known = translated()
    missing = {text: where for text, where in messages_of(LINLI / room).items() if not known.get(text)}
    assert not missing, f"translate these in linli/{room}/locale/zh_Hans/LC_MESSAGES/django.po: {missing}"


def test_a_translation_keeps_the_names_that_its_sentence_fills_in() -> None:
    """Chinese has one form for both numbers: it names what the plural names; "one" may be said without its number."""
    names = re.compile(r"%\((\w+)\)")
    wrong = {
        entry.msgid: text
        for entry in entries()
        if (text := entry.msgstr or entry.msgstr_plural.get(0, ""))
        and set(names.findall(entry.msgid_plural or entry.msgid)) != set(names.findall(text))
    }
    assert not wrong
