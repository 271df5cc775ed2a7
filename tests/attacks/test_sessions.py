"""Signed in, signed out, on a shared desk, from another site."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from factories.world import HERE, World
from PIL import Image

from linli.cases.models import Attachment, Case
from linli.cases.rules import secret_of
from linli.foundation import clock, live
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, Role, acting_as
from linli.people import queries as people
from linli.people.models import Post

pytestmark = pytest.mark.django_db
REPORT = json.dumps({"description": "垃圾", "lon": HERE[0], "lat": HERE[1]})


def test_another_site_can_write_nothing_with_the_cookie(
    world: World, post: Callable[..., Actor], enter: Callable[..., Client], tell: Callable[..., Case]
) -> None:
    case = tell()
    browser = enter(post(Role.DESK, "W"), csrf=True)
    for extra in ({}, {"Authorization": "Basic eDp5"}, {"Origin": "https://evil.example"}):
        assert browser.post("/api/v1/cases", REPORT, "application/json", headers=extra).status_code == 403
        for path in (
            f"/case/{case.reference}/comment/",
            "/desk/bulk/",
            "/report/",
            "/report/photos/",
            "/sign-out/",
            "/language/",
        ):
            assert browser.post(path, {"note": "x"}, headers=extra).status_code == 403, path
    # A form of another site can send no JSON: it is not taken for it.
    assert browser.post("/api/v1/cases", REPORT, "text/plain").status_code in {403, 415}


def test_copied_session_of_staff_ends_with_the_shift(
    world: World, enter: Callable[..., Client], post: Callable[..., Actor]
) -> None:
    browser = enter(post(Role.DESK, "W"))
    session = browser.session
    session[people.SESSION_ENDS] = (clock.now() + timedelta(hours=1)).timestamp()
    session.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    assert browser.get("/desk/").status_code == 200
    with clock.at(clock.now() + timedelta(hours=2)):
        assert browser.get("/desk/").status_code == 302
        assert browser.get("/api/v1/cases").status_code == 401


def test_post_that_has_ended_opens_nothing_more(
    world: World, enter: Callable[..., Client], post: Callable[..., Actor]
) -> None:
    browser = enter(post(Role.DESK, "W"))
    assert browser.get("/desk/").status_code == 200
    with acting_as(SYSTEM):
        Post.objects.update(valid_to=clock.now())
    assert browser.get("/desk/").status_code == 403
    assert browser.get("/api/v1/cases").json()["cases"] == []


def test_nothing_personal_stays_in_a_browser(
    world: World, enter: Callable[..., Client], tell: Callable[..., Case]
) -> None:
    link = tell(ANONYMOUS)
    for client, path in (
        (enter(world.resident()), "/my/"),
        (enter(world.resident()), "/api/v1/cases/mine"),
        (Client(), f"/track/{link.reference}/{secret_of(link.id)}/"),
        (Client(), f"/rate/{link.reference}/{secret_of(link.id)}/"),
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "no-store" in answer.headers["Cache-Control"], path
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_photo_is_asked_for_again_each_time(
    world: World, enter: Callable[..., Client], tell: Callable[..., Case]
) -> None:
    """A browser that shows it unasked shows it to whoever takes up the phone after its owner has signed out."""
    owner = world.resident()
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    browser = enter(owner)
    upload = SimpleUploadedFile("a.png", picture.getvalue())
    kept = browser.post("/api/v1/cases/files", {"file": upload}).json()["id"]
    case = tell(owner, private=True, file_ids=(UUID(kept),))
    with acting_as(SYSTEM):
        path = f"/case/{case.reference}/files/{Attachment.objects.get(case=case).id}/"
    shown = browser.get(path)
    assert b"".join(shown).startswith(b"\xff\xd8")
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "private, no-cache"
    seen = {"if-none-match": shown.headers["ETag"]}
    assert browser.get(path, headers=seen).status_code == 304
    browser.post("/sign-out/")
    assert browser.get(path, headers=seen).status_code == 404


def test_browser_is_told_to_come_by_https_alone(settings: Any) -> None:
    """Only where a proxy speaks it (LINLI_HTTPS): it holds for a year."""
    assert "Strict-Transport-Security" not in Client().get("/offline/", secure=True).headers
    settings.SECURE_HSTS_SECONDS = 31536000
    assert Client().get("/offline/", secure=True).headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in Client().get("/offline/").headers


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "\r\nX: y"]
)
def test_no_address_leads_to_another_site(to: str, world: World, enter: Callable[..., Client]) -> None:
    signed_in = enter(world.resident())
    for answer in (
        signed_in.get("/sign-in/", {"next": to}),
        signed_in.get("/sign-in/staff/", {"next": to}),
        signed_in.post("/language/", {"language": "en", "next": to}),
    ):
        assert answer.status_code == 302
        assert "evil" not in answer.headers["Location"]
        assert "javascript" not in answer.headers["Location"]


@pytest.mark.parametrize("to", ["me", "x", "x:y", "-1", "½", "admin:index", "a\\b", "1" * 4000])
def test_a_word_that_is_no_address_leads_to_the_first_page(to: str, world: World, enter: Callable[..., Client]) -> None:
    """It names no view either: a link with such a word showed the reader who was signed in an error."""
    signed_in = enter(world.resident())
    for answer in (
        signed_in.get("/sign-in/", {"next": to}),
        signed_in.get("/sign-in/staff/", {"next": to}),
        signed_in.post("/look/", {"size": "large", "next": to}),
    ):
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_host_that_is_not_ours_is_refused() -> None:
    assert Client(headers={"host": "evil.example"}).get("/").status_code == 400


def test_live_tokens_are_signed_for_their_topics_and_age() -> None:
    def topics_of(token: str) -> frozenset[str]:
        drawn = live.drawn_of(token)
        return drawn.topics if drawn else frozenset()

    token = live.token(["unit:1"])
    assert topics_of(token) == {"unit:1"}
    for forged in (
        "",
        "x",
        token[:-1],
        token.replace(token[0], "A", 1) + "=",
        live.token(["unit:2"])[:10] + token[10:],
    ):
        assert topics_of(forged) <= {"unit:1"}


def test_one_address_cannot_take_every_live_stream() -> None:
    streams = live.Streams()
    for _page in range(live.MAX_STREAMS_OF_ONE):
        streams.open(frozenset({"unit:1"}), "198.51.100.7")
    assert streams.full("198.51.100.7")
    assert not streams.full("203.0.113.9")
