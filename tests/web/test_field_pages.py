"""The field app's pages: each worker's own, the next step first, answers for the outbox, and nothing kept for the wrong person."""

import json
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from factories.world import HERE, World
from PIL import Image

from linli.cases import actions
from linli.cases.models import Attachment, Case, State
from linli.cases.pages.field import steps_made
from linli.cases.rules import Report
from linli.foundation import audit, tasks
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.models import Entry
from linli.foundation.tasks import Task

HTML = {"accept-language": "en"}
JSON = {"accept": "application/json", "accept-language": "en"}
NOON = datetime(2026, 3, 4, 4, tzinfo=UTC)  # 12:00 in Chengdu


def jpeg(name: str = "proof.jpg") -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (64, 48), "green").save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


@pytest.fixture
def task(case: Case) -> Case:
    """The case of rubbish, dispatched to the street's body."""
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=SYSTEM)
        actions.dispatch(cases=[case.id], by=SYSTEM)
    return again(case)


def again(case: Case) -> Case:
    with acting_as(SYSTEM):
        return Case.objects.get(pk=case.pk)


def send(worker: Client, case: Case, change: str, **fields: object):
    with_version = {"version": again(case).version, "once": str(uuid4())} | fields
    return worker.post(f"/field/task/{case.reference}/{change}/", with_version, headers=JSON)


def last(case: Case) -> Entry:
    with acting_as(SYSTEM):
        return audit.timeline(case.id)[-1]


def test_the_way_of_a_task_with_everything_on_its_timeline(enter, task: Case) -> None:
    worker = enter(Role.HANDLER, "W", "street")
    assert send(worker, task, "accept").json()["next"] == f"/field/task/{task.reference}/"
    assert send(worker, task, "set_out").status_code == 200
    assert send(worker, task, "arrive", lon=HERE[0] + 0.001, lat=HERE[1]).status_code == 200
    arrival = last(task)
    assert arrival.data == {"position": [104.003, 30.602], "metres": 96}
    page = worker.get(f"/field/task/{task.reference}/", headers=HTML).content.decode()
    assert "At the place, 100 m from it" in page
    answer = send(worker, task, "report_back", quick=["Cleared away"], done="two carts", before=jpeg(), files=jpeg())
    assert answer.json()["next"] == "/field/"
    assert last(task).note == "Cleared away two carts"
    with acting_as(SYSTEM):
        assert sorted(Attachment.objects.filter(case=task).values_list("step", flat=True)) == ["after", "before"]
    assert again(task).state == State.HANDLED


def test_whoever_refuses_the_position_has_arrived_all_the_same(enter, task: Case) -> None:
    worker = enter(Role.HANDLER, "W", "street")
    send(worker, task, "accept")
    assert send(worker, task, "arrive", lon="", lat="").status_code == 200
    assert last(task).data == {}
    assert send(worker, task, "arrive", lon="104.0", lat="").status_code == 422


def test_how_far_somebody_stood_is_told_to_staff_and_not_to_the_reporter(enter, task: Case) -> None:
    worker = enter(Role.HANDLER, "W", "street")
    send(worker, task, "accept")
    send(worker, task, "arrive", lon=HERE[0], lat=HERE[1])
    desk = enter(Role.DESK, "5101").get(f"/case/{task.reference}/", headers=HTML).content.decode()
    assert "At the place, 10 m from it" in desk
    reporter = enter().get(f"/case/{task.reference}/", headers=HTML).content.decode()
    assert "At the place" in reporter
    assert "m from it" not in reporter


def test_asking_for_help_puts_the_case_before_the_desk(enter, task: Case) -> None:
    worker = enter(Role.HANDLER, "W", "street")
    send(worker, task, "accept")
    assert send(worker, task, "ask_help").json()["code"] == "form_refused"
    assert send(worker, task, "ask_help", quick="It is dangerous here").status_code == 200
    assert again(task).priority == "urgent"
    assert last(task).note == "It is dangerous here"


def test_handing_over_is_to_a_colleague_of_the_same_body(world: World, enter, task: Case) -> None:
    worker = enter(Role.HANDLER, "W", "street")
    send(worker, task, "accept")
    stranger, colleague = world.staff_of("water"), world.staff_of("street")
    assert send(worker, task, "hand_over", to=str(stranger.id)).status_code == 422
    page = worker.get(f"/field/task/{task.reference}/", headers=HTML).content.decode()
    assert str(colleague) in page
    assert send(worker, task, "hand_over", to=str(colleague.id)).json()["next"] == "/field/"
    assert again(task).handler_id == colleague.id
    # Whoever begins anew is not on the way yet.
    with acting_as(SYSTEM):
        assert steps_made(audit.timeline(task.id)) == set()


