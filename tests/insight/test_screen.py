"""The command screen, its spreadsheet and the weekly report: figures equal the queries', lead to their rows, and stay within the scope."""

import re
from datetime import datetime, time, timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone, translation
from django.utils.html import escape
from factories.world import HERE, World
from insight.test_warning_pages import raise_one, signed_in

from linli.cases import actions as cases
from linli.cases import queries
from linli.cases.models import Case
from linli.cases.rules import Report, monday
from linli.foundation import clock, fonts
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.sheets import book_answer
from linli.insight import report, screen
from linli.insight.definitions import DEFINITIONS
from linli.insight.models import Warning, WarningState

HOSTILE = ("", "x", "00000000-0000-0000-0000-000000000000", "'; drop table", "9" * 400)


@pytest.fixture
def lived(world: World) -> World:
    """Three cases of today, one of them late, and one that was reported and dispatched the week before."""
    with acting_as(SYSTEM):
        found = []
        for _number in range(4):
            told = cases.collect(report=Report(description="路灯不亮", lon=HERE[0], lat=HERE[1]), by=SYSTEM).case
            cases.file(cases=[told.id], by=SYSTEM, class_code="0103")
            cases.dispatch(cases=[told.id], by=SYSTEM, body_id=world.bodies["street"].id, note="就近处理")
            found.append(told.id)
        before = clock.now() - timedelta(weeks=1)
        Case.objects.filter(pk=found[0]).update(reported_at=before, dispatched_at=before, responded=True)
        Case.objects.filter(pk=found[1]).update(due_at=clock.now() - timedelta(hours=1))
    return world


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content.decode()[:500]
    return str(answer.content.decode())


def tiles(page: str) -> dict[str, tuple[str, str]]:
    """The figure of each tile, with the address behind it."""
    found = re.findall(r'id="tile-(\w+)" href="([^"]+)".*?screen-value">([^<]+)<', page, re.DOTALL)
    return {key: (value, href.replace("&amp;", "&")) for key, href, value in found}


def sheets_of(client: Client, path: str) -> dict[str, list[tuple[Any, ...]]]:
    answer = client.get(path)
    assert answer.status_code == 200
    book = openpyxl.load_workbook(BytesIO(answer.content))
    return {name: list(book[name].iter_rows(values_only=True)) for name in book.sheetnames}


def test_its_figures_equal_the_queries_and_lead_to_their_rows(lived: World) -> None:
    raise_one(lived)
    leader = signed_in(lived, Role.LEADER, "5101")
    found = tiles(page_of(leader, f"/screen/?unit={lived.id('W1')}&weeks=4"))
    with acting_as(SYSTEM):
        counted = screen.count(SYSTEM, lived.id("W1"), 4, 4)
        rates = queries.by_week(SYSTEM, lived.id("W1"), 4).rates
    # The warning brought a case of its own.
    assert (counted.figures["open"], counted.figures["overdue"], counted.figures["today"]) == (5, 1, 4)
    shown = {key: value for key, (value, _href) in found.items()}
    assert shown == {
        **{key: str(counted.figures[key]) for key in ("open", "overdue", "today", "warnings")},
        "response": rates.response.percent,
        "solution": rates.solution.percent,
        "satisfaction": rates.satisfaction.percent,
    }
    for key in ("open", "overdue", "today"):
        rows = set(re.findall(r'href="/case/([^/"]+)/', page_of(leader, found[key][1])))
        assert len(rows) == counted.figures[key], key
    assert "1 place" in page_of(leader, found["warnings"][1])


@pytest.fixture
def rated(lived: World) -> World:
    """Of the four cases two were answered in time and one late; one reporter is content, and one is not and nothing was solved."""
    for number, case in enumerate(Case.objects.order_by("id")[:3]):
        Case.objects.filter(pk=case.pk).update(
            responded=number < 2, stars=(5, 2, None)[number], solved=(True, False, None)[number]
        )
    return lived


def listed(client: Client, address: str) -> int:
    return page_of(client, address.replace("&amp;", "&")).count('class="case-name')


