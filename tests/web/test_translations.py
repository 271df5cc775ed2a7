"""Every text that a user may read is there in Chinese and in English, in every room's code, templates and scripts."""

import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import polib
import pytest
from django.conf import settings

from linli.foundation import translations

LINLI = Path(settings.ROOT)
CHINESE = re.compile("[\u4e00-\u9fff]")
# Words that are written in a template as they are: each language by its own name, names of formats, columns of a table.
AS_THEY_ARE = {
    "English", "中文", "PDF", "XLSX", "GeoJSON", "code", "level", "kind", "name", "parent", "population", "managed", "lon", "lat",
    "geometry",
}  # fmt: skip
# Texts that show what one may type, in Chinese too.
QUOTES = ("水碾 3栋 2单元 501", "(事件)", "(部件)", "(主办)", "(协办)")
# The same in both languages.
NAMES = {"Open311"}
# Units of length that a script writes in the language of the page.
UNITS = {"米", "公里"}
_TAG = re.compile(r"<[^>]*>")
_BLOCKS = re.compile(r"{% block (?:surface|page_class|back) %}.*?{% endblock %}")
_MARKED = re.compile(r"{% comment %}.*?{% endcomment %}|{% blocktranslate\b.*?{% endblocktranslate %}", re.S)
_CODE = re.compile(r"<(script|style|code|kbd|pre)\b.*?</\1>|<!--.*?-->", re.S)
_SPOKEN = re.compile(r'\b(?:aria-label|title|placeholder|alt)="([^"]*)"')
_COMMENT = re.compile(r"/\*.*?\*/|(?:^|\s)//[^\n]*", re.S)
_STRING = re.compile(r"""(throw new Error\()?(?:"([^"\n]*)"|'([^'\n]*)'|`([^`]*)`)""")
_SENTENCE = re.compile(r"\b[A-Z][a-z]+ [a-z]{2,}")


@pytest.fixture(scope="module")
def checker() -> ModuleType:
    """`scripts/messages.py`, which `make check` runs: the one list of what is marked to be translated."""
    spec = importlib.util.spec_from_file_location("messages", LINLI.parent / "scripts" / "messages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # All code and all templates are read once.
    module.used = cache(module.used)  # type: ignore[attr-defined]
    return module


def entries() -> list[polib.POEntry]:
    """What every room translates."""
    return [entry for path in translations.sources()["zh_Hans"] for entry in polib.pofile(str(path))]


def templates() -> list[Path]:
    return sorted(LINLI.rglob("templates/**/*.html"))


def scripts() -> list[Path]:
    return sorted([*LINLI.glob("web/static/web/*.js"), *LINLI.glob("web/islands/src/*.ts")])


def test_every_message_of_every_room_has_its_chinese(checker: ModuleType) -> None:
    """And the other way round: nothing is translated that no page says, nothing twice, and no placeholder is lost."""
    assert checker.problems() == []


def test_no_room_and_no_template_escapes_the_checker(checker: ModuleType) -> None:
    rooms = {path.parent.name for path in LINLI.glob("*/apps.py")}
    places = {use.place.split("/")[1] for use in checker.used().values()}
    assert rooms - places <= {"demo"}, "a room whose texts are not read"
    read = {path.relative_to(LINLI) for path in LINLI.rglob("templates/**/*.html")}
    assert {path.relative_to(LINLI) for path in LINLI.rglob("*.html") if "node_modules" not in path.parts} == read


def test_every_message_has_its_english_and_no_chinese_is_left_in_english() -> None:
    """A text is named by its English; what is the same in both languages is a name."""
    texts = [
        (entry.msgid, text) for entry in entries() for text in (entry.msgstr, *entry.msgstr_plural.values()) if text
    ]
    unread = [msgid for msgid, _text in texts if CHINESE.search(_without(msgid, QUOTES))]
    assert not unread, "say these in English"
    bare = re.compile(r"%\(\w+\)[sd]|{\w*}")
    copied = {
        msgid for msgid, text in texts if not CHINESE.search(text) and re.search("[A-Za-z]{2}", bare.sub("", text))
    }
    assert copied <= NAMES, "say these in Chinese"


def _without(text: str, parts: tuple[str, ...]) -> str:
    for part in parts:
        text = text.replace(part, "")
    return text


def test_a_template_says_nothing_that_is_not_marked() -> None:
    found = {(path.name, words) for path in templates() for words in unmarked(path.read_text())}
    assert not found, "mark these with {% translate %}"


def unmarked(template: str) -> Iterator[str]:
    """Words between tags, and in what is read out, that are no variable and not marked."""
    text = _BLOCKS.sub("", _MARKED.sub("", template))
    text = _CODE.sub("", re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "\0", text, flags=re.S))
    for part in (*_SPOKEN.findall(text), *_TAG.split(text)):
        words = re.findall(r"[A-Za-z]{3,}|[\u4e00-\u9fff]+", re.sub(r"&\w+;", " ", part))
        yield from (word for word in words if word not in AS_THEY_ARE)


def test_a_script_has_no_words_of_its_own() -> None:
    """A script takes its words from the page, where they are translated; an error that only a console shows may be English."""
    found = {(path.name, text) for path in scripts() for text in sentences(path.read_text())}
    assert not found, "put these into a <template> or a data- attribute of the page"


def sentences(script: str) -> Iterator[str]:
    for thrown, *texts in _STRING.findall(_COMMENT.sub(" ", script)):
        text = "".join(texts)
        if not thrown and text not in UNITS and (CHINESE.search(text) or _SENTENCE.search(text)):
            yield text


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Save it</p>", ["Save"]), ("<p>{% translate 'Save it' %} {{ name }}</p>", []), ('<a aria-label="Close it">', ["Close"]),
        ("<p>保存</p>", ["保存"]), ("{% blocktranslate %}Saved at {{ time }}{% endblocktranslate %}<code>lon, lat</code>", []),
    ],
)  # fmt: skip
def test_what_is_not_marked_is_found(template: str, found: list[str]) -> None:
    assert [word for word in unmarked(template) if word not in {"it"}] == found


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('say("Not sent yet");', ["Not sent yet"]), ('say("未发送");', ["未发送"]), ('// Not "Sent yet" at all\nsay(words.sent);', []),
        ('throw new Error("No map here");', []), ('const units = lang === "en" ? ["m", "km"] : ["米", "公里"];', []),
    ],
)  # fmt: skip
def test_a_sentence_in_a_script_is_found(script: str, found: list[str]) -> None:
    assert list(sentences(script)) == found


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
