"""To ask about health is a power of its own: a screening with such a form needs it from its declaration, and is logged under it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from campaigns.conftest import told
from campaigns.test_control_pages import browser_of, text_of
from campaigns.test_forms_pages import GOOD, kept
from django.core.files.uploadedfile import SimpleUploadedFile
from factories.world import World

from linli.campaigns import actions, errors, forms, queries
from linli.campaigns.forms.form import HEALTH
from linli.campaigns.models import Campaign, Declaration, FormVersion, Power, PowerUse
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as

BOTH = [Power.VISIT_HOUSEHOLDS, Power.ASK_HEALTH]


def declared_with(world: World, leader: Actor, powers: list[Power]) -> Declaration:
    with acting_as(leader):
        return actions.declare(told=told(world, powers=powers), by=leader)


def published(world: World, leader: Actor, data: bytes, *, asks_health: bool = False) -> FormVersion:
    with acting_as(leader):
        return actions.publish_form(data=data, unit=world.id("51"), by=leader, asks_health=asks_health)


def begin(world: World, leader: Actor, declared: Declaration, form: UUID) -> Campaign:
    due_at = clock.now() + timedelta(days=3)
    with acting_as(leader):
        return actions.start(
            declaration=declared.pk, unit=world.id("51"), name="逐户排查", due_at=due_at, by=leader, form=form
        )


def used() -> list[tuple[str, str]]:
    with acting_as(SYSTEM):
        return list(PowerUse.objects.order_by("at", "pk").values_list("power", "subject"))


@pytest.mark.parametrize("name", forms.SHIPPED)
def test_a_shipped_form_needs_the_power_and_is_logged_under_it(world: World, leader: Actor, name: str) -> None:
    form = published(world, leader, forms.shipped(name))
    assert form.asks_health
    with pytest.raises(errors.PowerNotGiven):
        begin(world, leader, declared_with(world, leader, [Power.VISIT_HOUSEHOLDS]), form.pk)
    with acting_as(SYSTEM):
        assert not Campaign.objects.exists()
    assert used() == [], "what is refused is no use"
    begin(world, leader, declared_with(world, leader, BOTH), form.pk)
    assert used() == [(power, "逐户排查") for power in BOTH]


def test_a_form_that_asks_nothing_of_it_needs_no_such_power(world: World, leader: Actor) -> None:
    form = published(world, leader, (GOOD % "1").encode())
    assert not form.asks_health
    begin(world, leader, declared_with(world, leader, [Power.VISIT_HOUSEHOLDS]), form.pk)
    assert used() == [(Power.VISIT_HOUSEHOLDS, "逐户排查")]


def test_a_citys_own_form_is_known_by_its_names_or_by_the_mark(world: World, leader: Actor) -> None:
    by_name = (GOOD % "1").replace(",text,where,", ",text,temperature,").replace("gas_ask", "own_temperature")
    assert published(world, leader, by_name.encode()).asks_health
    plain = (GOOD % "1").encode()
    assert not published(world, leader, plain).asks_health
    assert published(world, leader, plain, asks_health=True).asks_health, "the mark that was forgotten"
    assert published(world, leader, plain).asks_health, "what was marked stays so"
    with acting_as(SYSTEM):
        assert FormVersion.objects.count() == 2


def test_every_name_is_of_a_question_in_a_shipped_form() -> None:
    asked = {i.name for name in forms.SHIPPED for i in forms.compile_xlsform(forms.shipped(name)).structure.walk()}
    assert asked >= HEALTH


def test_it_is_ticked_when_published_and_refused_with_the_reason(world: World, leader: Actor) -> None:
    declared = declared_with(world, leader, [Power.VISIT_HOUSEHOLDS])
    browser = browser_of(world, Role.LEADER)
    file = SimpleUploadedFile("form.csv", (GOOD % "1").encode())
    sent = {"file": file, "unit": str(world.id("51")), "asks_health": "on", "once": str(uuid4())}
    made = browser.post("/control/forms/", sent)
    assert made.status_code == 302
    assert "本表单询问健康状况" in text_of(browser.get(made["Location"]))
    (form,) = kept()
    address = f"/control/{declared.pk}/screening/new/"
    assert "燃气询问 · 1 · 询问健康状况" in text_of(browser.get(address))
    due = (clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    begun = {
        "name": "逐户排查", "unit": str(world.id("51")), "due_at": due, "form": str(form.pk), "most_attempts": "3", "door_minutes": "4",
        "once": str(uuid4()),
    }  # fmt: skip
    answer = browser.post(address, begun)
    assert answer.status_code == 409
    assert "未授予此项权力（询问健康状况）" in text_of(answer)
    with acting_as(SYSTEM):
        Declaration.objects.update(powers=BOTH)
    assert browser.post(address, begun | {"once": str(uuid4())}).status_code == 302
    with acting_as(leader):
        assert Power.ASK_HEALTH in {one.power for one in queries.uses(leader, declared)}
