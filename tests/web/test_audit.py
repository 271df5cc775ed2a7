"""The audit's page shows at which link a chain was broken."""

from django.test import Client
from factories.world import World

from linli.cases import actions
from linli.cases.models import Case
from linli.foundation import audit
from linli.foundation.access import SYSTEM, Role, acting_as
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