def test_each_rate_of_the_screen_leads_to_what_it_was_counted_over(rated: World) -> None:
    leader = signed_in(rated, Role.LEADER, "5101")
    page = page_of(leader, f"/screen/?unit={rated.id('W1')}&weeks=4")
    over = {
        key: (value, listed(leader, href)) for key, (value, href) in tiles(page).items() if key in set(queries.Counted)
    }
    assert over == {"response": ("67%", 3), "solution": ("50%", 2), "satisfaction": ("50%", 2)}
    # The weeks of the chart, in its table.
    weeks = rates_in(page)
    assert {over for _address, over in weeks} == {1, 2}
    for address, over_week in weeks:
        assert listed(leader, address) == over_week, address


def test_each_rate_of_the_report_leads_to_what_it_was_counted_over(rated: World) -> None:
    leader = signed_in(rated, Role.LEADER, "5101")
    today = timezone.localdate(clock.now())
    for week in (today, today - timedelta(weeks=1)):
        found = rates_in(page_of(leader, f"/screen/weekly/?unit={rated.id('W1')}&week={week}"))
        # Of the week, of each of the five weeks, and of the body that it went to.
        assert len(found) >= 6
        assert any("&amp;body=" in address for address, _over in found)
        for address, over in found:
            assert listed(leader, address) == over, address


def rates_in(page: str) -> list[tuple[str, int]]:
    """The addresses behind rates that are said with what they were counted over, and that."""
    found = re.findall(r'href="(/desk/[^"]+&amp;rate=[a-z]+)">[^<]*\(\d+/(\d+)\)<', page)
    return [(address, int(over)) for address, over in found]


def test_each_figure_has_a_definition_that_a_keyboard_reaches(lived: World) -> None:
    page = page_of(signed_in(lived, Role.LEADER, "5101"), "/screen/")
    for key in tiles(page):
        assert f'popovertarget="meant-{key}"' in page
        assert f'id="meant-{key}" popover' in page
        assert str(DEFINITIONS[key].source) in page


def test_a_renewal_within_the_minute_says_the_same(lived: World) -> None:
    """Only what says something else is replaced on a live page, with the definition that somebody reads in it."""
    client, minute = signed_in(lived, Role.LEADER, "5101"), clock.now().replace(second=0) + timedelta(minutes=1)
    shown = []
    for seconds in (10, 40):
        with clock.at(minute + timedelta(seconds=seconds)):
            shown.append(page_of(client, "/screen/").partition('id="screen"')[2].partition("</main>")[0])
    assert shown[0]
    assert shown[0] == shown[1]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_each_part_has_its_definition_in_its_heading(lived: World, language: str) -> None:
    """Every part, whichever there are; and nothing is explained that no mark opens."""
    leader = signed_in(lived, Role.LEADER, "5101")
    page = leader.get("/screen/", headers={"accept-language": language}).content.decode()
    parts = dict(re.findall(r'<section class="screen-part screen-(\w+)"(.*?)</section>', page, re.DOTALL))
    assert len(parts) == page.count("<section") == 6
    mark = re.compile(
        r'<(?:h2[^>]*|strong)>([^<]+)</(?:h2|strong)>\s*<button[^>]* class="help-mark"[^>]* popovertarget="meant-(\w+)"'
    )
    for part, content in parts.items():
        ((heading, key),) = mark.findall(content)
        assert key == part
        with translation.override(language):
            definition = DEFINITIONS[key]
            label, meant, source = (
                escape(str(text)) for text in (definition.label, definition.meant, definition.source)
            )
        assert heading.startswith(label)
        shown = f'id="meant-{key}" popover role="note"><strong>{label}</strong><span>{meant}</span>'
        assert f'{shown}<span class="soft">{source}</span>' in page
    opened = re.findall(r'popovertarget="meant-(\w+)"', page)
    assert sorted(set(opened)) == sorted(re.findall(r'id="meant-(\w+)"', page)) == sorted(DEFINITIONS)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_warnings_count_while_they_are_open_and_touch_the_unit(lived: World) -> None:
    raise_one(lived)
    raise_one(lived, state=WarningState.DISMISSED)
    leader = signed_in(lived, Role.LEADER, "51")
    assert tiles(page_of(leader, f"/screen/?unit={lived.id('W1')}"))["warnings"][0] == "1"
    assert tiles(page_of(leader, f"/screen/?unit={lived.id('E')}"))["warnings"][0] == "0"


