"""Every form that takes a date, with a wrong one: refused at its field in words, with all that was typed; never an error, never done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

import pytest
from bars.pages import VISITS, employ, make
from django.http import HttpResponse
from django.test import Client
from factories.world import forget_caches
from stories.stage import populate

from linli.foundation.access import SYSTEM, Role, acting_as

IMPOSSIBLE = ("2026-02-31", "31.02.2026", "明天", "2026-13-01", "0000-00-00", "99999-01-01", "26年2月3日", "<b>1</b>")
# What exists on paper and is beyond any calendar of work: refused or kept to, but always answered.
FAR = ("0001-01-01", "9999-12-31", "1066-10-14")
WORDS = "只有这句话不能丢"
DATES = {"date", "datetime-local"}


class Forms(HTMLParser):
    """The posted forms of a page: action, values by name, and the names of the dates."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], list[str]]] = []
        self._within = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._within = given.get("method") == "post"
            if self._within:
                self.found.append((given.get("action", ""), {}, []))
        elif self._within and tag in {"input", "textarea"} and (name := given.get("name")):
            _action, values, dates = self.found[-1]
            kind = given.get("type", "text")
            if kind in DATES:
                dates.append(name)
            elif kind == "text" or tag == "textarea":
                values[name] = WORDS
            elif kind not in {"radio", "checkbox"} or "checked" in given:
                values[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._within = False


@dataclass(frozen=True)
class Dated:
    """Who is asked for a date, where it goes, what else is sent, and its name."""

    client: Client
    path: str
    values: dict[str, str]
    name: str

    def send(self, value: str) -> HttpResponse:
        return self.client.post(self.path, self.values | {self.name: value})  # type: ignore[return-value]


@pytest.fixture
def dated(db: None) -> Iterator[list[Dated]]:
    """Each date that a page of the city asks for."""
    world, _secrets = populate()
    with acting_as(SYSTEM):
        employ(world)
        made = make(world)
    found = []
    for who in ("desk", "leader", "admin"):
        client = Client(headers={"accept-language": "en"})
        with acting_as(SYSTEM):
            client.force_login(world.people[who])
        for path in VISITS[who](made):
            for action, values, dates in Forms(client.get(path).content.decode()).found:
                found += [Dated(client, action or path, values, name) for name in dates]
    yield found
    forget_caches()


def test_wrong_dates_are_refused_with_all_that_was_typed(dated: list[Dated]) -> None:
    assert len({(one.path.rsplit("/", 2)[0], one.name) for one in dated}) >= 8
    done = []
    for one in dated:
        for wrong in IMPOSSIBLE:
            answer = one.send(wrong)
            page = answer.content.decode()
            if not 400 <= answer.status_code < 500 and "errorlist" not in page:
                done.append((one.path, one.name, wrong, answer.status_code))
            assert "<b>1</b>" not in page
            if WORDS in one.values.values():
                assert WORDS in page, (one.path, one.name)
    assert done == []


def test_far_dates_are_answered(dated: list[Dated]) -> None:
    for one in dated:
        for far in FAR:
            assert one.send(far).status_code < 500, (one.path, one.name, far)


def test_lists_narrowed_by_no_day_are_shown(enter: Callable[..., Client]) -> None:
    leader = enter(Role.LEADER, "51")
    for path in ("/desk/", "/figures/", "/rates/", "/control/shifts/"):
        for name in ("reported", "ended", "sent", "weeks", "day"):
            for days in (*IMPOSSIBLE, *FAR, "..", "9999-12-31..0001-01-01", "0001-01-01..9999-12-31"):
                assert leader.get(path, {name: days}).status_code == 200, f"{path}?{name}={days}"
