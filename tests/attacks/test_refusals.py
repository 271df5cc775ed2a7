"""Bad input gets an answer that says what to do, in the reader's language, and leaves nothing lost or half done."""

import json
import re
import struct
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from factories.world import HERE, World
from PIL import Image

from linli.cases.models import Case
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.ids import uuid7
from linli.foundation.models import Entry, IdempotencyKey, OutboxEvent, StoredFile
from linli.people import events, rules
from linli.people.models import Person, Post

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("language", ["zh-hans", "en"])]

SAID = {
    "too large": {"zh-hans": "文件超过 20 MB。请发送较小的文件", "en": "larger than 20 MB. Please send a smaller one"},
    "no photo": {"zh-hans": "照片可为 JPEG、PNG、WebP 或 HEIC", "en": "Photos may be JPEG, PNG, WebP or HEIC"},
    "damaged": {"zh-hans": "请在设备上打开并重新保存", "en": "Please open it on your device, save it again"},
    "wrong code": {
        "zh-hans": "请查看最新一条短信，或重新获取验证码",
        "en": "Check the newest message, or ask for a new code",
    },
    "dead code": {
        "zh-hans": "尝试次数过多，已作废。请重新获取",
        "en": "tried too often and no longer works. Ask for a new one",
    },
    "key reused": {"zh-hans": "新的请求请使用新的键", "en": "Use a new key for a new request"},
    "not allowed": {"zh-hans": "请联系有相应岗位的同事或管理员", "en": "Ask a colleague who holds the right post"},
    "not found": {"zh-hans": "请核对编号或链接", "en": "Check the number or the link"},
}
PHONE = "13800001234"


def photo() -> bytes:
    out = BytesIO()
    Image.new("RGB", (64, 64), "red").save(out, "JPEG")
    return out.getvalue()


def with_metadata_in_pieces(pieces: int) -> bytes:
    piece = b"Exif\x00\x00" + bytes(50)
    plain = photo()
    return plain[:2] + (b"\xff\xe1" + struct.pack(">H", len(piece) + 2) + piece) * pieces + plain[2:]


BAD_PHOTOS: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "50 MB": (lambda: photo() + bytes(50 * 1024 * 1024), 413, "too large"),
    "an .exe named .jpg": (lambda: b"MZ\x90\x00" + bytes(2000), 415, "no photo"),
    "an .exe behind a photo's first bytes": (lambda: photo()[:40] + b"MZ\x90\x00" * 500, 422, "damaged"),
    "an EXIF bomb": (lambda: with_metadata_in_pieces(30_000), 422, "damaged"),
}


@pytest.mark.parametrize("bad", BAD_PHOTOS.values(), ids=BAD_PHOTOS.keys())
def test_bad_photo_is_explained_and_the_good_ones_stay(
    bad: tuple[Callable[[], bytes], int, str], language: str, world: World
) -> None:
    content, _status, said = bad
    client = Client(headers={"accept-language": language})
    first = client.post("/report/photos/", {"photos": SimpleUploadedFile("a.jpg", photo())}).content.decode()
    token = re.search(r'name="kept" value="([^"]+)"', first)
    assert token
    sent = [SimpleUploadedFile("b.jpg", photo()), SimpleUploadedFile("c.jpg", content(), "image/jpeg")]
    answer = unescape(client.post("/report/photos/", {"kept": token[1], "photos": sent}).content.decode())
    assert SAID[said][language] in answer
    assert answer.count('name="kept"') == 1, "what arrived before is still there"
    with acting_as(SYSTEM):
        assert StoredFile.objects.count() == 1, "of what was chosen together all is kept or none"


@pytest.mark.parametrize("bad", BAD_PHOTOS.values(), ids=BAD_PHOTOS.keys())
def test_bad_photo_is_a_problem_in_the_api(
    bad: tuple[Callable[[], bytes], int, str], language: str, world: World, enter: Callable[..., Client]
) -> None:
    content, status, said = bad
    sent = {"file": SimpleUploadedFile("c.jpg", content(), "image/jpeg")}
    answer = enter(world.resident()).post("/api/v1/cases/files", sent, headers={"accept-language": language})
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert SAID[said][language] in answer.json()["title"]
    with acting_as(SYSTEM):
        assert not StoredFile.objects.exists()


