"""Each change of the lifecycle as a verb. What a change may do and who may make it stands in `lifecycle`; here is what it means."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from linli.cases import errors, rules
from linli.cases.actions import effects
from linli.cases.actions.moves import NOTE_LENGTH, Effect, Move, Outcome, carry_out
from linli.cases.models import Case
from linli.foundation.access import Actor
from linli.foundation.idempotency import Once
from linli.foundation.models import Entry

# What every verb takes beside its own: the cases, the actor, and
#   note     why, shown to the people concerned
#   at       when it happened, where that was not now (None: now)
#   version  the version that the actor saw, refused as stale if it is not the newest; of several cases, by their ids
#   key      the Idempotency-Key of the request
#   each     True: a refused case does not stop the others; its error is in the outcome
Cases = Sequence[UUID]
Seen = int | Mapping[UUID, int] | None


def _all(
    change: str, cases: Cases, by: Actor, effect: Effect | None = None, *, note: str = "", at: datetime | None = None,
    version: Seen = None, secret: str = "", key: Once | None = None, each: bool = False, involves: Sequence[UUID] = (),
) -> Outcome:  # fmt: skip
    moves = [
        Move(
            case,
            change,
            by,
            effect,
            note=rules.clean_text(note, NOTE_LENGTH + 1),
            at=at,
            version=version.get(case) if isinstance(version, Mapping) else version,
            secret=secret,
            involves=involves,
        )
        for case in dict.fromkeys(cases)
    ]
    return carry_out(moves, key=key, collect_refusals=each)


def file(*, cases: Cases, by: Actor, class_code: str = "", due_at: datetime | None = None, **rest: Any) -> Outcome:
    """立案: the desk takes the case on; the clock starts. `due_at` is a limit that was set elsewhere (a replay's)."""
    return _all("file", cases, by, effects.file(class_code, due_at), **rest)


def decline(*, cases: Cases, by: Actor, note: str, **rest: Any) -> Outcome:
    """不予立案, with a reason that the reporter reads."""
    return _all("decline", cases, by, effects.end, note=note, **rest)


def classify(*, cases: Cases, by: Actor, class_code: str, **rest: Any) -> Outcome:
    """Another class; a case that is filed gets that class's limit, counted from its filing."""
    return _all("classify", cases, by, effects.classify(class_code), **rest)


def locate(
    *, cases: Cases, by: Actor, lon: float | None = None, lat: float | None = None, datum: str = "wgs84",
    unit_id: UUID | None = None, **rest: Any,
) -> Outcome:  # fmt: skip
    """Say where it is, for a report that came without a place or with a wrong one."""
    return _all("locate", cases, by, effects.locate(lon, lat, datum, unit_id), **rest)


def dispatch(*, cases: Cases, by: Actor, body_id: UUID | None = None, **rest: Any) -> Outcome:
    """派遣 to the body whose duty it is, or, with a note that says why, to another."""
    return _all("dispatch", cases, by, effects.dispatch(body_id), **rest)


def reassign(*, cases: Cases, by: Actor, body_id: UUID, note: str, **rest: Any) -> Outcome:
    """改派: another body leads; the clock runs on."""
    return _all("reassign", cases, by, effects.reassign(body_id), note=note, **rest)


def assign(*, cases: Cases, by: Actor, to: UUID, because: str = "", **rest: Any) -> Outcome:
    """指派: a named handler of the lead body is to take it on; `because` is the reason that they and the staff read."""
    return _all("assign", cases, by, effects.assign(to, because), **rest)


def accept(*, cases: Cases, by: Actor, **rest: Any) -> Outcome:
    """The lead body takes the work on; this is the first response."""
    return _all("accept", cases, by, effects.accept, **rest)


def reject(*, cases: Cases, by: Actor, note: str, **rest: Any) -> Outcome:
    """退单: back to the dispatcher, with a reason."""
    return _all("reject", cases, by, effects.reject, note=note, **rest)


def ask_co_handler(*, cases: Cases, by: Actor, body_id: UUID, asked_for: str = "", **rest: Any) -> Outcome:
    """协办: another body helps the lead, and must sign before the case is reported back."""
    return _all("ask_co_handler", cases, by, effects.ask_co_handler(body_id, asked_for), **rest)


def sign(*, cases: Cases, by: Actor, note: str, **rest: Any) -> Outcome:
    """A co-handler has done its part."""
    return _all("sign", cases, by, effects.sign, note=note, **rest)


def pause(*, cases: Cases, by: Actor, note: str, **rest: Any) -> Outcome:
    """Stop the clock for a stated reason."""
    return _all("pause", cases, by, effects.pause, note=note, **rest)


def resume(*, cases: Cases, by: Actor, **rest: Any) -> Outcome:
    """The clock runs on; the limit moves by the working time that was paused."""
    return _all("resume", cases, by, effects.resume, **rest)


def set_out(*, cases: Cases, by: Actor, **rest: Any) -> Outcome:
    """Somebody is on the way, and has it in hand."""
    return _all("set_out", cases, by, effects.set_out, **rest)


def arrive(
    *, cases: Cases, by: Actor, lon: float | None = None, lat: float | None = None, datum: str = "wgs84", **rest: Any
) -> Outcome:
    """At the place, with the phone's position where it was given."""
    return _all("arrive", cases, by, effects.arrive(lon, lat, datum), **rest)


def ask_help(*, cases: Cases, by: Actor, note: str, **rest: Any) -> Outcome:
    """More than one person or body can do: the desk sees it at once as urgent, with what is needed."""
    return _all("ask_help", cases, by, effects.ask_help, note=note, **rest)


def hand_over(*, cases: Cases, by: Actor, to: UUID, **rest: Any) -> Outcome:
    """A colleague of the same body takes it in hand."""
    return _all("hand_over", cases, by, effects.hand_over(to), **rest)


def report_back(
    *, cases: Cases, by: Actor, note: str, file_ids: Iterable[UUID] = (), before_ids: Iterable[UUID] = (), **rest: Any
) -> Outcome:
    """处置反馈: done, with proof photos where the class asks for them. Every co-handler must have signed."""
    return _all("report_back", cases, by, effects.report_back(list(file_ids), list(before_ids)), note=note, **rest)


def verify(*, cases: Cases, by: Actor, file_ids: Iterable[UUID] = (), **rest: Any) -> Outcome:
    """核查: somebody else than the handler has seen that it is done."""
    return _all("verify", cases, by, effects.verify(list(file_ids)), **rest)


def rework(*, cases: Cases, by: Actor, note: str, **rest: Any) -> Outcome:
    """Verification failed: back to the handler; the clock never stopped."""
    return _all("rework", cases, by, effects.rework, note=note, **rest)


def close(*, cases: Cases, by: Actor, **rest: Any) -> Outcome:
    """结案."""
    return _all("close", cases, by, effects.end, **rest)


def answer_call(*, cases: Cases, by: Actor, note: str, **rest: Any) -> Outcome:
    """A question that a clerk answered on the phone: `note` is the answer, and the case ends with it."""
    return _all("answer_call", cases, by, effects.answer_call, note=note, **rest)


def evaluate(
    *, cases: Cases, by: Actor, solved: bool, stars: int, responded: bool | None = None, comment: str = "", **rest: Any
) -> Outcome:
    """综合评价 by the reporter, or by a clerk who asked back (回访)."""
    return _all("evaluate", cases, by, effects.evaluate(solved, stars, responded, comment), **rest)


def reopen(*, cases: Cases, by: Actor, note: str, **rest: Any) -> Outcome:
    """It was not solved: filed again, with a new clock."""
    return _all("reopen", cases, by, effects.reopen, note=note, **rest)


def merge(*, cases: Cases, into: UUID, by: Actor, **rest: Any) -> Outcome:
    """并单: these cases go on as part of another; their reporters hear what becomes of that one."""
    return _all("merge", cases, by, effects.merge(into), involves=[into], **rest)


def unmerge(*, cases: Cases, by: Actor, note: str, **rest: Any) -> Outcome:
    """Undo a merge: the case returns to where it stood."""
    return _all("unmerge", cases, by, effects.unmerge, note=note, involves=_merged_into(cases), **rest)


def recall(*, cases: Cases, by: Actor, **rest: Any) -> Outcome:
    """撤回: the actor takes back their own last change of a moment ago, before anything has followed from it."""
    newest = Entry.objects.filter(subject_id__in=cases).order_by("subject_id", "-seq").distinct("subject_id")
    return _all("recall", cases, by, effects.recall({entry.subject_id: entry for entry in newest}), **rest)


def supervise(*, cases: Cases, by: Actor, note: str, **rest: Any) -> Outcome:
    """督办: a leader asks for it; the case becomes urgent."""
    return _all("supervise", cases, by, effects.supervise, note=note, **rest)


def comment(*, cases: Cases, by: Actor, note: str, **rest: Any) -> Outcome:
    """A remark on the timeline; the state stays."""
    return _all("comment", cases, by, note=note, **rest)


def support(*, case: UUID, by: Actor, **rest: Any) -> Outcome:
    """ "Me too": counted once for each person; a second time changes nothing."""
    try:
        return _all("support", [case], by, effects.support, **rest)
    except errors.SupportedAlready:
        return Outcome([], {})


def escalate(*, cases: Cases, by: Actor, **rest: Any) -> Outcome:
    """One level up: at 50%, 100% and 150% of the limit. Called by `jobs`, under lock; a second call finds nothing due."""
    return _all("escalate", cases, by, effects.escalate, each=True, **rest)


def erase(*, cases: Cases, person_id: UUID, by: Actor, **rest: Any) -> Outcome:
    """A person's wish to be forgotten: who they were goes, the anonymous fact stays (PIPL art. 47)."""
    return _all("erase", cases, by, effects.erase(person_id), **rest)


def ask(*, cases: Cases, by: Actor, note: str, **rest: Any) -> Outcome:
    """A question to the reporter, who is told of it; the state stays."""
    return _all("ask", cases, by, note=note, **rest)


def answer(*, cases: Cases, by: Actor, note: str, **rest: Any) -> Outcome:
    """What the reporter answers; whoever asked is told."""
    return _all("answer", cases, by, note=note, **rest)


def _merged_into(cases: Cases) -> list[UUID]:
    """What these cases go on as part of, also by way of one that was merged itself."""
    found: list[UUID] = []
    above = list(cases)
    while above:
        rows = Case.objects.filter(pk__in=above, merged_into__isnull=False)
        above = list(rows.values_list("merged_into_id", flat=True))
        found += above
    return found
