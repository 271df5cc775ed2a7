"""A form is published by page: what does not compile is told at its place, what does is shown as it is asked."""

from uuid import uuid4

import pytest
from campaigns.test_control_pages import browser_of, text_of
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from factories.world import World

from linli.campaigns import forms
from linli.campaigns.models import Declaration, FormVersion
from linli.foundation.access import SYSTEM, Role, acting_as

GOOD = """survey
,type,name,label::中文 (zh),label::English (en),relevant
,select_one yes_no,gas,闻到燃气味吗,Do you smell gas,
,text,where,在哪里,Where,${gas} = 'yes'
choices
,list_name,name,label::中文 (zh),label::English (en)
,yes_no,yes,是,Yes
,yes_no,no,否,No
settings
,form_title,form_id,version,default_language
,燃气询问,gas_ask,%s,中文 (zh)
"""


def sent(
    browser: Client, world: World, text: str | bytes, address: str = "/control/forms/", once: str = ""
) -> HttpResponse:
    data = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile("form.csv", data)
    return browser.post(address, {"file": file, "unit": str(world.id("51")), "once": once or str(uuid4())})


def kept() -> list[FormVersion]:
    with acting_as(SYSTEM):
        return list(FormVersion.objects.order_by("at"))


def test_published_and_shown_in_both_languages(world: World, declared: Declaration) -> None:
    browser = browser_of(world, Role.LEADER)
    start = f"/control/{declared.pk}/screening/new/"
    assert f"/control/forms/?declaration={declared.pk}" in text_of(browser.get(start))
    made = sent(browser, world, GOOD % "1", f"/control/forms/?declaration={declared.pk}")
    assert made.status_code == 302
    page = text_of(browser.get(made["Location"]))
    for said in ("闻到燃气味吗", "Do you smell gas", "是", "Yes"):
        assert said in page
    (row,) = kept()
    assert f"{start}?form={row.pk}" in page
    assert f'<option value="{row.pk}" selected>' in text_of(browser.get(f"{start}?form={row.pk}"))


def test_another_text_is_another_version(world: World) -> None:
    browser = browser_of(world, Role.LEADER)
    assert sent(browser, world, GOOD % "1").status_code == 302
    assert sent(browser, world, GOOD % "1").status_code == 302, "the same again is the same"
    changed = (GOOD % "1").replace("在哪里", "哪个房间")
    assert sent(browser, world, changed).status_code == 409
    assert len(kept()) == 1
    made = sent(browser, world, changed.replace(",1,", ",2,"))
    assert made.status_code == 302
    page = text_of(browser.get(made["Location"]))
    first, _second = kept()
    assert f"/control/forms/{first.pk}/" in page, "the version before is still to be looked at"
    assert "哪个房间" in page


def test_another_file_under_the_same_key_is_no_repeat(world: World) -> None:
    """A page that is left open and sent again with another file is not answered with what came of the first."""
    browser, key = browser_of(world, Role.LEADER), str(uuid4())
    assert sent(browser, world, GOOD % "1", once=key).status_code == 302
    again = sent(browser, world, GOOD % "1", once=key)
    assert again.status_code == 302
    other = sent(browser, world, (GOOD % "2").replace("在哪里", "哪个房间"), once=key)
    assert other.status_code == 422, "refused, and not told as published"
    assert len(kept()) == 1


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (GOOD.replace("text,where", "texxt,where") % "1", "3"),
        (GOOD.replace("gas_ask", "gas ask") % "1", "settings"),
        (GOOD.replace("select_one yes_no", "select_one maybe") % "1", "2"),
    ],
    ids=["type", "id", "list"],
)
def test_what_does_not_compile_is_told_at_its_place(world: World, wrong: str, place: str) -> None:
    answer = sent(browser_of(world, Role.LEADER), world, wrong)
    assert answer.status_code == 422
    page = text_of(answer)
    assert 'role="alert"' in page
    assert place in page.split('role="alert"')[1].split("</strong>")[0]
    assert kept() == []


@pytest.mark.parametrize(
    "wrong",
    [b"", b"\x00\x01", b"PK\x03\x04 broken", b"x" * (2 * 1024 * 1024 + 1)],
    ids=["nothing", "noise", "zip", "large"],
)
def test_what_is_no_form_is_answered(world: World, wrong: bytes) -> None:
    assert sent(browser_of(world, Role.LEADER), world, wrong).status_code == 422
    assert kept() == []


def test_who_does_not_run_it_looks_alone(world: World) -> None:
    desk = browser_of(world, Role.DESK)
    assert "multipart/form-data" not in text_of(desk.get("/control/forms/"))
    assert sent(desk, world, GOOD % "1").status_code == 403
    assert browser_of(world, Role.LEADER).get(f"/control/forms/{uuid4()}/").status_code == 404


@pytest.mark.parametrize("name", forms.SHIPPED)
def test_the_shipped_forms_are_drawn(world: World, name: str) -> None:
    browser = browser_of(world, Role.LEADER)
    made = sent(browser, world, forms.shipped(name))
    assert made.status_code == 302
    assert text_of(browser.get(made["Location"])).count("form-phone") == 2
