"""Classes one by one in the console: another name, other words, out of use and back, a new one; who would lead it is told first."""

from uuid import uuid4

import pytest
from django.test import Client
from factories.browsing import unmarked
from factories.confirming import confirm
from hypothesis import given
from hypothesis import strategies as st

from linli.duties import queries
from linli.duties.actions import classes
from linli.duties.models import CaseClass, ClassVersion
from linli.foundation.access import SYSTEM, Role
from linli.foundation.errors import DomainError
from tests.duties.conftest import CITY, SUBDISTRICT, admin_of, import_duties, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(client: Client) -> None:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"


def text(response) -> str:
    return unmarked(response.content.decode())


def words_of(code: str, **changed: str) -> dict[str, str]:
    cells = classes.cells_of(queries.case_class(code))
    sent = {name: cells[name] for name in classes.CHANGING} | {"active": "on", "reason": "名录修订"} | changed
    return {name: value for name, value in sent.items() if name != "active" or value}


def new_class(**changed: str) -> dict[str, str]:
    return {
        "parent": "E01", "code": "E0103", "kind": "component", "name": "占道经营", "name_en": "Street vending", "limit": "4",
        "limit_kind": "working_hour", "response": "1", "response_kind": "working_hour", "proof": "on", "keywords": "摆摊；占道",
        "keywords_en": "vendor", "emergency_number": "", "reason": "市局目录",
    } | changed  # fmt: skip


def test_a_class_gets_another_name_and_words_after_what_follows_was_shown(client, small):
    signed_in(client, Role.ADMIN, small[CITY].id)
    address = "/duties/classes/E0101/change/"
    change = words_of("E0101", name="垃圾暴露", name_en="Waste in the open", keywords="垃圾; 清运；堆积")
    page = text(client.post(address, change))
    assert "0 open cases bear it" in page
    assert "shows the new name" in page
    assert "The new words suggest it" in page
    assert queries.case_class("E0101").name == "暴露垃圾", "it is shown first"
    done = text(confirm(client, address, change, follow=True))
    assert "Chinese name: 暴露垃圾 → 垃圾暴露" in done
    assert "名录修订" in done
    info = queries.case_class("E0101")
    assert (info.name, info.name_en, info.keywords) == ("垃圾暴露", "Waste in the open", ("垃圾", "清运", "堆积"))
    assert ClassVersion.objects.filter(case_class=info.id).count() == 1, "its limits stay"
    assert "This is what already holds" in text(client.post(address, words_of("E0101")))


def test_a_class_out_of_use_is_chosen_no_more_and_can_come_back(client, small):
    import_duties(small, "1,第1条,E01,510108004,office,lead", "2,第2条,C01,510108004,bureau,lead")
    signed_in(client, Role.ADMIN, small[CITY].id)
    address = "/duties/classes/E0102/change/"
    page = text(client.post(address, words_of("E0102", active="")))
    assert "No report and no case can be given it any more" in page
    assert confirm(client, address, words_of("E0102", active="")).status_code == 302
    with pytest.raises(DomainError):
        queries.class_in_use("E0102")
    assert "<dt>In use</dt><dd>no</dd>" in text(client.get("/duties/classes/E0102/"))
    back = text(client.post(address, words_of("E0102")))
    assert "office is responsible for it in 8 units" in back
    assert "Nobody is responsible for it in 1 unit: 培华路社区" in back
    assert confirm(client, address, words_of("E0102")).status_code == 302
    assert queries.class_in_use("E0102").active
    whole = text(client.post("/duties/classes/E01/change/", words_of("E01", active="")))
    assert "2 classes below it stay in use" in whole