def test_another_body_s_worker_can_do_none_of_it(enter, task: Case) -> None:
    water = enter(Role.HANDLER, "5101", "water")
    assert water.get(f"/field/task/{task.reference}/").status_code == 404
    for change in ("accept", "set_out", "arrive", "ask_help", "hand_over"):
        assert send(water, task, change, note="x", to=str(UUID(int=1))).status_code in {404, 422}
    assert again(task).state == State.DISPATCHED
    assert enter(Role.GRID_WORKER, "W1").post(f"/field/task/{task.reference}/accept/").status_code == 403


def test_a_letter_that_arrives_twice_is_answered_twice_and_done_once(enter, task: Case) -> None:
    worker = enter(Role.HANDLER, "W", "street")
    sent = {"version": task.version, "once": str(uuid4())}
    answers = [worker.post(f"/field/task/{task.reference}/accept/", sent, headers=JSON).json() for _again in range(2)]
    assert answers[0] == answers[1]
    assert again(task).version == task.version + 1


def test_a_stale_letter_is_refused_by_name(enter, task: Case) -> None:
    worker = enter(Role.HANDLER, "W", "street")
    answer = send(worker, task, "accept", version=task.version - 1)
    assert answer.status_code == 409
    assert answer.json()["code"] == "stale"
    without_script = worker.post(
        f"/field/task/{task.reference}/reject/", {"version": task.version - 1, "note": "not ours"}, headers=HTML
    )
    assert without_script.status_code == 409
    page = without_script.content.decode()
    assert "not ours" in page
    assert f'name="version" value="{task.version}"' in page


