"""The resident app: its tabs, the report that loses nothing, my case in plain words, what is around me."""

import gzip
import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from factories.world import ELSEWHERE, HERE, World

from linli.cases import actions, rules
from linli.cases.models import Attachment, Case, State
from linli.cases.rules import Report
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.territory.rules import wgs84_to_gcj02

TABS = ("/home/", "/safety/", "/service/")
SCRIPT_BYTES, ALL_BYTES = 120_000, 300_000
# A PDF is kept as it is: the shortest file that may be sent.
PDF = b"%PDF-1.7\n%%EOF\n"


def form(**fields: object) -> dict[str, object]:
    return {"description": "Rubbish at the gate 垃圾", "once": str(uuid4()), "lon": HERE[0], "lat": HERE[1], **fields}


def closed(case: Case) -> Case:
    """The case as it stands once it was handled, verified and closed."""
    with acting_as(SYSTEM):
        Case.objects.filter(pk=case.pk).update(
            state=State.CLOSED, filed_at=clock.now(), handled_at=clock.now(), closed_at=clock.now()
        )
        return Case.objects.get(pk=case.pk)


def cases() -> list[Case]:
    with acting_as(SYSTEM):
        return list(Case.objects.select_related("text").order_by("pk"))


def loaded(page: str) -> tuple[int, int]:
    """Bytes, compressed, of the scripts that a page loads, and of everything that it loads at first."""
    scripts = set(re.findall(r'<script src="/static/([^"]+)"', page))
    others = set(re.findall(r'(?:href|src)="/static/([^"#]+)', page)) - scripts

    def size(name: str) -> int:
        found = finders.find(name)
        assert found, name
        return len(gzip.compress(Path(found).read_bytes()))

    of_scripts = sum(size(name) for name in scripts)
    return of_scripts, of_scripts + sum(size(name) for name in others) + len(gzip.compress(page.encode()))


@pytest.mark.parametrize("path", ["/home/", "/report/", "/my/", "/around/"])
def test_first_load_of_a_resident_page_is_light(enter, case: Case, path: str) -> None:
    scripts, everything = loaded(enter().get(path).content.decode())
    assert 0 < scripts < SCRIPT_BYTES
    assert everything < ALL_BYTES


@pytest.mark.parametrize("path", [*TABS, "/my/", "/around/", "/around/?choose=1"])
def test_no_link_of_the_resident_app_leads_nowhere(enter, case: Case, path: str) -> None:
    resident = enter()
    page = resident.get(path).content.decode()
    for link in sorted(set(re.findall(r'href="(/[^"]*)"', page))):
        if not link.startswith(("/static/", "/api/", "/open311/")):
            assert resident.get(link.replace("&amp;", "&")).status_code in {200, 302}, link


def test_tabs_are_there_for_who_is_not_signed_in(world: World, client: Client) -> None:
    for path in TABS:
        assert client.get(path).status_code == 200


def test_home_tells_what_happens_next_and_by_when(enter, case: Case) -> None:
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=SYSTEM)
    page = enter().get("/home/").content.decode()
    assert "Your case is filed. It is now sent to the body whose duty it is." in page
    assert "at the latest" in page


def test_large_text_has_the_short_home_and_a_way_to_everything(enter, case: Case) -> None:
    resident = enter()
    resident.get("/elder/")
    page = resident.get("/home/").content.decode()
    assert 'href="tel:12345"' in page
    assert "My last case" in page
    assert "My open cases" not in page
    assert "My open cases" in resident.get("/home/?all").content.decode()


def test_my_pages_cost_the_same_for_many_cases(world: World, enter, case: Case) -> None:
    resident, costs = enter(), []
    for _more in range(2):
        for path in ("/home/", "/my/", "/report/", "/around/"):
            resident.get(path)  # What is kept in memory is read now.
            before = connection.round_trips  # type: ignore[attr-defined]
            assert resident.get(path).status_code == 200
            costs.append(connection.round_trips - before)  # type: ignore[attr-defined]
        reporter = world.resident()
        with acting_as(reporter):
            reports = [Report(description=f"垃圾 {one}", lon=HERE[0], lat=HERE[1]) for one in range(8)]
            actions.collect_many(reports=reports, by=reporter)
    assert costs[:4] == costs[4:]
    assert max(costs) <= 8


