"""Warning everybody: out under a declaration, and in from weather and flood services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from linli.campaigns import actions as campaign_actions
from linli.campaigns import queries as campaigns
from linli.campaigns.actions import telling
from linli.campaigns.models import Kind, Power, TellingEnd, TellingSource
from linli.campaigns.rules import Act
from linli.config import env
from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, Actor, ActorKind, acting_as
from linli.foundation.errors import InvalidInput, NotAllowed, NotFound
from linli.foundation.ids import uuid7
from linli.gateway import queries, rules
from linli.gateway.actions.announcements import tell_of, whole, withdraw
from linli.gateway.cap import areas, message
from linli.gateway.cap.message import (
    Alert,
    Category,
    Certainty,
    Info,
    MsgType,
    Reference,
    ResponseType,
    Severity,
    Status,
    Urgency,
)
from linli.gateway.errors import AlertChanged, AlertOver, NothingToWarnIn
from linli.gateway.models import AlertDirection, ApiKey, PublicAlert
from linli.territory import queries as territory

SUBJECT = "alert"
# A message that does not say when it is over is over after a day.
A_DAY = timedelta(days=1)
LONGEST = {
    "headline": 60, "headline_en": 120, "instruction": 400, "instruction_en": 900, "description": 500, "description_en": 900,
}  # fmt: skip
CATEGORIES = {
    Kind.EPIDEMIC: Category.HEALTH,
    Kind.FLOOD: Category.MET,
    Kind.GAS_LEAK: Category.CBRNE,
    Kind.FIRE: Category.FIRE,
    Kind.EARTHQUAKE: Category.GEO,
}


class AtDoors(StrEnum):
    """Who is told at the door what no phone tells them."""

    EVERYBODY = "everybody"
    LOOKED_AFTER = "looked_after"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class NewAlert:
    """What is to be said, where, and until when. English is optional."""

    declaration: UUID
    units: Sequence[UUID]
    headline: str
    instruction: str
    expires: datetime
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    description: str = ""
    headline_en: str = ""
    instruction_en: str = ""
    description_en: str = ""
    at_doors: AtDoors = AtDoors.EVERYBODY


# --- out -------------------------------------------------------------------------------------------------------------


def issue_alert(*, warning: NewAlert, by: Actor, updates: UUID | None = None) -> PublicAlert:
    """Warn an area, anew or in the place of another warning; people are told a minute later.

    Raises `NotAllowed`, `NotInForce`, `PowerNotGiven`, `NothingToWarnIn`, `AlertOver`, `InvalidInput`.
    """
    declared = campaigns.declaration(warning.declaration)
    campaigns.require(by, Act.RUN, declared.unit_id)
    _check(warning)
    units = [territory.unit(unit) for unit in dict.fromkeys(warning.units)]
    if not units or any(declared.unit_id not in unit.path for unit in units):
        raise NothingToWarnIn(field="units")
    if not clock.now() < warning.expires <= declared.ends_at:
        raise InvalidInput(field="expires")
    with transaction.atomic():
        before = _locked(updates, by) if updates else None
        now = clock.now().replace(microsecond=0)
        told = Alert(
            identifier=str(uuid7()),
            sender=_sender(),
            sent=timezone.localtime(now),
            # An exercise is one outside too.
            status=Status.EXERCISE if declared.kind == Kind.EXERCISE else Status.ACTUAL,
            msg_type=MsgType.UPDATE if before else MsgType.ALERT,
            references=_chain(before) if before else (),
            infos=_infos(warning, declared.kind, units, now),
        )
        row = _row(
            told,
            units=[unit.id for unit in units],
            declaration=declared,
            direction=AlertDirection.OUT,
            created_by=by.id,
        )
        subject = row.headline
        campaign_actions.use(
            declaration=declared.id, power=Power.WARN_EVERYBODY, subject=subject, subject_id=row.id, by=by
        )
        _store_ours(row, "issued" if before is None else "updated", by)
        if before:
            _end(before, row, by)
        goes_out, goes_at = queries.is_for_residents(row), clock.now() + rules.CALL_BACK
        if goes_out:
            with acting_as(SYSTEM):
                tell_of(row, goes_at=goes_at, by=by)
        _at_doors(row, warning.at_doors if goes_out else AtDoors.NOBODY, goes_at, [before] if before else [], by)
    return row


def cancel_alert(*, alert_id: UUID, by: Actor) -> PublicAlert:
    """It holds no longer: nobody is told who was not yet, and the others are told that it is over. Raises `AlertOver`, `NotAllowed`.

    To take a warning back needs no power: also when the declaration has ended in between.
    """
    with transaction.atomic():
        before = _locked(alert_id, by)
        said = message.read(before.xml.encode())
        told = replace(
            said,
            identifier=str(uuid7()),
            sent=timezone.localtime(clock.now().replace(microsecond=0)),
            msg_type=MsgType.CANCEL,
            references=_chain(before),
            infos=tuple(_over(info) for info in said.infos),
        )
        row = _row(
            told, units=before.units, declaration=before.declaration, direction=AlertDirection.OUT, created_by=by.id
        )
        _store_ours(row, "cancelled", by)
        _end(before, row, by)
        telling.end_telling(notices=[before.pk], by=by)
    return row


def _check(warning: NewAlert) -> None:
    for name, most in LONGEST.items():
        text = getattr(warning, name)
        if len(text) > most or (name in {"headline", "instruction"} and not text.strip()):
            raise InvalidInput(field=name)


def _sender() -> str:
    return f"linli@{urlsplit(env.get('LINLI_URL')).hostname or 'localhost'}"


def _infos(warning: NewAlert, kind: str, units: Sequence[Any], now: datetime) -> tuple[Info, ...]:
    event = {"zh": _label(kind, "zh-hans"), "en": _label(kind, "en")}

    def said(language: str, tag: str, ending: str) -> Info:
        return Info(
            language=tag,
            categories=(CATEGORIES.get(Kind(kind), Category.SAFETY),),
            event=event[language],
            responses=(ResponseType.EXECUTE,),
            urgency=warning.urgency,
            severity=warning.severity,
            certainty=warning.certainty,
            effective=timezone.localtime(now),
            expires=timezone.localtime(warning.expires),
            headline=getattr(warning, f"headline{ending}").strip(),
            instruction=getattr(warning, f"instruction{ending}").strip(),
            description=getattr(warning, f"description{ending}").strip(),
            areas=areas.areas_of(units, language),
        )

    infos = [said("zh", "zh-CN", "")]
    if warning.headline_en.strip():
        infos.append(said("en", "en", "_en"))
    return tuple(infos)


def _over(info: Info) -> Info:
    language = "zh-hans" if info.language.startswith("zh") else "en"
    with translation.override(language):
        headline = str(_("No longer in force: %(headline)s") % {"headline": info.headline or info.event})
        text = str(_("This warning was withdrawn."))
    return replace(
        info,
        headline=headline,
        description=text,
        instruction="",
        responses=(ResponseType.ALL_CLEAR,),
        urgency=Urgency.PAST,
    )


def _label(kind: str, language: str) -> str:
    with translation.override(language):
        return str(Kind(kind).label)


def _chain(before: PublicAlert) -> tuple[Reference, ...]:
    itself = Reference(before.sender, before.identifier, timezone.localtime(before.sent))
    return (*message.read(before.xml.encode()).references, itself)


def _locked(alert_id: UUID, by: Actor) -> PublicAlert:
    rows = PublicAlert.objects.select_for_update(of=("self",)).select_related("declaration")
    row = rows.filter(pk=alert_id, direction=AlertDirection.OUT).first()
    if row is None or row.declaration is None:
        raise NotFound
    campaigns.require(by, Act.RUN, row.declaration.unit_id)
    if row.ended_by_id is not None or row.msg_type == MsgType.CANCEL:
        raise AlertOver
    return row


def _store_ours(row: PublicAlert, action: str, by: Actor) -> None:
    row.save(force_insert=True)
    # The end of the chain may be an entry that the actor cannot see.
    with acting_as(SYSTEM):
        audit.record(subject_type=SUBJECT, subject_id=row.id, action=action, by=by, state=_state_of(row))


def _state_of(row: PublicAlert) -> dict[str, Any]:
    """What the timeline digests: the message. What ends it has a timeline of its own."""
    return {name: getattr(row, name) for name in ("sender", "identifier", "sent", "units", "xml")}


def alert_states(ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """How the verification of timelines reads them."""
    return {row.id: _state_of(row) for row in PublicAlert.objects.filter(pk__in=ids)}


# --- in --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReceivedAlert:
    alert: PublicAlert
    known: bool


def receive_alert(*, data: bytes, by: Actor) -> ReceivedAlert:
    """Store a service's message, once. It holds in what its areas cover of the key's unit, and ends only what the same key has sent.

    Raises `NotAllowed`, `NotCap`, `MessageTooLarge`, `AlertChanged`.
    """
    if by.kind is not ActorKind.API_KEY or by.id is None or not by.reports:
        raise NotAllowed
    told = message.read(data)
    with acting_as(SYSTEM), transaction.atomic():
        # One message of a key after the other: an update and what it updates may come at once.
        key = ApiKey.objects.select_for_update().get(pk=by.id)
        known = PublicAlert.objects.filter(sender=told.sender, identifier=told.identifier, sent=told.sent).first()
        if known is not None:
            if known.key_id != key.id or known.xml != message.write(told).decode():
                raise AlertChanged
            return ReceivedAlert(known, True)
        row = _row(
            told,
            units=areas.units_of(told, territory.unit(key.unit_id)),
            key=key,
            direction=AlertDirection.IN,
            created_by=by.id,
        )
        _place_in_line(row, key, by)
    return ReceivedAlert(row, False)


def _place_in_line(row: PublicAlert, key: ApiKey, by: Actor) -> None:
    """Messages may come in any order: it ends what it refers to, and is ended by what referred to it before it came."""
    theirs = PublicAlert.objects.filter(key=key)
    replacing = (MsgType.UPDATE, MsgType.CANCEL)
    referred = [one for one in theirs.filter(ended_by=None) if _named(one) in row.references]
    if row.msg_type == MsgType.CANCEL and not row.units:
        row.units = sorted({unit for one in referred for unit in one.units})
    row.ended_by = theirs.filter(references__contains=[_named(row)], msg_type__in=replacing).order_by("-sent").first()
    row.save(force_insert=True)
    # What acknowledges another, or only speaks of it, ends nothing.
    ended = referred if row.msg_type in replacing else []
    for one in ended:
        _end(one, row, by)
    alive = row.ended_by is None and row.expires > clock.now() and bool(row.units)
    goes_out = alive and row.msg_type in (MsgType.ALERT, MsgType.UPDATE) and queries.is_for_residents(row)
    goes_at = max(clock.now(), row.effective)
    if goes_out:
        tell_of(row, goes_at=goes_at, by=by)
    # Grave weather comes several times in a week of summer: then only those are called on who are looked after anyway.
    _at_doors(row, AtDoors.LOOKED_AFTER if goes_out else AtDoors.NOBODY, goes_at, ended, by)


# --- both ------------------------------------------------------------------------------------------------------------


def _end(before: PublicAlert, after: PublicAlert, by: Actor) -> None:
    """Whoever was told of a warning is told that it is over; who was not yet, is not any more."""
    before.ended_by = after
    before.save(update_fields=["ended_by"])
    with acting_as(SYSTEM):
        went_out = withdraw(before, by)
        if went_out and after.msg_type == MsgType.CANCEL and after.expires > clock.now():
            tell_of(after, goes_at=clock.now(), by=by)


def _at_doors(row: PublicAlert, who: AtDoors, goes_at: datetime, instead_of: Sequence[PublicAlert], by: Actor) -> None:
    """What no phone tells is told at the doors, from the moment it goes out; what it updates is told there no more."""
    before = [one.pk for one in instead_of]
    if who is AtDoors.NOBODY:
        # An update holds on, though nobody is sent with it: it is not over.
        goes_on = row.msg_type == MsgType.UPDATE and row.expires > clock.now()
        telling.end_telling(notices=before, by=by, why=TellingEnd.UPDATED if goes_on else TellingEnd.CANCELLED)
        return
    notice = telling.Notice(
        id=row.pk,
        source=TellingSource.ALERT,
        units=row.units,
        title=row.said_in("zh", "headline"),
        title_en=row.headline_en,
        text=whole(row, "zh"),
        text_en=whole(row, "en") if row.headline_en else "",
        starts_at=goes_at,
        ends_at=row.expires,
        declaration=row.declaration_id,
        looked_after=who is AtDoors.LOOKED_AFTER,
    )
    telling.begin_telling(notice=notice, by=by, instead_of=before)


def _row(told: Alert, *, units: Sequence[UUID], **other: Any) -> PublicAlert:
    """The first info stands for all, but for the words in English; Chinese ones are looked for among all."""
    main = next((info for info in told.infos if info.language.lower().startswith("zh")), next(iter(told.infos), None))
    english = next((info for info in told.infos if info.language.lower().startswith("en")), None)
    effective = (main.effective if main else None) or told.sent
    expires = (main.expires if main else None) or effective + A_DAY
    return PublicAlert(
        id=uuid7(),
        sender=told.sender,
        identifier=told.identifier,
        sent=told.sent,
        status=told.status,
        msg_type=told.msg_type,
        scope=told.scope,
        category=main.categories[0] if main else "",
        urgency=main.urgency if main else "",
        severity=main.severity if main else "",
        certainty=main.certainty if main else "",
        units=list(units),
        effective=effective,
        expires=expires,
        references=[_name(one) for one in told.references],
        xml=message.write(told).decode(),
        **_words(main, ""),
        **_words(english if english is not main else None, "_en"),
        **other,
    )


def _words(info: Info | None, ending: str) -> dict[str, str]:
    if info is None:
        return {}
    headline = info.headline or info.event
    return {
        f"headline{ending}": headline[:200],
        f"description{ending}": info.description,
        f"instruction{ending}": info.instruction,
    }


def _named(row: PublicAlert) -> str:
    return _name(Reference(row.sender, row.identifier, row.sent))


def _name(one: Reference) -> str:
    """The same moment is written in one way, whatever its zone."""
    return str(replace(one, sent=one.sent.astimezone(UTC)))
