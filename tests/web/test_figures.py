"""Pages of figures: whose, of which weeks, in which order, and the lists behind them."""

import re
from datetime import timedelta

import pytest
from factories.world import HERE, World

from linli.cases import actions
from linli.cases.models import Case
from linli.cases.pages import figures, rates
from linli.cases.rules import Report
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as


@pytest.fixture
def sent(world: World) -> World:
    """Street answers one of two in time, water its only one; street had answered all four weeks ago."""
    with acting_as(SYSTEM):
        for body, responded, weeks in (
            ("street", True, 0),
            ("street", False, 0),
            ("water", True, 0),
            ("street", True, 5),
        ):
            report = Report(description="路灯不亮", lon=HERE[0], lat=HERE[1])
            case = actions.collect(report=report, by=SYSTEM).case
            actions.file(cases=[case.id], by=SYSTEM, class_code="0103")
            actions.dispatch(cases=[case.id], by=SYSTEM, body_id=world.bodies[body].id, note="就近处理")
            Case.objects.filter(pk=case.pk).update(
                responded=responded, dispatched_at=clock.now() - timedelta(weeks=weeks)
            )
        actions.count_weeks(by=SYSTEM)
    return world


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*><a [^>]*>([^<]+)', page)


def test_rates_in_the_order_that_was_asked_with_their_change(enter, sent: World) -> None:
    leader = enter(Role.LEADER, "W")
    page = leader.get("/rates/?weeks=4").content.decode()
    assert names(page) == ["机构street", "机构water"]
    assert '50% <span class="fraction">(1/2)</span>' in page
    assert '<span class="change bad">−50</span>' in page
    assert names(leader.get("/rates/?weeks=4&sort=name").content.decode()) == sorted(names(page))
    worst = leader.get("/rates/?weeks=4&sort=response").content.decode()
    assert names(worst)[0] == "机构street"
    assert 'aria-sort="ascending"><a href="?unit' in worst


def test_bodies_are_found_by_words_and_the_choice_stays(enter, sent: World) -> None:
    leader = enter(Role.LEADER, "W")
    page = leader.get("/rates/?weeks=4&sort=name&q=STREET").content.decode()
    assert names(page) == ["机构street"]
    assert 'name="q" value="STREET"' in page
    assert 'type="hidden" name="sort" value="name"' in page
    assert "q=STREET" in re.search(r'aria-sort="ascending"><a href="([^"]+)', page)[1]
    none = leader.get("/rates/?weeks=4&q=nowhere").content.decode()
    assert names(none) == []
    assert "No body is called that" in none