def asked_for_a_code(client: Client) -> str:
    assert client.post("/sign-in/?next=/report/", {"phone": PHONE}).status_code == 302
    with acting_as(SYSTEM):
        payload = OutboxEvent.objects.filter(name=events.CODE_REQUESTED).latest("position").payload
    return events.opened(payload)[1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_expired_code_opens_nothing_and_a_new_one_leads_on(language: str, world: World) -> None:
    client = Client(headers={"accept-language": language})
    code = asked_for_a_code(client)
    with clock.at(clock.now() + rules.CODE_LIFETIME + timedelta(seconds=1)):
        answer = client.post("/sign-in/code/", {"code": code})
        page = unescape(answer.content.decode())
        assert (answer.status_code, SAID["wrong code"][language] in page) == (422, True)
        with acting_as(SYSTEM):
            assert not Person.objects.filter(username=None).exists(), "no account is made by it"
        again = re.search(r'href="(/sign-in/\?next=[^"]*)"', page)
        assert again, "the way to a new code still knows where to go afterwards"
        client.post(unescape(again[1]), {"phone": PHONE})
        with acting_as(SYSTEM):
            payload = OutboxEvent.objects.filter(name=events.CODE_REQUESTED).latest("position").payload
        assert client.post("/sign-in/code/", {"code": events.opened(payload)[1]}).headers["Location"] == "/report/"


def test_guessed_code_dies_and_a_new_one_opens(language: str, world: World) -> None:
    client = Client(headers={"accept-language": language})
    code = asked_for_a_code(client)
    for _try in range(rules.CODE_TRIES):
        answer = client.post("/sign-in/code/", {"code": wrong(code)})
        assert (answer.status_code, SAID["wrong code"][language] in unescape(answer.content.decode())) == (422, True)
    answer = client.post("/sign-in/code/", {"code": code})
    assert (answer.status_code, SAID["dead code"][language] in unescape(answer.content.decode())) == (429, True)
    assert client.get("/me/").status_code == 302
    with acting_as(SYSTEM):
        assert not Person.objects.filter(username=None).exists()
    assert client.post("/sign-in/code/", {"code": asked_for_a_code(client)}).status_code == 302


def test_key_with_another_body_changes_nothing(language: str, world: World) -> None:
    client = Client(headers={"accept-language": language})
    report = {"description": "垃圾堆放在门口", "lon": HERE[0], "lat": HERE[1], "class_code": "0101"}

    def send(**changes: Any) -> Any:
        body = json.dumps(report | changes)
        return client.post("/api/v1/cases", body, "application/json", headers={"Idempotency-Key": "k"})

    first = send().json()
    answer = send(description="路灯不亮")
    assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")
    assert SAID["key reused"][language] in answer.json()["title"]
    with acting_as(SYSTEM):
        assert [case.id.hex for case in Case.objects.all()] == [first["id"].replace("-", "")]
        assert IdempotencyKey.objects.count() == 1
    assert send().json()["id"] == first["id"], "the first one is still answered"


def test_role_that_may_not_is_told_whom_to_ask(
    language: str, world: World, post: Callable[..., Actor], enter: Callable[..., Client]
) -> None:
    clerk, colleague = post(Role.DESK, "W"), post(Role.VERIFIER, "W")
    with acting_as(SYSTEM):
        held = Post.objects.get(person_id=colleague.id)
        before = Entry.objects.count(), OutboxEvent.objects.count()
    client = enter(clerk)
    page = client.post(f"/people/posts/{held.id}/end/", {}, headers={"accept-language": language})
    given = {"person": str(colleague.id), "role": "admin", "unit": str(held.unit_id)}
    problem = client.post(
        "/api/v1/people/posts", json.dumps(given), "application/json", headers={"accept-language": language}
    )
    assert (page.status_code, problem.status_code) == (403, 403)
    assert SAID["not allowed"][language] in unescape(page.content.decode())
    assert SAID["not allowed"][language] in problem.json()["title"]
    with acting_as(SYSTEM):
        held.refresh_from_db()
        assert held.valid_to is None
        assert Post.objects.filter(person_id=colleague.id).count() == 1
        assert (Entry.objects.count(), OutboxEvent.objects.count()) == before


def test_guessed_id_of_another_unit_is_answered_like_one_that_is_not_there(
    language: str, world: World, post: Callable[..., Actor], enter: Callable[..., Client], tell: Callable[..., Case]
) -> None:
    case = tell(private=True)
    with acting_as(SYSTEM):
        elsewhere = Post.objects.get(person_id=post(Role.DESK, "W").id)
    client = enter(post(Role.DESK, "E"))
    for pattern, real in (
        ("/api/v1/cases/{}", case.id),
        ("/api/v1/people/posts/{}", elsewhere.id),
        ("/people/posts/{}/", elsewhere.id),
    ):
        answers = []
        for guessed in (real, uuid7()):
            answer = client.get(pattern.format(guessed), headers={"accept-language": language})
            assert answer.status_code == 404
            assert SAID["not found"][language] in json.dumps(
                answer.json() if "json" in answer.headers["Content-Type"] else unescape(answer.content.decode()),
                ensure_ascii=False,
            )
            text = answer.content.decode().replace(str(guessed), "")
            # The anti-forgery token is another on each page.
            answers.append(re.sub(r"\b[A-Za-z0-9]{64}\b", "", text))
        assert answers[0] == answers[1], pattern