def test_my_settings_stand_below_a_few_cases_and_older_ones_are_a_press_away(world: World, enter) -> None:
    resident, reporter = enter(), world.resident()
    with acting_as(reporter):
        reports = [Report(description=f"垃圾 {one}", lon=HERE[0], lat=HERE[1]) for one in range(9)]
        made = [one.case.reference for one in actions.collect_many(reports=reports, by=reporter)]
    first = resident.get("/my/").content.decode()
    older = re.search(r'href="(\?before=[^"]*)"', first)
    assert older
    second = resident.get(f"/my/{older[1]}").content.decode()
    assert [sum(reference in page for reference in made) for page in (first, second)] == [6, 3]


def test_a_badge_says_to_its_reporter_what_the_steps_say(world: World, enter, case: Case) -> None:
    resident = enter()

    def said(**fields: object) -> set[str]:
        with acting_as(SYSTEM):
            Case.objects.filter(pk=case.pk).update(**fields)
        pages = [resident.get(path).content.decode() for path in ("/my/", f"/case/{case.reference}/")]
        return {word for page in pages for word in re.findall(r'class="badge[^"]*">([A-Z][^<]*)<', page)}

    assert said() == {"Received"}
    assert said(state=State.HANDLED, lead_body=world.bodies["street"], handled_at=clock.now()) == {"Being checked"}
    assert said(state=State.DECLINED, closed_at=clock.now()) == {"Not filed"}


def test_nothing_is_asked_of_who_has_rated(enter, case: Case) -> None:
    resident = enter()
    closed(case)
    path = f"/case/{case.reference}/"
    assert "Your turn" in resident.get(path).content.decode()
    with acting_as(SYSTEM):
        Case.objects.filter(pk=case.pk).update(state=State.EVALUATED, stars=4, solved=True)
    page = resident.get(path).content.decode()
    assert "Your turn" not in page
    assert "Can be opened again until" in page
    assert "Reason: the people concerned" not in page


def test_no_day_that_has_passed_is_promised(enter, case: Case) -> None:
    resident = enter()
    closed(case)
    path = f"/case/{case.reference}/"
    assert case.reference in resident.get("/home/").content.decode()
    assert 'id="reopen"' in resident.get(path).content.decode()
    with clock.at(clock.now() + rules.REOPEN_WITHIN + timedelta(days=1)):
        resident = enter()
        page = resident.get(path).content.decode()
        assert "Possible until" not in page
        assert 'id="reopen"' not in page
        assert 'id="pending"' in (home := resident.get("/home/").content.decode())
        assert case.reference not in home.split('id="pending"')[1].split("</section>")[0]


# --- around me -----------------------------------------------------------------------------------------------------------


def test_around_needs_no_position_and_remembers_the_choice(world: World, client: Client, case: Case) -> None:
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=SYSTEM)
    chosen = client.get("/around/", {"name": "communityW1"}).content.decode()
    assert f"/around/?unit={world.id('W1')}" in chosen
    assert case.reference in client.get("/around/", {"unit": str(world.id("W1"))}).content.decode()
    assert case.reference in client.get("/around/").content.decode()
    assert case.reference in client.get("/home/").content.decode()
    assert case.reference not in client.get("/around/", {"unit": str(world.id("E1"))}).content.decode()


def test_around_narrows_by_state_and_class(world: World, client: Client, case: Case) -> None:
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=SYSTEM)
    unit = str(world.id("W1"))
    for query, is_there in (
        ({"show": "open"}, True),
        ({"show": "closed"}, False),
        ({"show": "all", "class": "01"}, True),
        ({"class": "nonsense"}, False),
    ):
        page = client.get("/around/", {"unit": unit, **query}).content.decode()
        assert (case.reference in page) is is_there, query


