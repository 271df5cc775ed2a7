"""Collecting: a report of any channel becomes a case, located, numbered and on the timeline, in one statement."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from linli.cases import errors, events, ledger, rules
from linli.cases.models import Attachment, Case, CaseContact, CaseText, Channel, Priority
from linli.cases.numbers import next_numbers
from linli.cases.rules import Report
from linli.duties import queries as duties
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, ActorKind, acting_as
from linli.foundation.errors import NotAllowed
from linli.foundation.idempotency import Once
from linli.foundation.ids import uuid7
from linli.foundation.models import Entry, IdempotencyKey, OutboxEvent, StoredFile
from linli.foundation.privacy import keyed_hash
from linli.foundation.writes import Write
from linli.people.rules import normalise_caller
from linli.territory import queries as territory
from linli.territory.index import Place


@dataclass(frozen=True, slots=True)
class Collected:
    """What the reporter is told. `secret` opens the case without sign-in; the database holds only a digest of it."""

    case: Case
    secret: str
    emergency_number: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class _Draft:
    case: Case
    text: CaseText
    contact: CaseContact | None
    entry: Entry
    event: OutboxEvent
    secret: str
    emergency_number: str
    attachments: Sequence[Attachment]


def collect(*, report: Report, by: Actor, key: Once | None = None) -> Collected:
    """Make a case of the report. With a key that was used before, the case that it made then."""
    if not by.reports:
        raise NotAllowed
    draft = _draft(report, by, next_numbers(1)[0])
    try:
        with _one_transaction(draft):
            _store([draft], by, key)
    except (IntegrityError, errors.FileNotYours):
        # The key came before, or its photos were taken by the report that it made then.
        earlier = key.earlier() if key else None
        if earlier is None or earlier.result_id is None:
            raise
        # Whoever collected it need not see it.
        with acting_as(SYSTEM):
            case = Case.objects.get(pk=earlier.result_id)
        secret = rules.secret_of(case.id) if case.secret_hash else ""
        return Collected(case, secret, draft.emergency_number, repeated=True)
    return Collected(draft.case, draft.secret, draft.emergency_number)


def collect_many(*, reports: Sequence[Report], by: Actor) -> list[Collected]:
    """Many reports in one statement: imports and replays. All or none."""
    drafts = [_draft(report, by, number) for report, number in zip(reports, next_numbers(len(reports)), strict=True)]
    with transaction.atomic():
        _store(drafts, by, None)
    return [Collected(draft.case, draft.secret, draft.emergency_number) for draft in drafts]


def _one_transaction(draft: _Draft) -> AbstractContextManager[None]:
    """A single statement is a transaction already, without BEGIN and COMMIT; files are read and claimed by statements of their own."""
    return transaction.atomic() if draft.attachments or connection.in_atomic_block else nullcontext()


def _draft(report: Report, by: Actor, number: int) -> _Draft:
    now = clock.now()
    rules.check_report(report, now)
    at = report.reported_at or now
    text = CaseText(
        title=rules.title_of(report.title, report.description),
        description=rules.clean_text(report.description, rules.DESCRIPTION_LENGTH),
        address=rules.clean_text(report.address, 200),
    )
    text.search = rules.search_vector(text.title, text.description, text.address)
    emergency = rules.emergency_number(f"{text.title} {text.description}")
    case_id = uuid7()
    secret = "" if _known_reporter(report, by) else rules.secret_of(case_id)
    case = Case(
        id=case_id,
        number=number,
        channel=report.channel,
        nature=report.nature,
        priority=Priority.EMERGENCY if emergency else Priority.NORMAL,
        case_class_id=duties.class_in_use(report.class_code).id if report.class_code else None,
        reporter_id=by.id if _known_reporter(report, by) else None,
        anonymous=report.anonymous,
        private=report.private,
        secret_hash=rules.secret_digest(secret) if secret else None,
        reported_at=at,
    )
    _place(case, report, at)
    text.case_id = case.id
    contact = _contact(case, report)
    ledger.mark(case, text)
    if contact is not None:
        ledger.mark(case, contact)
    attachments = attachments_of(case, report.file_ids, Attachment.Step.REPORT)
    entry = ledger.step(case, "collect", by, at, data=_told(report))
    return _Draft(case, text, contact, entry, events.of(case, "collect", entry.id), secret, emergency, attachments)


def _known_reporter(report: Report, by: Actor) -> bool:
    """A person who reports for themselves; staff at the hotline report for somebody else."""
    return by.kind is ActorKind.PERSON and report.channel in {Channel.APP, Channel.MINI_PROGRAM, Channel.GRID_WORKER}


def _place(case: Case, report: Report, at: datetime) -> None:
    """Put the case where it is: by position, else by the unit named, else at the city, whose desk will ask."""
    moment = report.reported_at
    if report.lon is not None and report.lat is not None:
        place = territory.locate(report.lon, report.lat, moment, datum=report.datum, claimed=report.unit_id)
        put_at(case, place)
    elif report.unit_id is not None:
        put_in(case, territory.place_of_unit(report.unit_id, moment))
    else:
        case.units = [territory.root().id]


def put_at(case: Case, place: Place) -> None:
    """Set the position of the case and its units."""
    case.lon, case.lat = place.lon, place.lat
    if place.lon is not None and place.lat is not None:
        case.cell = rules.cell_of(place.lon, place.lat)
    put_in(case, place)


def put_in(case: Case, place: Place) -> None:
    """Set the units of the case to those of a place."""
    case.district_id, case.subdistrict_id, case.community_id = (
        place.district_id,
        place.subdistrict_id,
        place.community_id,
    )
    case.quarter_id, case.grid_id = place.quarter_id, place.grid_id
    case.units = list(place.path)


def _contact(case: Case, report: Report) -> CaseContact | None:
    if not (report.contact_name.strip() or report.contact_phone.strip()):
        return None
    phone = normalise_caller(report.contact_phone) if report.contact_phone.strip() else ""
    return CaseContact(
        case_id=case.id,
        name=rules.clean_text(report.contact_name, 60),
        phone=phone,
        phone_hash=keyed_hash(phone, "person.phone") if phone else None,
    )


def _told(report: Report) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if report.file_ids:
        data["files"] = sorted(str(file_id) for file_id in report.file_ids)
    if report.outside_reference:
        data["outside_reference"] = rules.clean_text(report.outside_reference, 100)
    return data


def _store(drafts: Sequence[_Draft], by: Actor, key: Once | None) -> None:
    write = Write()
    write.insert(Case, [draft.case for draft in drafts])
    write.insert(CaseText, [draft.text for draft in drafts])
    write.insert(CaseContact, [draft.contact for draft in drafts if draft.contact])
    attach(write, [row for draft in drafts for row in draft.attachments], by)
    write.insert(Entry, [draft.entry for draft in drafts])
    write.insert(OutboxEvent, [draft.event for draft in drafts])
    if key is not None:
        write.insert(IdempotencyKey, [key.row(result_id=drafts[0].case.id)])
    write.run()


def attachments_of(case: Case, file_ids: Sequence[UUID], step: str) -> list[Attachment]:
    """Uploaded files as attachments of the case, marked on it and not yet stored."""
    moment = clock.now()
    rows = [
        Attachment(case_id=case.id, file_id=file_id, step=step, cycle=case.cycle, added_at=moment)
        for file_id in dict.fromkeys(file_ids)
    ]
    for row in rows:
        ledger.mark(case, row)
    return rows


def attach(write: Write, attachments: Sequence[Attachment], by: Actor) -> None:
    """Store attachments. Each file must be the actor's own upload and belong to nothing yet. Raises FileNotYours."""
    if not attachments:
        return
    wanted = {row.file_id: row for row in attachments}
    files = list(StoredFile.objects.select_for_update().filter(pk__in=wanted, claim="", uploaded_by=by.id))
    if len(files) != len(attachments):
        raise errors.FileNotYours(field="files")
    for stored in files:
        stored.claim = f"case:{wanted[stored.id].case_id}"
    write.update(StoredFile, files, ["claim"])
    write.insert(Attachment, attachments)
