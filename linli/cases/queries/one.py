"""One case, or a few of a page, with what is shown beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from linli.cases import rules
from linli.cases.lifecycle import Change, changes_from
from linli.cases.models import Attachment, Case, CaseContact, CaseText, CoHandler, Evaluation, State
from linli.cases.queries.narrowing import VISIBLE, visibility, with_contacts
from linli.foundation import audit
from linli.foundation.access import Actor, Permission
from linli.foundation.errors import NotFound
from linli.foundation.models import Entry, StoredFile
from linli.foundation.statement import Statement


def case(actor: Actor, case_id: UUID) -> Case:
    """One case with its text. Raises NotFound outside the actor's scope too."""
    return _seen(actor, _BY_ID, case_id)


def case_by_reference(actor: Actor, reference: str) -> Case:
    """One case by its number with check digit. Raises WrongNumber, NotFound."""
    return _seen(actor, _BY_NUMBER, rules.number_of(reference))


def _seen(actor: Actor, asked: Statement[Case], key: UUID | int) -> Case:
    found = asked.first(key, *visibility(actor))
    if found is None:
        raise NotFound
    return found


_CASE = """
SELECT {{}} FROM cases_case LEFT JOIN cases_casetext ON cases_casetext.case_id = cases_case.id WHERE {key} AND {visible}
"""
_BY_ID = Statement(_CASE.format(key="cases_case.id = $1::uuid", visible=VISIBLE), Case, text=CaseText)
_BY_NUMBER = Statement(_CASE.format(key="number = $1::bigint", visible=VISIBLE), Case, text=CaseText)


def case_by_secret(reference: str, secret: str) -> Case:
    """The case of a reporter who did not sign in. Call it as SYSTEM; the secret is the key. Raises NotFound."""
    digest = rules.secret_digest(secret)
    found = Case.objects.select_related("text").filter(number=rules.number_of(reference), secret_hash=digest).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Details:
    """What a case's page shows beside the row itself."""

    entries: Sequence[Entry]
    attachments: Sequence[Attachment]
    co_handlers: Sequence[CoHandler]
    evaluations: Sequence[Evaluation]
    merged: Sequence[Case]
    contact: CaseContact | None


def details(actor: Actor, found: Case) -> Details:
    """Everything of one case that the actor may see. At most six statements; none for helpers and ratings where the row tells of none."""
    rated = found.stars is not None or found.cycle > 1
    may_contact = not found.anonymous and (
        actor.may(Permission.SEE_CONTACTS, tuple(found.units)) or bool(set(actor.bodies()) & set(found.bodies))
    )
    return Details(
        entries=audit.timeline(found.id),
        attachments=_ATTACHED.all(found.id),
        co_handlers=list(CoHandler.objects.filter(case=found).order_by("asked_at")) if len(found.bodies) > 1 else [],
        evaluations=list(Evaluation.objects.filter(case=found).order_by("cycle")) if rated else [],
        merged=_MERGED.all(found.id),
        contact=_CONTACT.first(found.id) if may_contact else None,
    )


_ATTACHED = Statement(
    "SELECT {} FROM cases_attachment JOIN foundation_storedfile ON foundation_storedfile.id = file_id"
    " WHERE case_id = $1::uuid ORDER BY added_at",
    Attachment,
    file=StoredFile,
)
_MERGED = Statement("SELECT {} FROM cases_case WHERE merged_into_id = $1::uuid ORDER BY id", Case)
_CONTACT = Statement("SELECT {} FROM cases_casecontact WHERE case_id = $1::uuid", CaseContact)


def allowed_changes(actor: Actor, found: Case, *, is_reporter: bool = False) -> list[Change]:
    """What the actor may do with the case now, in the order of the table."""
    reporter = is_reporter or (actor.id is not None and actor.id == found.reporter_id)
    helpers = CoHandler.objects.filter(case=found, signed_at=None) if len(found.bodies) > 1 else ()
    unsigned = [row.body_id for row in helpers]
    return [
        change
        for change in changes_from(State(found.state))
        if (change.while_paused if found.paused_at is not None else change.name != "resume")
        and rules.may_change(change, found, actor, co_bodies=unsigned, is_reporter=reporter)
    ]


def photos_of(cases: Sequence[Case]) -> dict[UUID, list[Attachment]]:
    """The photos of cases that the actor sees, in the order in which they were given. One statement."""
    found: dict[UUID, list[Attachment]] = {}
    for row in _PHOTOS.all([case.pk for case in cases]):
        found.setdefault(row.case_id, []).append(row)
    return found


_PHOTOS = Statement(
    "SELECT {} FROM cases_attachment JOIN foundation_storedfile ON foundation_storedfile.id = file_id"
    " WHERE case_id = ANY ($1::uuid[]) AND kind = 'photo' ORDER BY added_at, cases_attachment.id",
    Attachment,
)


def said_when(action: str, cases: Sequence[Case]) -> dict[UUID, Entry]:
    """The newest entry of this kind on each of the cases. One statement."""
    return {entry.subject_id: entry for entry in _SAID.all([case.pk for case in cases], action)}


_SAID = Statement(
    "SELECT {} FROM foundation_entry WHERE subject_id = ANY ($1::uuid[]) AND action = $2::text ORDER BY seq", Entry
)


def contacts(actor: Actor, cases: Sequence[Case]) -> dict[UUID, CaseContact]:
    """How to reach the reporters of these cases, by case, where the actor may know and the reporter is not anonymous."""
    ids = [case.pk for case in cases if not case.anonymous]
    seen = Case.objects.filter(with_contacts(actor), pk__in=ids)
    return {row.case_id: row for row in CaseContact.objects.filter(case__in=seen)}


def reporter_name(cases: Sequence[Case]) -> str:
    """The name last given with one of these cases, all of one caller; the asker may know it, having found them by phone."""
    newest_first = sorted((case.pk for case in cases), reverse=True)
    rows = {row.case_id: row.name for row in CaseContact.objects.filter(case__in=newest_first)}
    return next((rows[pk] for pk in newest_first if rows.get(pk)), "")


def last_note(found: Case, action: str) -> str:
    """What was written at the last such step of a case that the actor has."""
    entries = [entry for entry in audit.timeline(found.id) if entry.action == action]
    return entries[-1].note if entries else ""
