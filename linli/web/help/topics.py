"""Two sentences beside a word that needs them, and what they stand beside."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from linli.web.help.tours import Words


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