def test_nobody_sees_more_than_their_units(lived: World) -> None:
    raise_one(lived)
    elsewhere = signed_in(lived, Role.LEADER, "E2")
    asked = f"unit={lived.id('W1')}"
    page = page_of(elsewhere, f"/screen/?{asked}")
    assert [tiles(page)[key][0] for key in ("open", "overdue", "today", "warnings")] == ["0"] * 4
    assert "/warnings/0" not in page_of(elsewhere, f"/screen/weekly/?{asked}")
    (figures, *_others) = sheets_of(elsewhere, f"/screen/figures.xlsx?{asked}").values()
    assert ("Open", 0) in figures
    for path in ("/screen/", "/screen/figures.xlsx", "/screen/weekly/", "/screen/weekly.pdf"):
        assert Client().get(path).status_code in {302, 401}
        assert signed_in_as_handler(lived).get(path).status_code == 403
        assert elsewhere.post(path).status_code == 405


def signed_in_as_handler(world: World) -> Client:
    client = Client()
    client.force_login(world.staff_of("street"))
    return client


@pytest.mark.parametrize("text", HOSTILE)
def test_what_cannot_be_read_is_the_readers_own_unit_and_the_last_whole_week(lived: World, text: str) -> None:
    leader = signed_in(lived, Role.LEADER, "W")
    (_value, href) = tiles(page_of(leader, f"/screen/?unit={text}&weeks={text}"))["open"]
    assert href == f"/desk/?state=open&unit={lived.id('W')}"
    last = queries.first_week(2).isoformat()
    assert f'<option value="{last}" selected>' in page_of(leader, f"/screen/weekly/?unit={text}&week={text}")
    assert leader.get(f"/screen/figures.xlsx?unit={text}&weeks={text}").status_code == 200


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "2026-02-30", "1999-01-04"])
def test_a_week_that_is_not_offered_is_the_last_whole_one(world: World, text: str) -> None:
    assert report.week_of(text) == queries.first_week(2)


def test_any_day_names_its_week(world: World) -> None:
    today = queries.first_week(1)
    assert report.week_of((today - timedelta(days=3)).isoformat()) == monday(today - timedelta(days=3))
    assert report.week_of(report.mondays()[-1].isoformat()) == report.mondays()[-1]


def test_the_spreadsheet_says_what_the_screen_says(lived: World) -> None:
    leader = signed_in(lived, Role.LEADER, "5101")
    path = f"?unit={lived.id('W')}&weeks=4"
    sheets = sheets_of(leader, f"/screen/figures.xlsx{path}")
    assert list(sheets) == ["Figures", "By week", "By unit", "By class", "What is counted"]
    found = {row[0]: row[1] for row in sheets["Figures"]}
    shown = tiles(page_of(leader, f"/screen/{path}"))
    assert [str(found[name]) for name in ("Open", "Overdue", "Reported today")] == [
        shown[key][0] for key in ("open", "overdue", "today")
    ]
    with acting_as(SYSTEM):
        weeks = queries.by_week(SYSTEM, lived.id("W"), 4).rows
    assert [row[:3] for row in sheets["By week"][1:]] == [
        (week.start.isoformat(), week.opened, week.closed) for week in weeks
    ]
    assert sum(row[1] for row in sheets["By unit"][1:]) == found["Open"] == 4
    assert len(sheets["What is counted"]) == len(DEFINITIONS) + 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "＝1+1", "＠SUM(A1)"])
def test_no_cell_of_a_spreadsheet_is_a_formula(text: str) -> None:
    book = openpyxl.load_workbook(BytesIO(book_answer("a.xlsx", {"One": [["name", text]]}).content))
    cell = book["One"]["B1"]
    assert cell.data_type == "s"
    assert cell.value == f"'{text}"


def test_the_report_counts_the_week_it_names(lived: World) -> None:
    leader = signed_in(lived, Role.LEADER, "5101")
    unit, last = lived.id("W1"), queries.first_week(2)
    with acting_as(SYSTEM):
        found = report.read(SYSTEM, unit, last)
    assert [row.start for row in found.weeks] == [last - timedelta(weeks=back) for back in (4, 3, 2, 1, 0)]
    assert (found.week.opened, found.week.rates.dispatched, found.week.rates.responded) == (1, 1, 1)
    assert found.bodies[lived.bodies["street"].id] == found.week.rates
    page = page_of(leader, f"/screen/weekly/?unit={unit}&week={last}")
    assert "100% (1/1)" in page
    assert "not over" not in page
    behind = re.search(r'href="(/desk/[^"]*reported[^"]*)">1</a>', page)
    assert behind is not None
    rows = set(re.findall(r'href="/case/([^/"]+)/', page_of(leader, behind[1].replace("&amp;", "&"))))
    assert len(rows) == 1
    assert "not over" in page_of(leader, f"/screen/weekly/?unit={unit}&week={queries.first_week(1)}")