def test_a_phone_shows_the_first_bodies_until_it_is_asked_for_all(
    enter, sent: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = enter(Role.LEADER, "W")
    assert "rates-more" not in leader.get("/rates/?weeks=4").content.decode()
    monkeypatch.setattr(rates, "FIRST_ON_A_PHONE", 1)
    short = leader.get("/rates/?weeks=4&sort=name").content.decode()
    assert 'rates-table short"' in short
    address = re.search(r'rates-more"><a class="button" href="([^"]+)#bodies">Show all 2 bodies<', short)[1]
    everything = leader.get(f"/rates/{address.replace('&amp;', '&')}").content.decode()
    assert names(everything) == names(short)
    assert 'rates-table short"' not in everything


def test_a_body_leads_to_its_weeks_and_to_its_cases(enter, sent: World) -> None:
    leader = enter(Role.LEADER, "W")
    page = leader.get("/rates/?weeks=4").content.decode()
    behind = next(
        address for address in re.findall(r'href="(/desk/[^"]+)">2<', page) if str(sent.bodies["street"].id) in address
    )
    listed = leader.get(behind.replace("&amp;", "&")).content.decode()
    assert listed.count('class="case-name') == 2
    # The days are a chip that can be taken off.
    assert re.search(r'class="chip"[^>]*>.*?Dispatched.*?[A-Z][a-z]+ \d+ – [A-Z][a-z]+ \d+', listed, re.DOTALL)
    everything = leader.get(re.sub(r"&amp;sent=[^&]*", "", behind).replace("&amp;", "&")).content.decode()
    assert everything.count('class="case-name') == 3
    of_body = leader.get(f"/rates/?weeks=4&body={sent.bodies['street'].id}").content.decode()
    assert "All bodies together" in of_body
    assert "All bodies together" not in page


def test_every_rate_leads_to_what_it_was_counted_over_and_to_what_missed_it(enter, sent: World) -> None:
    leader = enter(Role.LEADER, "W")
    with acting_as(SYSTEM):
        rated = Case.objects.filter(lead_body=sent.bodies["street"]).first()
        Case.objects.filter(pk=rated.pk).update(stars=2, solved=True)
        actions.count_weeks(by=SYSTEM)
    page = leader.get("/rates/?weeks=4").content.decode()
    behind = re.findall(
        r'href="(/desk/[^"]+&amp;rate=[a-z-]+)">(?:[^<]*<span class="fraction">)?(?:\((\d+)/(\d+)\)|(\d+) missed)<',
        page,
    )
    assert {re.search(r"rate=(.*)", address)[1] for address, *_numbers in behind} == {
        "response", "response-missed", "solution", "satisfaction", "satisfaction-missed",
    }  # fmt: skip
    for address, _reached, over, missed in behind:
        listed = leader.get(address.replace("&amp;", "&")).content.decode()
        assert listed.count('class="case-name') == int(over or missed), address
        assert "Rate it counts in" in listed


@pytest.mark.parametrize("path", ["/figures/", "/rates/"])
@pytest.mark.parametrize(
    "asked", ["weeks=5", "weeks=x", "unit=x", "unit=00000000-0000-0000-0000-000000000001", "sort=x&body=x"]
)
def test_what_cannot_be_read_is_the_reader_s_own(enter, world: World, path: str, asked: str) -> None:
    leader = enter(Role.LEADER, "W")
    usual, answer = leader.get(path), leader.get(f"{path}?{asked}")
    assert answer.status_code == 200
    heading = re.compile(r"<h1>[^<]*</h1>")
    assert heading.findall(answer.content.decode()) == heading.findall(usual.content.decode())


def test_figures_of_a_unit_deeper_than_the_select_reaches(enter, world: World) -> None:
    page = enter(Role.LEADER, "51").get(f"/figures/?unit={world.id('W1')}").content.decode()
    assert f'<option value="{world.id("W1")}" selected>' in page
    assert f'href="?unit={world.id("W")}&amp;weeks=13">The unit above</a>' in page


@pytest.fixture
def of_all_kinds(world: World) -> World:
    """Open cases of several classes, ages and places, one of them late, one without a class."""
    kinds = (("0102", 0), ("0103", 0), ("0103", 2), ("0101", 5), ("0102", 20), ("0103", 90), ("", 1), ("0103", 3))
    with acting_as(SYSTEM):
        made = []
        for code, days in kinds:
            report = Report(description="路灯不亮", lon=HERE[0], lat=HERE[1], class_code=code)
            made.append(actions.collect(report=report, by=SYSTEM).case.pk)
            Case.objects.filter(pk=made[-1]).update(reported_at=clock.now() - timedelta(days=days, minutes=1))
        late = actions.file(cases=made[:3], by=SYSTEM, class_code="0103")
        assert late
        Case.objects.filter(pk=made[2]).update(due_at=clock.now() - timedelta(hours=1))
        Case.objects.filter(pk=made[3]).update(quarter=None, community=None)
    return world


@pytest.mark.parametrize("code", ["51", "W", "W1"])
def test_every_figure_leads_to_exactly_the_rows_behind_it(
    enter, of_all_kinds: World, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(figures, "MOST_CLASSES", 1)
    leader = enter(Role.LEADER, "51")
    page = leader.get(f"/figures/?unit={of_all_kinds.id(code)}").content.decode()
    behind = re.findall(
        r'href="(/desk/[^"]+)">(?:<span class="stat-label">[^<]+</span><span class="stat-value">)?(\d+)<', page
    )
    ways = {
        name
        for address, _count in behind
        for name in ("age=", "others=", "class_code=none", "unplaced=")
        if name in address
    }
    assert ways >= {"age=", "class_code=none"}
    assert code != "W" or ways >= {"others=", "unplaced="}
    for address, count in behind:
        listed = leader.get(address.replace("&amp;", "&")).content.decode()
        assert listed.count('class="case-name') == int(count), address


@pytest.mark.parametrize(
    "asked",
    [
        "age=x",
        "age=3-1",
        "age=99999-",
        "age=9999-",
        "sent=x",
        "others=x,,0102",
        "unplaced=x",
        "rate=x",
        "class_code=x",
        "unit=x",
    ],
)
def test_a_figure_s_list_answers_whatever_stands_in_its_address(enter, of_all_kinds: World, asked: str) -> None:
    assert enter(Role.LEADER, "51").get(f"/desk/?{asked}").status_code == 200


def test_rates_as_data_say_what_each_was_counted_over(enter, sent: World) -> None:
    [street, water] = sorted(enter(Role.LEADER, "W").get("/api/v1/cases/rates").json(), key=lambda row: row["name"])
    assert (street["responded"], street["dispatched"], street["response"]) == (1, 2, 0.5)
    assert (water["responded"], water["dispatched"], water["response"]) == (1, 1, 1.0)
    assert (street["evaluated"], street["solution"], street["satisfaction"]) == (0, None, None)
