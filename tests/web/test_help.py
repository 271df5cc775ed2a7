"""Help: tours shown once, words explained in both languages, guides whose pictures and links are there."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.http import HttpRequest
from django.template import engines
from django.test import Client
from django.utils.translation import override

from linli.cases.lifecycle import CHANGES
from linli.foundation.access import Role
from linli.web import guide
from linli.web.guide import GUIDES, read
from linli.web.help import COOKIE, TOPICS, TOURS, seen_by

Enter = Callable[..., Client]
LANGUAGES = ("zh", "en")
DOCS = Path(settings.ROOT).parent / "docs"
ICONS = set(re.findall(r'id="([a-z]+)"', (Path(guide.__file__).parent / "static/web/icons.svg").read_text()))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PICTURE = re.compile(r"!\[([^\]]+)\]\(\.\./pictures/([a-z]+)/([a-z-]+\.webp)\)")
MOST_PICTURES = 5_000_000
MOST_STRIP = 400_000


def words() -> list[object]:
    steps = [text for tour in TOURS.values() for step in tour.steps for text in (step.title, step.text)]
    topics = [text for topic in TOPICS.values() for text in (topic.title, topic.text)]
    return [*(tour.title for tour in TOURS.values()), *steps, *topics]


def source(role: str, language: str) -> str:
    return (DOCS / f"guide/{language}/{role}.md").read_text()


def test_every_topic_and_tour_has_both_languages() -> None:
    for text in words():
        with override("en"):
            english = str(text)
        with override("zh-hans"):
            chinese = str(text)
        assert CHINESE.search(chinese), english
        assert not CHINESE.search(english), english


def test_a_tour_is_short_and_leads_to_a_guide() -> None:
    for name, tour in TOURS.items():
        assert 3 <= len(tour.steps) <= 5, name
        assert tour.guide in GUIDES, name
        assert {step.icon for step in tour.steps} <= ICONS, name
        for step in tour.steps:
            with override("en"):
                assert re.fullmatch(r"[^.]+\.", str(step.text)), f"{name}: one sentence a step: {step.text}"


# What a guide quotes from the phone's own browser.
OF_THE_BROWSER = {"Add to home screen", "添加到主屏幕"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", GUIDES)
def test_what_a_guide_says_to_press_stands_on_the_pages(role: str, language: str) -> None:
    quoted = set(re.findall("“([^”]+)”", source(role, language))) - OF_THE_BROWSER
    missing = [words for words in quoted if not any(words in shown for shown in shown_words(language))]
    assert not missing, f"{role} ({language}): no page shows {missing}"


@cache
def shown_words(language: str) -> frozenset[str]:
    """Everything that the pages can say in a language."""
    entries = [
        entry for path in Path(settings.ROOT).glob("*/locale/*/LC_MESSAGES/django.po") for entry in polib.pofile(path)
    ]
    if language == "en":
        return frozenset(text for entry in entries for text in (entry.msgid, entry.msgid_plural))
    return frozenset(text for entry in entries for text in (entry.msgstr, *entry.msgstr_plural.values()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_beside_a_word_leads_to_a_section_of_a_guide(language: str) -> None:
    for name, topic in TOPICS.items():
        anchors = {section.anchor for section in read(topic.guide, language).sections}
        assert topic.section in anchors, name


@pytest.mark.parametrize("role", GUIDES)
def test_guides_say_the_same_in_both_languages(role: str) -> None:
    chinese, english = read(role, "zh"), read(role, "en")
    anchors = [section.anchor for section in chinese.sections]
    assert all(anchors), "each section has its comment with an id"
    assert anchors == [section.anchor for section in english.sections]
    for tag in ("<li>", "<img", "<tr>", "<blockquote>"):
        assert chinese.html.count(tag) == english.html.count(tag), tag


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_and_guides_name_each_other(language: str) -> None:
    named = [found for role in GUIDES for found in PICTURE.findall(source(role, language))]
    assert {where for _alt, where, _name in named} == {language}
    there = {path.name for path in (DOCS / f"guide/pictures/{language}").iterdir()}
    assert {name for _alt, _where, name in named} == there


def test_all_pictures_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in (DOCS / "guide/pictures").rglob("*.webp")) < MOST_PICTURES
    for language in LANGUAGES:
        assert (DOCS / f"pictures/main-job-{language}.png").stat().st_size < MOST_STRIP


@pytest.mark.django_db
@pytest.mark.parametrize("role", GUIDES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_guide_is_a_page_of_the_app(client: Client, role: str, language: str) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = {"zh": "zh-hans", "en": "en"}[language]
    answer = client.get(f"/guide/{role}/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert read(role, language).title in page
    for address in re.findall(r'href="/guide/([a-z]+)/', page):
        assert address in GUIDES
    ids = re.findall(r' id="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids)), "the frame has ids too: a way to a section would end there"
    for image in re.findall(r"<img [^>]+>", page):
        assert f'src="/static/web/guide/{language}/' in image
        assert re.search(r'width="\d+" height="\d+"', image), "known before it is loaded, so that nothing jumps"


def test_guide_shows_no_html(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "zh"
    folder.mkdir()
    (folder / "x.md").write_text(
        "# Title\n\n<!-- one -->\n## One\n\n<script>alert(1)</script>\n\n"
        "A <b onclick='x'>word</b>, [a link](javascript:alert(1)), [a guide](desk.md#limits).\n"
    )
    monkeypatch.setattr(guide, "FOLDER", tmp_path)
    html = read.__wrapped__("x", "zh").html
    assert '<h2 id="one">One</h2>' in html
    assert '<a href="/guide/desk/#limits">' in html
    for forbidden in ("<script", "onclick", 'href="javascript'):
        assert forbidden not in html


@pytest.mark.django_db
def test_unknown_guides_and_tours_are_not_found(client: Client) -> None:
    for path in ("/guide/mayor/", "/help/mayor/", "/help/mayor/steps/"):
        assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_index_shows_every_guide_tour_and_word(client: Client) -> None:
    page = client.get("/guide/", headers={"accept-language": "en"}).content.decode()
    for role in GUIDES:
        assert f'href="/guide/{role}/"' in page
    for topic in TOPICS.values():
        with override("en"):
            assert str(topic.title) in page


def test_tour_begins_by_itself_once(enter: Enter) -> None:
    desk = enter(Role.DESK, "5101")
    assert 'data-tour-steps="/help/desk/steps/" data-first' in desk.get("/desk/").content.decode()
    dialog = desk.get("/help/desk/steps/")
    assert dialog.content.decode().count("data-step") == len(TOURS["desk"].steps)
    page = desk.get("/desk/").content.decode()
    assert 'data-tour-steps="/help/desk/steps/"' in page
    assert "data-first" not in page


def test_one_tour_leaves_the_others_to_come(enter: Enter) -> None:
    resident = enter()
    resident.get("/help/desk/")
    assert "data-first" in resident.get("/my/").content.decode()
    resident.get("/help/resident/")
    assert resident.cookies[COOKIE].value == "desk.resident"
    assert resident.cookies[COOKIE]["httponly"]


def test_page_that_refuses_its_reader_does_not_welcome_them(enter: Enter) -> None:
    assert "data-first" not in Client().get("/desk/", follow=True).content.decode()
    assert "data-first" not in enter().get("/desk/").content.decode()


def test_tour_follows_the_page_and_otherwise_the_person(enter: Enter) -> None:
    desk = enter(Role.DESK, "5101")
    assert "/help/desk/steps/" in desk.get("/duties/").content.decode()
    assert "/help/resident/steps/" in desk.get("/report/").content.decode()
    assert "/help/verifier/steps/" in enter(Role.VERIFIER, "W").get("/me/").content.decode()
    desk.post("/look/", {"size": "large"})
    assert "/help/elder/steps/" in desk.get("/report/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value", ["", ".", "desk" * 50, '"><script>', "desk.nobody", "%00%ff", "desk;field", "a" * 8000, "DESK", "..desk.."]
)
def test_hostile_cookie_is_answered(client: Client, value: str) -> None:
    request = HttpRequest()
    request.COOKIES[COOKIE] = value
    assert set(seen_by(request)) <= {"desk"}
    client.cookies[COOKIE] = value
    answer = client.get("/help/field/")
    assert answer.status_code == 200
    assert set(answer.cookies[COOKIE].value.split(".")) <= set(TOURS)


def test_help_stands_beside_its_field(enter: Enter) -> None:
    page = enter().get("/report/").content.decode()
    for name in ("anonymous", "private"):
        assert page.count(f'id="help-{name}-1"') == page.count(f'popovertarget="help-{name}-1"') == 1


def drawn(line: str) -> str:
    return str(engines["django"].from_string("{% load linli %}" + line).render({}, HttpRequest()))


def test_two_explanations_of_one_word_have_ids_of_their_own() -> None:
    page = drawn('{% help "limits" %}{% help "limits" %}')
    assert re.findall(r' id="([^"]+)"', page) == ["help-limits-1", "help-limits-2"]


def test_help_stands_above_the_form_of_its_change() -> None:
    for name, topic in TOPICS.items():
        for change in topic.changes:
            assert change in CHANGES, name
            assert drawn('{% help_of_change "' + change + '" %}').count("popovertarget") == 1
    assert drawn('{% help_of_change "accept" %}').strip() == ""


def test_rates_and_duties_explain_themselves(enter: Enter) -> None:
    assert 'popovertarget="help-rates-1"' in enter(Role.LEADER, "51").get("/rates/").content.decode()
    assert 'popovertarget="help-clause-1"' in enter(Role.DESK, "5101").get("/duties/").content.decode()
