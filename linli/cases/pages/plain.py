"""A case as its reporter reads it: what happens next, who does it and by when, and its story with the photos beside each step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from linli.cases import limits
from linli.cases.models import Attachment, Case, State
from linli.cases.pages import uploads, words
from linli.foundation import clock
from linli.foundation.models import Entry

# Which step of the story the photos of each kind belong to.
PHOTO_STEPS = {
    Attachment.Step.REPORT: "collect",
    Attachment.Step.BEFORE: "report_back",
    Attachment.Step.AFTER: "report_back",
    Attachment.Step.VERIFY: "verify",
}
# Steps of the office that tell a reporter nothing.
UNTOLD = frozenset({"classify", "absorb", "release"})


@dataclass(frozen=True, slots=True)
class Promise:
    """What happens next and who does it; `until` is when it is due, `late` that this has passed."""

    what: str
    who: str = ""
    until: datetime | None = None
    late: bool = False
    # The reporter themselves is to do it, and may until then.
    yours: bool = False
    # Nothing is to be done; whoever is not content may open it again until then.
    reopens: bool = False


def promise(case: Case) -> Promise:
    """What a reporter may expect next."""
    if case.paused_at is not None:
        return Promise(_("The work waits, for the reason told below, and goes on as soon as that has passed."))
    late = limits.is_overdue(case, clock.now())
    stage = limits.stage_due(case)
    until = stage.due if stage else None
    stage_late = stage is not None and stage.due < clock.now()
    body = words.body_name(case.lead_body_id)
    match State(case.state):
        case State.COLLECTED:
            return Promise(
                _("Somebody at the case desk reads your report. They file it, or tell you why not."),
                _("the case desk"),
                until,
                stage_late,
            )
        case State.FILED:
            return Promise(
                _("Your case is filed. It is now sent to the body whose duty it is."),
                _("the case desk"),
                case.due_at,
                late,
            )
        case State.DISPATCHED:
            response_late = case.response_due_at is not None and case.response_due_at < clock.now()
            return Promise(
                _("It was sent to %(body)s, which now takes the work on.") % {"body": body},
                body,
                case.response_due_at,
                response_late,
            )
        case State.ACCEPTED:
            return Promise(_("%(body)s is working on it.") % {"body": body}, body, case.due_at, late)
        case State.HANDLED:
            return Promise(
                _("%(body)s says that it is done. Somebody else now looks whether it is.") % {"body": body},
                _("a verifier"),
                until,
                stage_late,
            )
        case State.VERIFIED:
            return Promise(
                _("Somebody has looked: it is done. The case desk now closes the case."),
                _("the case desk"),
                until,
                stage_late,
            )
        case State.CLOSED:
            return Promise(_("It is closed. Please say whether it is solved."), until=still_reopens(case), yours=True)
        case State.EVALUATED:
            again = still_reopens(case)
            if again is None:
                return Promise(_("It is closed, and you have rated it. If it comes back, report it anew."))
            return Promise(
                _("It is closed, and you have rated it. If it comes back, open it again."), until=again, reopens=True
            )
        case State.DECLINED:
            again = still_reopens(case)
            if again is None:
                return Promise(_("It was not filed, for the reason told below. If it matters still, report it anew."))
            return Promise(
                _("It was not filed, for the reason told below. If you disagree, have it looked at again."),
                until=again,
                reopens=True,
            )
        case State.MERGED:
            return Promise(
                _("It goes on together with another report of the same matter. You are told what becomes of it.")
            )


def still_reopens(case: Case) -> datetime | None:
    """Until when it can be opened again; None once that has passed."""
    until = words.reopen_until(case)
    return until if until is not None and until > clock.now() else None


def story(here: str, entries: Sequence[Entry], attachments: Sequence[Attachment]) -> list[dict[str, Any]]:
    """The steps newest first, each with the photos that were given with it."""
    told = [entry for entry in entries if entry.action not in UNTOLD]
    photos: dict[Any, list[dict[str, Any]]] = {}
    for attachment in attachments:
        step = _step_of(attachment, told)
        if step is not None and attachment.file.kind == "photo":
            photos.setdefault(step.id, []).append(_photo(here, attachment))
    return [
        {"what": one.what, "who": one.who, "at": one.at, "why": one.why, "photos": photos.get(entry.id, [])}
        for entry, one in zip(reversed(told), words.told(reversed(told)), strict=True)
    ]


def _step_of(attachment: Attachment, entries: Sequence[Entry]) -> Entry | None:
    """The step that the photo came with: of its kind, and nearest in time."""
    action = PHOTO_STEPS[Attachment.Step(attachment.step)]
    steps = [entry for entry in entries if entry.action == action]
    return min(steps, key=lambda entry: abs(entry.at - attachment.added_at), default=None)


def _photo(here: str, attachment: Attachment) -> dict[str, Any]:
    shown = uploads.shown(here, attachment)
    return {
        "thumb": f"{shown['url']}?small",
        "href": shown["url"],
        "alt": _("Photo: %(name)s") % {"name": shown["name"]},
    }


def pair(here: str, attachments: Sequence[Attachment]) -> dict[str, list[dict[str, Any]]]:
    """Photos before and after the work, of the newest round."""
    newest = max((one.cycle for one in attachments if one.step == Attachment.Step.AFTER), default=1)
    before = [one for one in attachments if one.step in {Attachment.Step.REPORT, Attachment.Step.BEFORE}]
    after = [one for one in attachments if one.step == Attachment.Step.AFTER and one.cycle == newest]
    return {
        "before": [uploads.shown(here, one) for one in before],
        "after": [uploads.shown(here, one) for one in after],
    }


def sentence(case: Case) -> str:
    """The case in one sentence, to be read out: its matter and what happens next."""
    return _("“%(title)s”: %(next)s") % {"title": case.text.title, "next": promise(case).what}
