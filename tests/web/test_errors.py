"""A refusal reaches its reader as a page, a fragment or problem details, in their language, and says what to do."""

import json
from collections.abc import Callable

import pytest
from django.test import Client, RequestFactory
from django.utils import translation

from linli.foundation.errors import InvalidInput, NotFound, SignInNeeded, Stale, TooManyAttempts
from linli.web import errors

requests = RequestFactory()


def test_unknown_address_is_a_page_that_leads_on(client: Client) -> None:
    answer = client.get("/nothing", headers={"accept-language": "en"})
    page = answer.content.decode()
    assert answer.status_code == 404
    assert str(NotFound.message) in page
    assert 'href="/"' in page


def test_unknown_address_in_chinese(client: Client) -> None:
    assert "这里没有内容" in client.get("/nothing").content.decode()


def test_unknown_api_address_is_problem_details(client: Client) -> None:
    answer = client.get("/api/v1/nothing")
    body = json.loads(answer.content)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert body["status"] == answer.status_code == 404
    assert body["code"] == "not_found"
    assert body["instance"] == "/api/v1/nothing"


def test_open_page_gets_a_fragment_for_its_live_region() -> None:
    request = requests.get("/desk/", headers={"HX-Request": "true"})
    answer = errors.answer(request, Stale())
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#messages"
    assert b"<html" not in answer.content
    assert "HX-Request" in answer.headers["Vary"]


def test_problem_names_the_field_and_the_data() -> None:
    answer = errors.answer(requests.get("/api/v1/x"), TooManyAttempts(field="code", minutes=5))
    body = json.loads(answer.content)
    assert (body["field"], body["data"]) == ("code", {"minutes": "5"})
    assert "5" in body["title"]


def test_reader_without_sign_in_is_led_there_and_back() -> None:
    answer = errors.answer(requests.get("/my/?state=open"), SignInNeeded())
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in/?next=/my/%3Fstate%3Dopen"


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/screen/?weeks=4", "/sign-in/staff/?next=/screen/%3Fweeks%3D4"),
        ("/field/task/1/", "/sign-in/staff/?next=/field/task/1/"),
        ("/control/", "/sign-in/staff/?next=/control/"),
        ("/control/mine/", "/sign-in/?next=/control/mine/"),
        ("/field/doors/", "/sign-in/?next=/field/doors/"),
    ],
)
def test_staff_are_led_to_the_sign_in_of_staff(path: str, leads_to: str) -> None:
    """Volunteers, who sign in by phone, have pages below the same addresses."""
    assert errors.answer(requests.get(path), SignInNeeded()).headers["Location"] == leads_to


def test_sender_without_sign_in_keeps_the_form_open() -> None:
    """After a post there is nothing to come back to: the page tells to sign in beside it."""
    answer = errors.answer(requests.post("/my/"), SignInNeeded())
    assert answer.status_code == 401
    assert b'target="_blank"' in answer.content


@pytest.mark.parametrize("fields", [{"text": "长" * 800_000}, {f"field{n}": "1" for n in range(2000)}])
def test_form_that_is_too_large_is_told_so(client: Client, fields: dict[str, str]) -> None:
    answer = client.post("/report/", fields, headers={"accept-language": "en"})
    assert answer.status_code == 413
    assert "too large" in answer.content.decode()


def test_broken_page_gives_a_number_and_asks_nothing_of_the_database() -> None:
    with translation.override("en"):
        answer = errors.broken(requests.get("/"))
    assert answer.status_code == 500
    assert b"12345" in answer.content


def test_broken_page_that_cannot_be_drawn_is_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "render", lambda *args, **kwargs: 1 / 0)
    answer = errors.broken(requests.get("/"))
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_expired_form_is_no_matter_of_rights(enter: Callable[..., Client]) -> None:
    """A resident read that the page was for staff."""
    resident = enter()
    resident.handler.enforce_csrf_checks = True
    page = resident.post("/report/", {"description": "路灯不亮"}, headers={"accept-language": "en"}).content.decode()
    assert "Nothing was sent." in page
    assert "for staff" not in page
    assert "/sign-out/" not in page.partition("<main")[2]


def test_form_without_token_says_that_nothing_was_sent() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/language/", {"language": "en"}, headers={"accept-language": "en"})
    assert answer.status_code == 403
    assert b"Nothing was sent" in answer.content


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "' onmouseover='x"])
def test_what_was_sent_is_never_markup(text: str) -> None:
    class Echo(InvalidInput):
        message = "%(text)s"

    page = errors.answer(requests.get("/x"), Echo(text=text)).content.decode()
    assert text not in page