def test_everything_works_as_a_plain_form(enter, task: Case) -> None:
    worker = enter(Role.HANDLER, "W", "street")
    answer = worker.post(f"/field/task/{task.reference}/accept/", {"version": task.version}, headers=HTML, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [(f"/field/task/{task.reference}/", 302)]
    assert "Done: Accept." in page


def test_lists_take_few_statements_however_long_they_are(world: World, enter, task: Case) -> None:
    worker = enter(Role.HANDLER, "W", "street")

    def cost(path: str) -> int:
        before = connection.round_trips  # type: ignore[attr-defined]
        assert worker.get(path).status_code == 200
        return int(connection.round_trips - before)  # type: ignore[attr-defined]

    paths = ("/field/", "/field/map/", "/field/me/")
    for path in paths:
        cost(path)
    one = [cost(path) for path in paths]
    with acting_as(SYSTEM):
        ids = [
            actions.collect(
                report=Report(description=f"垃圾 {number}", lon=HERE[0], lat=HERE[1], class_code="0101"), by=SYSTEM
            ).case.id
            for number in range(12)
        ]
        actions.file(cases=ids, by=SYSTEM)
        actions.dispatch(cases=ids, by=SYSTEM)
    assert [cost(path) for path in paths] == one
    assert max(one) <= 8
    assert worker.get("/field/").content.decode().count("task-card") == 13


def test_call_and_ways_are_there_where_the_contact_may_be_seen(world: World, enter, client: Client) -> None:
    client.post("/report/", {
        "description": "垃圾堆在门口", "lon": HERE[0], "lat": HERE[1], "contact_phone": "13711112222",
        "contact_name": "王女士", "once": str(uuid4()),
    })  # fmt: skip
    with acting_as(SYSTEM):
        case = Case.objects.get()
        actions.file(cases=[case.id], by=SYSTEM, class_code="0101")
        actions.dispatch(cases=[case.id], by=SYSTEM)
    page = enter(Role.HANDLER, "W", "street").get(f"/field/task/{case.reference}/", headers=HTML).content.decode()
    assert 'href="tel:13711112222"' in page
    assert 'href="geo:30.602000,104.002000' in page
    amap = re.search(r"uri\.amap\.com/navigation\?to=([\d.]+)%2C([\d.]+)", page)
    assert amap
    # GCJ-02 lies some hundred metres from WGS84 in Chengdu.
    assert 0.001 < float(amap[1]) - HERE[0] < 0.004


def test_sections_are_by_limit_and_by_part() -> None:
    def due(hours: float | None, **more: object) -> Task:
        at = None if hours is None else NOON + timedelta(hours=hours)
        return Task("test", "t", "p", "/", "s", due=at, **more)  # type: ignore[arg-type]

    assert tasks.section_of(due(-1), NOON) == "overdue"
    assert tasks.section_of(due(11), NOON) == "today"
    assert tasks.section_of(due(13), NOON) == "later"
    assert tasks.section_of(due(None), NOON) == "later"
    assert tasks.section_of(due(-1, to_sign=True), NOON) == "to_sign"


def test_a_room_brings_its_tasks_into_the_one_inbox(enter, task: Case) -> None:
    tasks.register("test", lambda actor: [Task("test", "Visit the lift", "Q", "/elsewhere/", "open")])
    try:
        page = enter(Role.HANDLER, "W", "street").get("/field/").content.decode()
    finally:
        tasks.forget("test")
    assert "Visit the lift" in page
    assert task.reference in page


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_inbox_has_one_name_in_tab_title_and_guide(enter, language: str) -> None:
    worker = enter(Role.HANDLER, "W", "water")
    worker.post("/language/", {"language": language})
    page = worker.get("/field/").content.decode()
    title = re.search(r"<title>(.+?) ·", page)
    tab = re.search(r'<a href="/field/"[^>]*aria-current="page">.*?<span>(.+?)</span>', page)
    assert title
    assert tab
    assert title[1] == tab[1]
    assert f"<h1>{tab[1]}</h1>" in page
    assert tab[1] in worker.get("/guide/field/").content.decode()


def test_a_card_without_a_photo_gives_all_of_itself_to_its_words(enter, task: Case) -> None:
    page = enter(Role.HANDLER, "W", "street").get("/field/").content.decode()
    card = page.partition('class="task-card')[2].partition("</li>")[0]
    assert re.search(r'<a href="[^"]+"><span class="task-main">', card)
    assert "<img" not in card
    assert "<svg" not in card


def test_co_signing_is_told_apart_from_leading(world: World, enter, task: Case) -> None:
    with acting_as(SYSTEM):
        desk = world.actor("dispatcher", Role.DISPATCHER, "5101")
    with acting_as(desk):
        actions.ask_co_handler(cases=[task.id], by=desk, body_id=world.bodies["water"].id)
    water = enter(Role.HANDLER, "5101", "water")
    assert 'id="to_sign"' in water.get("/field/").content.decode()
    assert 'data-opens="sign"' in water.get(f"/field/task/{task.reference}/").content.decode()
    assert send(water, task, "sign", done="valve closed").json()["next"] == "/field/"
    assert 'id="to_sign"' not in water.get("/field/").content.decode()


# --- the verifier ----------------------------------------------------------------------------------------------------


def handled(enter, task: Case) -> Case:
    worker = enter(Role.HANDLER, "W", "street")
    send(worker, task, "accept")
    send(worker, task, "report_back", done="swept", before=jpeg(), files=jpeg())
    return again(task)


def test_the_verifier_sees_both_sides_and_passes_or_sends_back(enter, task: Case) -> None:
    case = handled(enter, task)
    verifier = enter(Role.VERIFIER, "W")
    page = verifier.get("/verify/", headers=HTML).content.decode()
    assert page.count("?small") == 2
    assert "swept" in page
    refused = verifier.post(f"/verify/{case.reference}/rework/", {"version": case.version, "note": ""}, headers=HTML)
    assert refused.status_code == 422
    back = {"version": case.version, "quick": "Only partly done", "note": "the corner"}
    assert verifier.post(f"/verify/{case.reference}/rework/", back).status_code == 302
    assert last(case).note == "Only partly done the corner"
    assert again(case).state == State.ACCEPTED
    assert verifier.post(f"/verify/{case.reference}/close/", {}).status_code == 404


def test_a_stale_verification_shows_what_was_typed(world: World, enter, task: Case) -> None:
    case = handled(enter, task)
    verifier = enter(Role.VERIFIER, "W")
    desk = world.actor("desk", Role.DESK, "5101")
    with acting_as(desk):
        actions.comment(cases=[case.id], by=desk, note="wait")
    answer = verifier.post(
        f"/verify/{case.reference}/rework/", {"version": case.version, "note": "the corner"}, headers=HTML
    )
    assert answer.status_code == 409
    assert "the corner" in answer.content.decode()


# --- installing ------------------------------------------------------------------------------------------------------


def test_the_worker_is_served_for_the_whole_site_under_a_policy_of_its_own(client: Client, db: None) -> None:
    answer = client.get("/sw.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert re.match(r'const VERSION = "[0-9a-f]{12}";\nconst FILES = \[', answer.content.decode())


def test_the_manifest_speaks_both_languages_and_its_icons_are_there(client: Client, db: None) -> None:
    english = client.get("/manifest.webmanifest", headers={"accept-language": "en"}).json()
    chinese = client.get("/manifest.webmanifest", headers={"accept-language": "zh"}).json()
    assert (english["name"], chinese["name"]) == ("Linli in the field", "邻里外勤")
    assert {icon["purpose"] for icon in english["icons"]} == {"any", "maskable"}
    for icon in english["icons"]:
        found = finders.find(icon["src"].removeprefix("/static/"))
        assert found
        with Image.open(found) as picture:
            assert f"{picture.width}x{picture.height}" == icon["sizes"]


def test_the_pulse_tells_whose_session_it_is_by_a_mark_alone(enter, client: Client, world: World) -> None:
    worker = enter(Role.HANDLER, "W", "street")
    answer = worker.get("/pulse/")
    told = json.loads(answer.content)
    assert answer.headers["Cache-Control"] == "no-store"
    assert f'name="linli-person" content="{told["person"]}"' in worker.get("/field/").content.decode()
    assert client.get("/pulse/").json()["person"] == ""
    assert told["person"] != enter(Role.HANDLER, "W", "water").get("/pulse/").json()["person"]