def test_around_is_paged_by_key_and_shows_a_point_for_each_place(world: World, client: Client) -> None:
    reporter = world.resident()
    with acting_as(reporter):
        reports = [Report(description=f"垃圾 {one}", lon=HERE[0], lat=HERE[1], class_code="0101") for one in range(22)]
        made = actions.collect_many(reports=reports, by=reporter)
    with acting_as(SYSTEM):
        actions.file(cases=[one.case.id for one in made], by=SYSTEM)
    first = client.get("/around/", {"unit": str(world.id("W1"))}).content.decode()
    older = re.search(r'href="(\?[^"]*before=[^"]*)"', first)
    assert older
    second = client.get("/around/" + older[1].replace("&amp;", "&")).content.decode()
    assert first.count('class="dot"') == 1
    for one in made:
        assert (one.case.reference in first) is not (one.case.reference in second)


def test_a_position_leads_to_its_community_and_is_not_in_the_address(world: World, client: Client) -> None:
    answer = client.get("/around/", {"lon": str(HERE[0]), "lat": str(HERE[1])})
    assert answer.headers["Location"] == f"/around/?unit={world.id('W1')}"
    outside = client.get("/around/", {"lon": "2.3", "lat": "48.8"})
    assert outside.status_code in {400, 422}


@pytest.mark.parametrize(
    "query",
    [
        "unit=x",
        "unit=' OR 1",
        "before=zzz",
        "lon=nan&lat=inf",
        "lon=1",
        "name=%00",
        "choose=1&under=x",
        "class='--",
        "show=x",
    ],
)
def test_around_answers_whatever_is_asked(world: World, client: Client, query: str) -> None:
    assert client.get(f"/around/?{query}").status_code < 500
    client.cookies["around"] = query
    assert client.get("/home/").status_code == 200


# --- reporting -----------------------------------------------------------------------------------------------------------


def test_a_hazard_comes_with_its_words(world: World, client: Client) -> None:
    page = client.get("/report/", {"text": "路灯不亮 <b>"}, headers={"accept-language": "en"}).content.decode()
    assert "路灯不亮 &lt;b&gt;" in page
    assert 'value="0102"' in page


def test_the_map_begins_where_the_reader_reported_last(enter, case: Case) -> None:
    assert "communityW1" in enter().get("/report/").content.decode().split("data-map")[1][:600]


def test_wechat_s_position_is_converted(world: World, client: Client) -> None:
    lon, lat = (float(one) for one in wgs84_to_gcj02(*HERE))
    shown = client.post("/report/hints/", form(lon=lon, lat=lat, datum="gcj02")).content.decode()
    assert "quarterQ" in shown
    client.post("/report/", form(lon=lon, lat=lat, datum="gcj02"))
    assert cases()[0].lon == pytest.approx(HERE[0], abs=1e-6)
    assert cases()[0].lat == pytest.approx(HERE[1], abs=1e-6)


@pytest.mark.parametrize("lon", ["nan", "1e400", "181", "x"])
def test_any_position_of_any_datum_is_answered(world: World, client: Client, lon: str) -> None:
    for datum in ("gcj02", "bd09", "nonsense"):
        assert client.post("/report/hints/", form(lon=lon, datum=datum)).status_code == 200
        assert client.post("/report/", form(lon=lon, datum=datum)).status_code in {400, 422}


def test_a_sign_in_that_ended_meanwhile_loses_nothing_and_is_asked_about(world: World, enter, client: Client) -> None:
    resident = enter()
    sender = str(world.resident().id)
    photo = SimpleUploadedFile("a.pdf", PDF, "application/pdf")
    token = re.search(
        r'name="kept" value="([^"]+)"', resident.post("/report/photos/", {"photos": photo}).content.decode()
    )
    assert token
    typed = form(sender=sender, kept=token[1])
    asked = client.post("/report/", typed, headers={"accept-language": "en"})
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "Your sign-in has ended" in page
    assert "Rubbish at the gate" in page
    assert 'name="kept"' in page
    assert cases() == []
    sent = client.post("/report/", typed | {"unsigned": "1"})
    assert sent.headers["Location"].startswith("/track/")
    assert cases()[0].reporter_id is None
    with acting_as(SYSTEM):
        assert Attachment.objects.filter(case=cases()[0]).count() == 1


