"""What owners' systems send, what the register is loaded from, and the pages."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import translation
from factories.devices import device, says
from factories.world import ELSEWHERE, HERE, START_AT, World

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.people.models import Person, Post
from linli.sensors import actions, commands, queries
from linli.sensors.models import Alert, Device, OwnerToken, Reading

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/sensors/readings"
HEAD = "code,kind,name,lon,lat,owner,silent_minutes,low,high\n"


@pytest.fixture
def token(world: World) -> str:
    with acting_as(SYSTEM):
        device(world)
    return actions.new_token(owner=world.bodies["street"].id, by=SYSTEM)


def send(token: str, readings: Any, status: int = 200) -> Any:
    client = Client(headers={"X-Sensor-Token": token, "accept-language": "en"})
    answer = client.post(ADDRESS, json.dumps({"readings": readings}), "application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def reading(value: object = 40, **other: object) -> dict[str, object]:
    return {"device": "water-1", "at": clock.now().isoformat(), "value": value} | other


def browser_of(world: World, role: Role, unit: str) -> Client:
    actor: Actor = world.actor(f"{role}-{unit}", role, unit)
    browser = Client(headers={"accept-language": "en"})
    with acting_as(SYSTEM):
        Post.objects.create(person_id=actor.id, role=role, unit=world.units[unit], valid_from=START_AT)
        browser.force_login(Person.objects.get(pk=actor.id))
    return browser


# --- the API ---------------------------------------------------------------------------------------------------------


def test_a_batch_is_kept_but_for_what_is_wrong(token: str) -> None:
    wrong = [
        None, 7, "x", [], {}, reading("x"), reading(None), reading(True), reading(at="yesterday"), reading(at="2026-11-26T10:00:00"),
        reading(device=""), reading(device="x" * 41), reading(device="nowhere"), reading(at="1999-01-01T00:00:00Z"),
        reading(at="9999-12-31T23:59:59-14:00"),
    ]  # fmt: skip
    told = send(token, [*wrong, reading()])
    assert told["kept"] == 1
    assert [one["index"] for one in told["refused"]] == list(range(15))
    assert all(one["code"] and one["message"] for one in told["refused"])


def test_the_same_again_is_answered_as_repeated(token: str) -> None:
    sent = [reading(40)]
    assert (send(token, sent)["kept"], send(token, sent)["repeated"]) == (1, 1)


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"readings": []}', '{"readings": 7}', '{"readings": [NaN]}', "no json"]
)
def test_what_is_no_batch(token: str, body: str) -> None:
    client = Client(headers={"X-Sensor-Token": token})
    assert client.post(ADDRESS, body, "application/json").status_code in {400, 422}


def test_a_batch_has_its_most(token: str) -> None:
    send(token, [reading()] * 1001, status=422)
    assert send(token, [reading()] * 1000)["repeated"] > 900


@pytest.mark.parametrize("token", ["", "x", "lls_", "lls_" + "a" * 32, "lls_" + "a" * 90])
def test_who_is_not_known_delivers_nothing(world: World, token: str) -> None:
    send(token, [reading()], status=401)


def test_a_token_is_for_the_devices_of_its_owner_until_it_is_revoked(world: World, token: str) -> None:
    other = actions.new_token(owner=world.bodies["east"].id, by=SYSTEM)
    assert [one["code"] for one in send(other, [reading()])["refused"]] == ["unknown_device"]
    assert actions.revoke(prefix=other[:10], by=SYSTEM) == 1
    send(other, [reading()], status=401)
    with acting_as(SYSTEM):
        assert token.encode() not in bytes(OwnerToken.objects.first().token_hash)  # type: ignore[union-attr]
        assert Reading.objects.count() == 0


def test_a_token_opens_nothing_else(token: str) -> None:
    for path in ("/api/v1/sensors/alerts", "/api/v1/cases", "/api/v1/gateway/keys"):
        assert Client(headers={"X-Sensor-Token": token}).get(path).status_code in {401, 403, 404}


def test_the_window_and_the_alerts_are_scoped(world: World, token: str) -> None:
    with acting_as(SYSTEM):
        says(world, 60, 61)
        gauge = Device.objects.get().pk
    asked = {"unit": world.id("W"), "west": 104, "south": 30.6, "east": 104.04, "north": 30.64, "zoom": 14}
    west, east = browser_of(world, Role.DESK, "W"), browser_of(world, Role.DESK, "E")
    [point] = west.get("/api/v1/sensors/map/window", asked).json()["features"]
    assert point["properties"] == {
        "name": "沟渠水位", "href": f"/sensors/{gauge}/",
        "lines": "Water level · 61 cm · Above its limit", "tone": "bad", "mark": "Wa",
    }  # fmt: skip
    assert east.get("/api/v1/sensors/map/window", asked).status_code == 404
    assert [one["device"] for one in west.get("/api/v1/sensors/alerts").json()] == ["water-1"]
    assert east.get("/api/v1/sensors/alerts").json() == []
    assert Client().get("/api/v1/sensors/map/window", asked).status_code == 401
    for wrong in ({"west": 105}, {"north": 99}, {"unit": "x"}):
        assert west.get("/api/v1/sensors/map/window", {**asked, **wrong}).status_code == 422


# --- the register ----------------------------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[int, str, str]:
    with translation.override("en"):
        done = CliRunner().invoke(commands.sensors, arguments)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def test_a_register_is_loaded_and_loaded_again(world: World, tmp_path: Path) -> None:
    file = tmp_path / "devices.csv"
    row = f"gas-1,gas,燃气探头,{HERE[0]},{HERE[1]},street,60,,20\n"
    file.write_text(HEAD + row + f"noise-1,noise,噪声,{ELSEWHERE[0]},{ELSEWHERE[1]},east,1440,,\n")
    assert run("load", str(file))[1] == "opened: 2, changed: 0, unchanged: 0\n"
    assert run("load", str(file))[1] == "opened: 0, changed: 0, unchanged: 2\n"
    file.write_text(HEAD + row.replace(",20", ",25"))
    assert run("load", str(file))[1] == "opened: 0, changed: 1, unchanged: 0\n"
    with acting_as(SYSTEM):
        assert Device.objects.filter(closed_at=None).count() == 2, "what a file does not name stays"
        assert Device.objects.get(code="gas-1").unit_id == world.id("Q")
    made = run("token", "--owner", "street")[1].splitlines()[0]
    assert queries.owner_of(made).body_id == world.bodies["street"].id
    assert run("revoke", made[:10])[1] == "revoked: 1\n"
    assert run("close", "gas-1")[1] == "closed: gas-1\n"


def test_every_problem_of_a_register_is_told(world: World, tmp_path: Path) -> None:
    at = f"{HERE[0]},{HERE[1]}"
    rows = [
        f"a,gas,好,{at},street,60,,", f"a,gas,好,{at},street,60,,", f"b c,gas,好,{at},street,60,,", f"d,wind,好,{at},street,60,,",
        f"e,gas,,{at},street,60,,", "f,gas,好,0,0,street,60,,", f"g,gas,好,{at},nobody,60,,", f"h,gas,好,{at},street,0,,",
        f"i,gas,好,{at},street,{'9' * 30},,", f"j,gas,好,{at},street,60,5,5", f"k,gas,好,{at},street,60,x,inf",
        f"l,gas,好,{HERE[1]},{HERE[0]},street,60,,",
    ]  # fmt: skip
    file = tmp_path / "devices.csv"
    file.write_text(HEAD + "\n".join(rows) + "\n")
    code, out, told = run("load", str(file))
    assert (code, out) == (1, "")
    named = [line.split(":")[0].split(", ")[0] for line in told.splitlines() if line.startswith("Row")]
    assert list(dict.fromkeys(named)) == [f"Row {number}" for number in range(3, 14)]
    with acting_as(SYSTEM):
        assert not Device.objects.exists()


# --- the pages -------------------------------------------------------------------------------------------------------


def test_the_desk_reads_and_answers(world: World, token: str) -> None:
    with acting_as(SYSTEM):
        says(world, 60, 61)
        alert = Alert.objects.get()
    desk, auditor, east = (
        browser_of(world, role, unit) for role, unit in ((Role.DESK, "W"), (Role.AUDITOR, "W"), (Role.DESK, "E"))
    )
    page = f"/sensors/{alert.device_id}/"
    assert page in desk.get("/sensors/", {"state": "alert"}).content.decode()
    assert page not in east.get("/sensors/").content.decode()
    assert east.get(page).status_code == 404
    assert "<form" not in auditor.get(page).content.decode().split('id="alerts"')[1]
    address = f"/sensors/alerts/{alert.pk}"
    assert desk.get(f"{address}/dismissed/").status_code == 405
    assert east.post(f"{address}/dismissed/", {"reason": "x"}).status_code == 404
    assert auditor.post(f"{address}/dismissed/", {"reason": "x"}).status_code == 403
    assert desk.post(f"{address}/nonsense/").status_code == 404
    answer = desk.post(f"{address}/dismissed/", {"reason": ""}, follow=True)
    assert "Say why it is dismissed." in answer.content.decode()
    assert desk.post(f"{address}/case/", {"reason": "请查看"}).status_code == 302
    shown = desk.get(page).content.decode()
    assert "/case/" in shown.split('id="alerts"')[1]
    assert "请查看" in shown
    for query in ({"before": "x"}, {"unit": "x"}, {"unit": "00000000-0000-0000-0000-000000000000"}, {"state": "'"}):
        assert desk.get("/sensors/", query).status_code == 200
    assert Client().get("/sensors/").status_code == 302