def test_classes_of_the_week_are_told_against_the_four_before(world: World) -> None:
    last = queries.first_week(2)
    with acting_as(SYSTEM):
        for back, count in ((0, 3), (1, 2), (2, 6)):
            for _number in range(count):
                told = cases.collect(report=Report(description="路灯不亮", lon=HERE[0], lat=HERE[1]), by=SYSTEM).case
                at = report.moment(datetime.combine(last - timedelta(weeks=back), time(12)))
                Case.objects.filter(pk=told.pk).update(reported_at=at, case_class=world.classes["0103"])
        cases.count_weeks(by=SYSTEM)
        found = {code: report.read(SYSTEM, world.id(code), last).by_class for code in ("W1", "5101", "51")}
    leader = signed_in(world, Role.LEADER, "5101")
    assert found["W1"] == found["5101"] == found["51"] == {world.classes["0103"].pk: [0, 0, 6, 2, 3]}
    page = page_of(leader, f"/screen/weekly/?unit={world.id('W1')}&week={last}")
    (section,) = re.findall(r'id="reported" .*?</section>', page, re.DOTALL)
    (row,) = re.findall(r"<tr><td>0103</td>(.*?)</tr>", section)
    (number, href) = next((text, href) for href, text in re.findall(r'href="([^"]+)">(\d+)</a>', row))
    assert (number, re.findall(r">(2.0|[+−]\d+%)<", row)) == ("3", ["2.0", "+50%"])
    assert len(set(re.findall(r'href="/case/([^/"]+)/', page_of(leader, href.replace("&amp;", "&"))))) == 3
    this_week = page_of(leader, f"/screen/weekly/?unit={world.id('W1')}&week={queries.first_week(1)}")
    assert "Nothing was reported in this week." in this_week


def test_the_oldest_week_offered_can_be_read(lived: World) -> None:
    with acting_as(SYSTEM):
        for code in ("51", "W1"):
            assert len(report.read(SYSTEM, lived.id(code), report.mondays()[-1]).weeks) == report.BEFORE + 1


def test_warnings_of_the_week_and_open_ones_stand_in_it(lived: World) -> None:
    raise_one(lived, state=WarningState.DISMISSED)
    with acting_as(SYSTEM):
        old = raise_one(lived)
        Warning.objects.filter(pk=old.pk).update(found_at=clock.now() - timedelta(weeks=3))
        found = report.read(SYSTEM, lived.id("W1"), queries.first_week(1))
    assert [row.state for row in found.found] == [WarningState.DISMISSED]
    assert [row.pk for row in found.open_warnings] == [old.pk]


@pytest.mark.skipif(fonts.noto() is None, reason="Noto Sans CJK is not installed")
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_report_is_a_pdf_too(lived: World, language: str) -> None:
    raise_one(lived)
    leader = signed_in(lived, Role.LEADER, "5101")
    answer = leader.get(f"/screen/weekly.pdf?unit={lived.id('W1')}", headers={"accept-language": language})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert re.fullmatch(r'attachment; filename="weekly-[\w.-]+-\d{4}-\d\d-\d\d\.pdf"', answer["Content-Disposition"])
    assert answer.content.startswith(b"%PDF-")
    # The font is inside, and only the part of it that is used.
    assert b"/FontFile" in answer.content
    assert len(answer.content) < 300_000


def test_without_fonts_it_says_what_to_install(lived: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "FOLDERS", ())
    leader = signed_in(lived, Role.LEADER, "5101")
    answer = leader.get("/screen/weekly.pdf")
    assert answer.status_code == 503
    assert "fonts-noto-cjk" in answer.content.decode()
    page = page_of(leader, "/screen/weekly/")
    assert "fonts-noto-cjk" in page
    assert "/screen/weekly.pdf" not in page


def test_an_empty_city_says_so(world: World) -> None:
    leader = signed_in(world, Role.LEADER, "51")
    page = page_of(leader, "/screen/")
    assert tiles(page)["response"][0] == "–"
    assert "Nothing is open." in page
    assert "Nothing was dispatched in this week." in page_of(leader, "/screen/weekly/")
