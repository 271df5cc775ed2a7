"""The audit's page shows at which link a chain was broken."""

from django.test import Client
from factories.world import World

from linli.cases import actions
from linli.cases.models import Case
from linli.foundation import audit
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.gateway import actions as gateway
from linli.gateway.models import Announcement
from linli.gateway.rules import News
from linli.web.audit import links


def test_untouched_chain_fits_link_by_link(case: Case) -> None:
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=SYSTEM)
        entries = audit.timeline(case.id)
    assert [link["fits"] for link in links(entries)] == [True, True]


def test_changed_and_missing_entries_show(case: Case) -> None:
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=SYSTEM)
        first, second = audit.timeline(case.id)
    first.note = "written afterwards"
    assert [link["fits"] for link in links([first, second])] == [False, True]
    assert [link["fits"] for link in links([second])] == [False]


def test_page_is_the_auditor_s(world: World, enter, case: Case, client: Client) -> None:
    page = enter(Role.AUDITOR, "51").get(f"/audit/?number={case.reference}")
    assert page.status_code == 200
    assert "badge good" in page.content.decode()
    assert enter(Role.DESK, "51").get("/audit/").status_code == 403
    assert client.get("/audit/").status_code == 302


def test_a_notice_shows_its_steps_and_that_its_words_were_changed(world: World, enter) -> None:
    desk = world.actor("desk", Role.DESK, "W")
    with acting_as(desk):
        row = gateway.publish(news=News("area", world.id("W"), "停水", "明天停水。"), by=desk)
        gateway.call_back(announcement_id=row.pk, by=desk)
    auditor, path = enter(Role.AUDITOR, "W"), f"/audit/?notice={row.pk}"
    assert f"?notice={row.pk}" in auditor.get("/audit/").content.decode()
    page = auditor.get(path).content.decode()
    for words in ("Announced", "Called back", "badge good"):
        assert words in page
    assert "changed after its last entry" not in page
    with acting_as(SYSTEM):
        Announcement.objects.filter(pk=row.pk).update(text="别的话")
    assert "changed after its last entry" in auditor.get(path).content.decode()
    elsewhere = enter(Role.AUDITOR, "E")
    for wrong in (path, "/audit/?notice=nonsense"):
        page = elsewhere.get(wrong).content.decode()
        assert "There is nothing here" in page
        assert "Announced" not in page