def test_a_new_class_says_who_would_lead_it_and_where_nobody_does(client, small):
    import_duties(
        small, "1,第1条,E01,510108004,office,lead", "2,第2条,C01,510108004,bureau,lead",
        "3,第3条,E01,510108004003,committee,lead",
    )  # fmt: skip
    signed_in(client, Role.ADMIN, small[CITY].id)
    assert "Nothing: it is a major class" in text(client.get("/duties/new-class/"))
    page = text(client.post("/duties/new-class/", new_class()))
    assert "office is responsible for it in 7 units" in page
    assert "committee is responsible for it in 1 unit." in page
    assert "Nobody is responsible for it in 1 unit: 培华路社区" in page
    assert not CaseClass.objects.filter(code="E0103").exists(), "it is shown first"
    once = {"once": str(uuid4())}
    assert confirm(client, "/duties/new-class/", new_class() | once).status_code == 302
    info = queries.class_in_use("E0103")
    assert (info.kind, info.keywords, info.limit.amount) == ("event", ("摆摊", "占道"), 4), (
        "the kind is that of the class above"
    )
    page = text(client.get("/duties/classes/E0103/"))
    assert "市局目录" in page
    assert (
        confirm(client, "/duties/new-class/", new_class(code="E02", parent="", limit="", response="")).status_code
        == 302
    )
    assert not queries.case_class("E02").is_minor


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"code": "E0101"}, "there is a class with this code already"),
        ({"code": "X0103"}, "begins with it, such as E0101"),
        ({"code": "E01"}, "cannot become a minor class"),
        ({"code": "E01 03"}, "may only have letters"),
        ({"code": ""}, "required"),
        ({"limit": "0"}, "is not a number above 0"),
        ({"limit": ""}, "is not a number above 0"),
        ({"response": "1e9"}, "is not a number above 0"),
        ({"parent": "E0999"}, "Select a valid choice"),
        ({"name": "a\x00b"}, ""),
        ({"keywords": "长" * 41}, "more than 40 characters"),
        ({"emergency_number": "911"}, "Select a valid choice"),
        ({"reason": ""}, "required"),
    ],
)
def test_a_class_that_cannot_be_is_told_with_its_reason(client, small, changed, told):
    signed_in(client, Role.ADMIN, small[CITY].id)
    before = CaseClass.objects.count()
    answer = client.post("/duties/new-class/", new_class(**changed))
    assert answer.status_code in {200, 422}
    assert told in text(answer)
    assert 'name="sure"' not in text(answer)
    assert CaseClass.objects.count() == before


@pytest.mark.parametrize(
    ("role", "unit"), [(Role.ADMIN, SUBDISTRICT), (Role.DESK, CITY), (Role.LEADER, CITY), (None, CITY)]
)
def test_only_the_city_s_administrators_change_the_catalogue(client, small, role, unit):
    if role:
        signed_in(client, role, small[unit].id)
    before = list(CaseClass.objects.values_list("name", "active"))
    assert client.post("/duties/classes/E0101/change/", words_of("E0101", name="x")).status_code == 403
    assert client.get("/duties/new-class/").status_code == 403
    assert client.post("/duties/new-class/", new_class()).status_code == 403
    page = text(client.get("/duties/classes/E0101/"))
    assert "Change name, words and use" not in page
    assert list(CaseClass.objects.values_list("name", "active")) == before
    with pytest.raises(DomainError):
        classes.add_class(cells=new_class(), by=admin_of(small[SUBDISTRICT].id), reason="x")


def test_what_is_sent_beside_the_fields_changes_nothing_else(client, small):
    """Code, parent and limits are not of this form, whatever is sent."""
    signed_in(client, Role.ADMIN, small[CITY].id)
    smuggled = words_of("E0101", name="新名") | {"code": "C0101", "parent": "C01", "limit": "9999", "kind": "component"}
    assert confirm(client, "/duties/classes/E0101/change/", smuggled).status_code == 302
    info = queries.case_class("E0101")
    assert (info.code, info.kind, info.limit.amount) == ("E0101", "event", 4)
    assert queries.case_class("C0101").name == "燃气井盖"


_word = st.text(alphabet="灯井路垃圾abc ", min_size=1, max_size=40).map(str.strip).filter(bool)


@given(st.lists(_word, max_size=6))
def test_words_are_read_back_as_they_are_written(words):
    from linli.duties.tables import Reader
    from linli.foundation.tabular import ImportProblems, Row

    reader = Reader(Row(0, {"keywords": "；".join(words), "keywords_en": "; ".join(words)}), ImportProblems())
    assert reader.words("keywords") == words == reader.words("keywords_en")


def test_the_second_of_two_same_changes_finds_nothing_to_change(small):
    info = queries.case_class("E0101")
    cells = classes.cells_of(info) | {"name": "新名"}
    classes.change_class(case_class=info.id, cells=cells, by=SYSTEM, reason="一")
    with pytest.raises(DomainError):
        classes.change_class(case_class=info.id, cells=cells, by=SYSTEM, reason="二")