def test_another_account_is_told_before_it_reports(world: World, enter) -> None:
    sender = str(world.resident("13900001111").id)
    resident = enter()
    answer = resident.post("/report/", form(sender=sender))
    assert "You are signed in as somebody else now" in answer.content.decode()
    assert f'name="sender" value="{world.resident().id}"' in answer.content.decode()
    assert cases() == []


def test_signing_out_takes_drafts_off_the_device(enter) -> None:
    assert enter().post("/sign-out/").headers["Clear-Site-Data"] == '"storage"'


# --- my case -------------------------------------------------------------------------------------------------------------


def test_the_reporter_reads_plain_words_and_the_desk_its_forms(enter, case: Case) -> None:
    reporter = enter().get(f"/case/{case.reference}/").content.decode()
    assert "What happens next" in reporter
    assert f'action="/case/{case.reference}/file/"' not in reporter
    desk = enter(Role.DESK, "5101").get(f"/case/{case.reference}/").content.decode()
    assert f'action="/case/{case.reference}/file/"' in desk


def test_not_solved_leads_to_reopening_with_the_same_words(enter, case: Case) -> None:
    case, resident = closed(case), enter()
    page = resident.get(f"/case/{case.reference}/").content.decode()
    assert "Was it solved?" in page
    rating = {"solved": "no", "stars": "1", "comment": "Still there 还在", "version": case.version}
    answer = resident.post(f"/case/{case.reference}/evaluate/", rating)
    assert answer.headers["Location"] == f"/case/{case.reference}/?reopen=1#reopen"
    page = resident.get(answer.headers["Location"]).content.decode()
    assert "What is still wrong?" in page
    assert "Still there 还在</textarea>" in page
    resident.post(f"/case/{case.reference}/reopen/", {"note": "Still there 还在"})
    assert cases()[0].state == State.FILED


def test_solved_ends_with_the_rating(enter, case: Case) -> None:
    case, resident = closed(case), enter()
    resident.post(f"/case/{case.reference}/evaluate/", {"solved": "yes", "stars": "4"})
    page = resident.get(f"/case/{case.reference}/").content.decode()
    assert "Your rating" in page
    assert "4 of 5" in page
    assert 'id="reopen"' in page


def test_mine_lists_what_i_support(world: World, enter, case: Case) -> None:
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=SYSTEM)
    neighbour = enter(phone="13900001111")
    assert case.reference not in neighbour.get("/my/").content.decode()
    neighbour.post(f"/case/{case.reference}/support/")
    assert case.reference in neighbour.get("/my/").content.decode()
    with acting_as(SYSTEM):
        Case.objects.filter(pk=case.pk).update(private=True)
    assert case.reference not in neighbour.get("/my/").content.decode()


def test_a_shared_link_shows_title_text_and_picture_and_nothing_private(world: World, client: Client) -> None:
    link = client.post("/report/", form(lon=ELSEWHERE[0], lat=ELSEWHERE[1])).headers["Location"]
    page = client.get(link, headers={"accept-language": "en"}).content.decode()
    metas = re.findall(r'<meta (?:itemprop="description"|property="og:[a-z]+") content="([^"]*)"', page)
    assert len(metas) == 5
    # The page of a case is its reporter's: the front is shared in its place.
    assert "http://testserver/home/" in metas
    assert not any("/track/" in meta for meta in metas)
    around = f"/around/?unit={world.id('W1')}"
    public = client.get(around, headers={"accept-language": "en"}).content.decode()
    assert f'property="og:url" content="http://testserver{around}"' in public
    assert not any("Rubbish" in meta for meta in metas)
