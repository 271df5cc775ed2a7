"""Help where the question comes up: a short tour of each surface on the first visit, and two sentences beside a word that
needs them. Whoever wants to know more is led to the guide (`guide.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from linli.foundation.access import Actor, Role
from linli.foundation.errors import NotFound
from linli.web.looks import A_YEAR, Look
from linli.web.surfaces import SURFACES, kind_of

Words = str | Promise

COOKIE = "tours"
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence of a tour. `at` names what it speaks of: the element with that `data-tour`."""

    icon: str
    title: Words
    text: Words
    at: str


@dataclass(frozen=True, slots=True)
class Tour:
    """`starts` are the pages where a first visit shows it by itself; `under` those from which it is found again."""

    title: Words
    guide: str
    starts: tuple[str, ...]
    under: tuple[str, ...]
    steps: tuple[Step, ...]


_YOURS = Step(
    "person",
    _("Make it comfortable"),
    _("Here you choose large text, dark colours and the language, and find this tour again."),
    "me",
)

TOURS: dict[str, Tour] = {
    "resident": Tour(
        _("Welcome to Linli"),
        "resident",
        ("/home/", "/my/"),
        ("/home/", "/my/", "/report/", "/around/", "/safety/", "/service/", "/track/", "/rate/"),
        (
            Step(
                "camera",
                _("Say what is wrong"),
                _("A photo, a sentence and the place are enough, and no sign-in is needed."),
                "report",
            ),
            Step(
                "clock",
                _("See what happens next"),
                _("Each of your cases says who has it now, what comes next and until when."),
                "pending",
            ),
            Step(
                "map",
                _("Look around you"),
                _("What neighbours have reported already needs no second report: press “Me too”."),
                "around",
            ),
            Step(
                "check",
                _("Say whether it is solved"),
                _("A closed case asks for your rating; if it is not solved, you can have it opened again."),
                "tabs",
            ),
            _YOURS,
        ),
    ),
    "elder": Tour(
        _("Welcome to Linli"),
        "resident",
        ("/home/",),
        (),
        (
            Step(
                "camera",
                _("Say what is wrong"),
                _("Press the large button, take a photo and write or speak one sentence."),
                "report",
            ),
            Step("phone", _("Or simply call"), _("12345 takes every report by phone, day and night."), "call"),
            Step(
                "person",
                _("Smaller or larger"),
                _("Here you choose the size of the text, and find this tour again."),
                "me",
            ),
        ),
    ),
    "field": Tour(
        _("Your inbox on the street"),
        "field",
        ("/field/",),
        ("/field/",),
        (
            Step(
                "inbox",
                _("One inbox"),
                _("Every task of yours is here, the nearest limit first; new ones appear by themselves."),
                "inbox",
            ),
            Step(
                "map",
                _("Set out, arrive"),
                _("Open a task and press the large button below: accept, on my way, arrived."),
                "task",
            ),
            Step(
                "camera",
                _("Show the proof"),
                _("Take one photo before and one after; the reporter and the verifier see both."),
                "photos",
            ),
            Step(
                "people",
                _("Not alone"),
                _("Under “More” you ask for help, hand the task over or send it back with a reason."),
                "more",
            ),
            Step(
                "offline",
                _("Without a network"),
                _("The last inbox stays readable, and what you did is sent when the network is back."),
                "state",
            ),
        ),
    ),
    "desk": Tour(
        _("The case desk"),
        "desk",
        ("/desk/",),
        ("/desk/",),
        (
            Step(
                "inbox",
                _("Begin with a view"),
                _("Each view is a list with its own filters and its count; you can keep views of your own."),
                "views",
            ),
            Step(
                "clock",
                _("The most urgent first"),
                _("Red is late and yellow is near its limit; limits run in working time."),
                "list",
            ),
            Step(
                "check",
                _("Many at once"),
                _("Tick cases and choose what to do; you see each one's fate before, and can undo it after."),
                "bulk",
            ),
            Step(
                "search",
                _("Find anything"),
                _("Search by number, words or phone, and narrow by class, unit and body."),
                "filters",
            ),
            Step(
                "desk",
                _("By keyboard"),
                _("Press “?” for the keys: j and k move, o opens, a acts, / searches."),
                "keys",
            ),
        ),
    ),
    "dispatch": Tour(
        _("Dispatch control"),
        "desk",
        ("/dispatch/",),
        ("/dispatch/",),
        (
            Step(
                "map",
                _("Work and people"),
                _("Numbers are cases that wait for somebody; letters are people on duty, where they last arrived."),
                "map",
            ),
            Step(
                "people",
                _("A proposal, with its reasons"),
                _("Each line says who should go and why, and why not the others; nobody is sent before you say so."),
                "proposal",
            ),
            Step(
                "clock",
                _("Who is on duty"),
                _("Only who has a shift is proposed; shifts and skills are entered here."),
                "people",
            ),
        ),
    ),
    "leader": Tour(
        _("Warnings and decisions"),
        "leader",
        ("/warnings/",),
        ("/warnings/", "/compare/"),
        (
            Step(
                "bell",
                _("What looks unusual"),
                _("Each warning says what was seen, what is usual, and how rarely chance alone would show it."),
                "warnings",
            ),
            Step(
                "check",
                _("Answer it"),
                _("Open one and take it on, make it a case, or dismiss it with a reason."),
                "states",
            ),
            Step(
                "clock",
                _("Looked for by itself"),
                _("Every night and every hour your district is looked at, and here at once."),
                "look",
            ),
        ),
    ),
    "hotline": Tour(
        _("A call in a minute"),
        "hotline",
        ("/hotline/",),
        ("/hotline/",),
        (
            Step(
                "phone",
                _("The number first"),
                _(
                    "Type the caller's number: earlier cases appear beside it, so that a second call is not a second case."
                ),
                "caller",
            ),
            Step(
                "pen",
                _("Words, place, class"),
                _("Type as the caller speaks; addresses and classes complete themselves."),
                "call",
            ),
            Step(
                "list",
                _("Read it back"),
                _("Read this text to the caller before you file the call."),
                "readback",
            ),
            Step(
                "check",
                _("Give the number"),
                _("The caller gets the number by SMS; a closed case comes back to you as a call to make."),
                "callbacks",
            ),
        ),
    ),
    "verifier": Tour(
        _("Looking with other eyes"),
        "verifier",
        ("/verify/",),
        ("/verify/",),
        (
            Step(
                "check",
                _("What waits for you"),
                _("Cases that were reported as done stand here until somebody else has looked."),
                "inbox",
            ),
            Step(
                "camera",
                _("Before and after"),
                _("Compare the photos, or go and look; what was promised must be there."),
                "photos",
            ),
            Step(
                "back",
                _("Pass it or send it back"),
                _("Sent back, it returns to the same handler with your reason, and the clock runs on."),
                "task",
            ),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class OfferedTour:
    """The tour that a page offers; `first` where it is to begin by itself."""

    name: str
    guide: str
    first: bool


def tour_on(path: str, actor: Actor | None, look: Look, seen: Iterable[str]) -> OfferedTour:
    """The tour of the surface that the page belongs to, otherwise the one of the person's own."""
    name = next((name for name, tour in TOURS.items() if path.startswith(tour.under)), None) or _own(actor)
    if name == "resident" and look.size == "large":
        name = "elder"
    tour = TOURS[name]
    return OfferedTour(name, tour.guide, path in tour.starts and _may_see(path, actor) and name not in seen)


def _own(actor: Actor | None) -> str:
    kind = kind_of(actor)
    if actor is None or kind != "desk":
        return kind
    roles = actor.roles()
    return "hotline" if roles == {Role.HOTLINE_CLERK} else "verifier" if roles == {Role.VERIFIER} else "desk"


def _may_see(path: str, actor: Actor | None) -> bool:
    """A page that refuses its reader is no place for a welcome."""
    return all(surface.serves(actor) for surface in SURFACES if surface.path == path)


def seen_by(request: HttpRequest) -> list[str]:
    """The tours that this browser has shown; whatever else the cookie holds counts as not there."""
    kept = request.COOKIES.get(COOKIE, "")
    return [name for name in TOURS if name in kept.split(".")] if len(kept) <= LONGEST else []


@require_safe
def tour_page(request: HttpRequest, name: str) -> HttpResponse:
    """The tour as a page: for who has no script, and to read again in peace."""
    return _shown(request, name, "web/tour.html")


@require_safe
def tour_steps(request: HttpRequest, name: str) -> HttpResponse:
    """The tour as a dialog, for `tour.js`."""
    return _shown(request, name, "web/components/tour.html")


def _shown(request: HttpRequest, name: str, template: str) -> HttpResponse:
    if name not in TOURS:
        raise NotFound
    tour = TOURS[name]
    response = render(request, template, {"walk": tour, "start": tour.starts[0]})
    seen = [*(one for one in seen_by(request) if one != name), name]
    response.set_cookie(
        COOKIE,
        ".".join(seen),
        max_age=A_YEAR,
        samesite="Lax",
        httponly=True,
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )
    return response


@dataclass(frozen=True, slots=True)
class Topic:
    """Two sentences about a word, and where the guide says more. It stands by itself beside form fields of the names
    `fields`, and above the forms of the `changes`.
    """

    title: Words
    text: Words
    guide: str
    section: str
    fields: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


TOPICS: dict[str, Topic] = {
    "limits": Topic(
        _("Limits in working time"),
        _(
            "A limit counts the hours in which the offices work, not nights, weekends and holidays; urgent cases count every "
            "hour. It begins when the case is filed and ends when the work is reported as done."
        ),
        "desk",
        "limits",
    ),
    "anonymous": Topic(
        _("Anonymous"),
        _(
            "The offices that work on your case do not see who you are. You still get your number and can follow and rate it."
        ),
        "resident",
        "privacy",
        ("anonymous",),
    ),
    "private": Topic(
        _("Private"),
        _(
            "The case appears on no public list or map. Only those who work on it can read it, and you can follow it as always."
        ),
        "resident",
        "privacy",
        ("private",),
    ),
    "clause": Topic(
        _("Clause of the duty list"),
        _(
            "The duty list says for each class and place which body is responsible, and this is its clause. Another body can "
            "be chosen, but then a reason is asked for."
        ),
        "desk",
        "dispatch",
    ),
    "boundary": Topic(
        _("What a boundary decides"),
        _(
            "From its day on it tells in which unit a new report and a facility lie. Open cases keep their unit, and what lies "
            "below a unit stays below it until it is moved."
        ),
        "admin",
        "units",
    ),
    "merge": Topic(
        _("Merging"),
        _(
            "Two reports of one matter go on as one case, and whoever reported either can follow it. Write the number of the "
            "case that goes on; merging can be undone."
        ),
        "desk",
        "merge",
        ("into",),
    ),
    "pause": Topic(
        _("Pausing the clock"),
        _(
            "The clock stands still while the work waits for something that the body cannot hasten. The reason is on the "
            "timeline for everybody concerned, and the working time lost is added to the limit."
        ),
        "handler",
        "pause",
        changes=("pause", "resume"),
    ),
    "verification": Topic(
        _("Verification"),
        _(
            "Somebody who did not do the work looks whether it is done. If it is not, the case goes back with a reason, and "
            "its clock runs on."
        ),
        "verifier",
        "look",
        changes=("verify", "rework"),
    ),
    "rates": Topic(
        _("The three rates"),
        _(
            "Answered in time, solved in the reporter's own word, and rated with three stars or more. Each stands with its "
            "numerator and denominator, so that a few cases do not look like many."
        ),
        "admin",
        "rates",
    ),
    "standing": Topic(
        _("Chance, and more than chance"),
        _(
            "A unit with few people has many or few cases by chance alone. Within the limits nothing has to be explained; beyond "
            "them, look again before anybody is asked for an account."
        ),
        "leader",
        "compare",
    ),
    "precision": Topic(
        _("How often warnings were right"),
        _(
            "A warning counts as right when somebody took it on or made it a case, and as wrong when it was dismissed. So a kind "
            "that is of no use is found."
        ),
        "leader",
        "warnings",
    ),
    "views": Topic(
        _("Saved views"),
        _(
            "A view keeps the filters of the list under a name. You can keep it for yourself, or share it with everybody "
            "who has a post in a unit of yours."
        ),
        "desk",
        "views",
    ),
    "quiet_hours": Topic(
        _("Quiet hours"),
        _(
            "In these hours no SMS and no WeChat message comes, unless a limit of yours would pass before they end. In "
            "the app everything is there at once."
        ),
        "resident",
        "notices",
        ("quiet_from",),
    ),
}
_OF_FIELD = {field: name for name, topic in TOPICS.items() for field in topic.fields}
_OF_CHANGE = {change: name for name, topic in TOPICS.items() for change in topic.changes}


def topic_of_field(name: str) -> str:
    """The topic that stands beside a form field of this name, or nothing."""
    return _OF_FIELD.get(name, "")


def topic_of_change(name: str) -> str:
    """The topic that stands above the form of this change of a case, or nothing."""
    return _OF_CHANGE.get(name, "")
