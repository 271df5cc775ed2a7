"""ODK Collect as a second field app: it finds its form and its doors."""

import csv
import io
from hashlib import md5
from uuid import UUID, uuid4
from xml.etree.ElementTree import Element, fromstring

import pytest
from campaigns.conftest import Running
from campaigns.test_receiving import send, visit
from gateway.openrosa.collect import LIST, MANIFEST, XF, Phone, connected, filled, stored
from hypothesis import given
from hypothesis import strategies as st

from linli.campaigns import forms
from linli.campaigns.forms import collect
from linli.campaigns.forms.compiling import convert
from linli.campaigns.models import Outcome
from linli.foundation import clock

pytestmark = pytest.mark.django_db


def test_collect_finds_the_form_and_the_doors_of_its_team(asking: Running, phone: Phone) -> None:
    listed = phone.get("formList")
    assert listed["X-OpenRosa-Version"] == "1.0"
    assert listed["X-OpenRosa-Accept-Content-Length"].isdigit()
    assert listed["Date"].endswith("GMT")
    (form,) = fromstring(listed.content)
    told = {child.tag.removeprefix(LIST): child.text or "" for child in form}
    assert told["formID"] == "household_screening"
    assert told["name"] == "逐户排查"
    xform = phone.get(told["downloadUrl"])
    assert told["hash"] == f"md5:{md5(xform.content).hexdigest()}"
    (media,) = fromstring(phone.get(told["manifestUrl"]).content)
    file = {child.tag.removeprefix(MANIFEST): child.text or "" for child in media}
    doors = phone.get(file["downloadUrl"])
    assert file["filename"] == "doors.csv"
    assert file["hash"] == f"md5:{md5(doors.content).hexdigest()}"
    rows = list(csv.DictReader(io.StringIO(doors.content.decode())))
    assert {UUID(row["name"]) for row in rows} == {door.id for door in asking.doors_of(0)}
    assert "B1 1单元 101" in {row["label"] for row in rows}


def test_asked_for_one_form_it_lists_no_other(asking: Running, phone: Phone) -> None:
    assert len(fromstring(phone.get("formList?formID=household_screening&deviceID=x&verbose=true").content)) == 1
    assert len(fromstring(phone.get("formList?formID=another").content)) == 0


def asked_of(form: forms.Form) -> Element:
    words = {"zh": "哪一户", "en": "Which door?"}
    asked = collect.Asked(words, words, {outcome.value: words for outcome in Outcome})
    return fromstring(collect.for_collect(form, asked, Outcome.DONE))


def binds(xform: Element) -> dict[str, Element]:
    return {bind.get("nodeset", ""): bind for bind in xform.iter(f"{XF}bind")}


@pytest.mark.parametrize("name", forms.SHIPPED)
def test_the_form_for_collect_asks_two_questions_more_and_keeps_every_rule(name: str) -> None:
    form = convert(forms.shipped(name))
    before, after = binds(fromstring(form.xml)), binds(asked_of(form))
    tops = {item.path for item in form.structure.items}
    added = {"/data/visit_door", "/data/visit_outcome", "/data/meta/timeEnd"}
    assert set(after) == set(before) | tops | added
    for path, bind in before.items():
        rules = dict(bind.attrib)
        if path in tops:
            own = rules.get("relevant")
            rules["relevant"] = "/data/visit_outcome = 'done'" + (f" and ({own})" if own else "")
        assert dict(after[path].attrib) == rules
    assert all(after[path].get("relevant", "").startswith("/data/visit_outcome = 'done'") for path in tops)
    assert len(list(asked_of(form).iter(f"{XF}upload"))) == form.xml.count("<upload"), (
        "photos are asked for as the form does"
    )


def test_a_form_that_asks_for_a_visit_door_itself_keeps_it() -> None:
    sheet = "survey\n,type,name,label\n,text,visit_door,Door\nsettings\n,form_id\n,mine\n"
    form = convert(sheet.encode())
    assert {"/data/visit_door", "/data/visit_door_", "/data/visit_outcome_"} <= set(binds(asked_of(form)))


@given(st.text(max_size=200))
def test_whatever_comes_as_an_instance_is_read_or_refused(text: str) -> None:
    from linli.foundation.errors import DomainError
    from linli.gateway.openrosa.receiving import visit_of

    for xml in (text, f"<data id='linli_doors' version='1'>{text}</data>"):
        with pytest.raises(DomainError):
            visit_of(collect.ONLY_DOORS, xml.encode("utf-8", "surrogatepass"))


def test_a_screening_without_a_form_asks_for_doors_alone(running: Running) -> None:
    phone = connected(running)
    (form,) = fromstring(phone.get("formList").content)
    assert form.findtext(f"{LIST}formID") == "linli_doors"
    xml = (
        f'<data id="linli_doors" version="1"><visit_door>{running.doors_of(0)[0].id}</visit_door>'
        f"<visit_outcome>refused</visit_outcome><meta><instanceID>uuid:{uuid4()}</instanceID>"
        f"<timeEnd>{clock.now().isoformat()}</timeEnd></meta></data>"
    )
    assert phone.send(xml.encode()) == 201
    assert [row.outcome for row in stored(running)] == ["refused"]


def test_a_household_that_no_list_had_is_among_the_doors_of_collect(asking: Running, phone: Phone) -> None:
    building, found = asking.doors_of(0)[0].building_id, uuid4()
    send(asking, [visit(found, "nobody_home", found_in=building, found_label="楼梯后面")])
    rows = csv.DictReader(io.StringIO(phone.get("forms/household_screening/media/doors.csv").content.decode()))
    assert {row["name"]: row["label"] for row in rows}[str(found)].endswith("楼梯后面")
    assert phone.send(filled(asking, found)) == 201
    assert [row.aside for row in stored(asking)] == ["", ""]
