"""What each tour says, step by step."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


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
