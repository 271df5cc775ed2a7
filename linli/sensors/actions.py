"""Everything that writes: the register, readings with the alerts that follow from them, silence, and what people answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, Value
from django.utils import translation

from linli.cases import actions as cases
from linli.cases.rules import Report
from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import DomainError, InvalidInput, NotAllowed, NotFound
from linli.foundation.tabular import is_code
from linli.people import queries as people
from linli.sensors import errors, events, queries, rules, words
from linli.sensors.models import Alert, AlertKind, Device, DeviceKind, OwnerToken, Reading, Verdict
from linli.sensors.queries import Owner
from linli.territory import queries as territory

SUBJECT = "sensor_alert"
REGISTER = "sensor_device"
ANSWERS: dict[str, tuple[Verdict, ...]] = {
    Verdict.NONE: (Verdict.ACKNOWLEDGED, Verdict.CASE, Verdict.DISMISSED),
    Verdict.ACKNOWLEDGED: (Verdict.CASE, Verdict.DISMISSED),
    Verdict.DISMISSED: (Verdict.CASE,),
    Verdict.CASE: (),
}


# --- the register ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """A device as its owner describes it. Its unit follows from where it stands."""

    code: str
    kind: str
    name: str
    lon: float
    lat: float
    unit_id: UUID
    owner_id: UUID
    silent_minutes: int
    low: float | None = None
    high: float | None = None


@dataclass(slots=True)
class Registered:
    opened: int = 0
    changed: int = 0
    unchanged: int = 0


def register(*, told: Sequence[Told], by: Actor) -> Registered:
    """Devices as a register has them now; those that it does not name stay. For the system."""
    _require_system(by)
    done = Registered()
    with acting_as(by), transaction.atomic():
        known = {
            row.code: row for row in Device.objects.select_for_update().filter(code__in=[one.code for one in told])
        }
        for one in told:
            values = {name: getattr(one, name) for name in Told.__slots__} | {"closed_at": None}
            row = known.get(one.code)
            if row is None:
                _register_step(Device.objects.create(**values), "register", by)
                done.opened += 1
            elif _change(row, values, by):
                done.changed += 1
            else:
                done.unchanged += 1
    return done


def enter(*, told: Told, by: Actor) -> Device:
    """One more device, by hand. Raises NotAllowed, CodeTaken, InvalidInput."""
    values = _checked(told, by)
    row = Device(**values)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            _register_step(row, "register", by)
    except IntegrityError:
        # Two at once as well, and where the other device is one that the actor does not see: the code is the only thing that is unique.
        raise errors.CodeTaken(field="code") from None
    return row


def change(*, device_id: UUID, told: Told, by: Actor) -> Device:
    """As it is from now on; its code stays, by which its readings come. Raises NotFound, NotAllowed, DeviceClosed, InvalidInput."""
    values = _checked(told, by)
    with transaction.atomic():
        row = _managed(device_id, by)
        _change(row, values | {"code": row.code}, by)
    return row


def retire(*, device_id: UUID, reason: str, by: Actor) -> Device:
    """Out of the register, with its alerts. Raises NotFound, NotAllowed, DeviceClosed, RetireReasonNeeded."""
    said = reason.strip()[: rules.REASON_LENGTH]
    if not said:
        raise errors.RetireReasonNeeded(field="reason")
    with transaction.atomic():
        row = _managed(device_id, by)
        _close(row, by, said)
    return row


def _checked(told: Told, by: Actor) -> dict[str, Any]:
    """As it is stored. A device is registered where its register is kept: in a unit of who writes it."""
    if not queries.manages(by, told.unit_id):
        raise NotAllowed
    people.body(told.owner_id)
    for name, good in (
        ("code", is_code(told.code) and len(told.code) <= rules.CODE_LENGTH),
        ("kind", told.kind in DeviceKind.values),
        ("name", bool(told.name.strip()) and len(told.name) <= rules.NAME_LENGTH),
        ("silent_minutes", 1 <= told.silent_minutes <= rules.LONGEST_SILENCE),
    ):
        if not good:
            raise InvalidInput(field=name)
    if told.low is not None and told.high is not None and told.low >= told.high:
        raise errors.LimitsCrossed(field="high")
    return {name: getattr(told, name) for name in Told.__slots__}


def _managed(device_id: UUID, by: Actor) -> Device:
    # Asked before it is locked: the database locks no row for whoever may not write it.
    if not queries.manages(by, queries.device(by, device_id).unit_id):
        raise NotAllowed
    row = Device.objects.select_for_update().get(pk=device_id)
    if row.closed_at is not None:
        raise errors.DeviceClosed
    return row


def _change(row: Device, values: Mapping[str, Any], by: Actor) -> bool:
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
        _register_step(row, "change", by, data={"changed": sorted(changed)})
    return bool(changed)


def _close(row: Device, by: Actor, note: str = "") -> None:
    row.closed_at = clock.now()
    row.save(update_fields=["closed_at"])
    _register_step(row, "close", by, note)
    with acting_as(SYSTEM):
        standing = _Standing({row.pk: row})
        standing.close_all(row.closed_at)
        standing.save()


def _register_step(row: Device, action: str, by: Actor, note: str = "", data: Mapping[str, Any] | None = None) -> None:
    with acting_as(SYSTEM):
        audit.record(
            subject_type=REGISTER, subject_id=row.pk, action=action, by=by, state=registered(row), note=note, data=data
        )


def registered(row: Device) -> dict[str, Any]:
    """What the timeline of a device digests: what is registered, not what it says."""
    return {name: getattr(row, name) for name in (*Told.__slots__, "closed_at")}


def registered_states(ids: Iterable[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """How the verification of timelines reads them."""
    return {row.pk: registered(row) for row in Device.objects.filter(pk__in=list(ids))}


def close(*, code: str, by: Actor) -> Device:
    """Out of the register, with its alerts; its readings stay for their time. For the system. Raises NotFound."""
    _require_system(by)
    with acting_as(by), transaction.atomic():
        row = Device.objects.select_for_update().filter(code=code, closed_at=None).first()
        if row is None:
            raise NotFound
        _close(row, by)
    return row


def new_token(*, owner: UUID, by: Actor) -> str:
    """A token for an owner's system: given out this once, kept nowhere. For the system."""
    _require_system(by)
    token = rules.new_token()
    with acting_as(by):
        OwnerToken.objects.create(
            owner_id=owner, prefix=token[: rules.PREFIX_LENGTH], token_hash=queries.token_hash(token)
        )
    return token


def revoke(*, prefix: str, by: Actor) -> int:
    """The tokens that begin like this are good no longer. Returns how many. For the system."""
    _require_system(by)
    with acting_as(by):
        return OwnerToken.objects.filter(prefix=prefix, revoked_at=None).update(revoked_at=clock.now())


def _require_system(by: Actor) -> None:
    if not by.is_system:
        raise NotAllowed


# --- readings --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measured:
    """One reading as it was sent; `number` is its place in what was sent."""

    number: int
    code: str
    at: datetime
    value: float


@dataclass(slots=True)
class Delivered:
    """What became of what was sent; each that was refused with the reason, by its place."""

    kept: int = 0
    repeated: int = 0
    refused: dict[int, DomainError] = field(default_factory=dict)


def deliver(*, owner: Owner, readings: Sequence[Measured]) -> Delivered:
    """Keep what is good of it: once for a device and moment, however often it is sent. Alerts follow in the same transaction."""
    if len(readings) > rules.MOST_READINGS:
        raise InvalidInput(field="readings")
    done = Delivered()
    with acting_as(SYSTEM), transaction.atomic():
        codes = {one.code for one in readings}
        held = Device.objects.select_for_update().filter(owner=owner.body_id, closed_at=None, code__in=codes)
        devices = {row.code: row for row in held.order_by("pk")}
        fresh = _fresh(readings, devices, done)
        Reading.objects.bulk_create(Reading(device=row, at=at, value=value) for row, at, value in fresh)
        done.kept = len(fresh)
        _follow(fresh)
    return done


_KEEP_LAST = """
UPDATE sensors_device SET beyond = said.beyond, times = said.times, last_at = said.at, last_value = said.value
FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::timestamptz[], %s::float8[]) AS said (id, beyond, times, at, value)
WHERE sensors_device.id = said.id
"""
Fresh = list[tuple[Device, datetime, float]]


def _fresh(readings: Sequence[Measured], devices: Mapping[str, Device], done: Delivered) -> Fresh:
    """Those that are to be kept, in the order of time."""
    now = clock.now()
    moments = {one.at for one in readings}
    rows = Reading.objects.filter(device__in=list(devices.values()), at__in=moments)
    said = {(device, at): value for device, at, value in rows.values_list("device_id", "at", "value")}
    fresh: Fresh = []
    for one in readings:
        row = devices.get(one.code)
        if row is None:
            done.refused[one.number] = errors.UnknownDevice(field="device")
        elif not rules.may_be_of(one.at, now):
            done.refused[one.number] = errors.WrongMoment(field="at")
        elif (row.pk, one.at) not in said:
            said[row.pk, one.at] = one.value
            fresh.append((row, one.at, one.value))
        elif said[row.pk, one.at] == one.value:
            done.repeated += 1
        else:
            done.refused[one.number] = errors.AnotherValue(field="value")
    return sorted(fresh, key=lambda kept: kept[1])


def _follow(fresh: Fresh) -> None:
    """What the devices say now, and what opens and closes by it. A reading older than the last one is history only."""
    news = [(row, at, value) for row, at, value in fresh if row.last_at is None or at > row.last_at]
    touched = {row.pk: row for row, _at, _value in news}
    standing = _Standing(touched)
    for row, at, value in news:
        run = rules.Run(row.beyond, row.times).then(rules.side_of(value, row.low, row.high))
        row.beyond, row.times, row.last_at, row.last_value = run.side, run.times, at, float(value)
        for kind in (AlertKind.LOW, AlertKind.HIGH):
            if run.side != kind:
                standing.close(row, kind, at)
        if run.crossed:
            standing.open(row, AlertKind(run.side), at, value)
    now = clock.now()
    for row in touched.values():
        assert row.last_at is not None
        if not rules.is_silent(row.last_at, row.silent_minutes, now):
            standing.close(row, AlertKind.SILENT, now)
    _keep_last(touched.values())
    standing.save()


def _keep_last(devices: Iterable[Device]) -> None:
    """One statement: as a CASE for each row and column, a thousand devices take seconds."""
    rows = [(row.pk, row.beyond, row.times, row.last_at, row.last_value) for row in devices]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_LAST, [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 5)


class _Standing:
    """The open alerts of some devices, while readings open and close them."""

    def __init__(self, devices: Mapping[UUID, Device]) -> None:
        rows = Alert.objects.select_for_update().filter(device__in=list(devices), closed_at=None)
        self._open = {(row.device_id, row.kind): row for row in rows}
        self._made: list[Alert] = []
        self._closed: list[Alert] = []
        self._devices = devices

    def open(self, device: Device, kind: AlertKind, at: datetime, value: float | None) -> None:
        if (device.pk, kind) not in self._open:
            made = Alert(device=device, kind=kind, value=value, opened_at=at)
            self._open[device.pk, kind] = made
            self._made.append(made)

    def close(self, device: Device, kind: AlertKind, at: datetime) -> None:
        row = self._open.pop((device.pk, kind), None)
        if row is not None:
            row.closed_at = at
            self._closed.append(row)

    def close_all(self, at: datetime) -> None:
        for device, kind in list(self._open):
            self.close(self._devices[device], AlertKind(kind), at)

    def save(self) -> None:
        """Closed ones first: of a kind, a device has one open at a time."""
        made = {row.pk for row in self._made}
        Alert.objects.bulk_update([row for row in self._closed if row.pk not in made], ["closed_at"])
        Alert.objects.bulk_create(self._made)
        for change, rows in (("opened", self._made), ("closed", self._closed)):
            for row in rows:
                _tell(row, self._devices[row.device_id], change)


def _tell(alert: Alert, device: Device, change: str) -> None:
    _record(alert, change, SYSTEM)
    events.told(alert.pk, change, territory.unit(device.unit_id).path)


def find_silent() -> int:
    """An alert for each device that has said nothing for too long, since its last word or since it was registered. Returns how many."""
    now = clock.now()
    for_long = ExpressionWrapper(F("silent_minutes") * Value(timedelta(minutes=1)), DurationField())
    open_now = Alert.objects.filter(kind=AlertKind.SILENT, closed_at=None)
    with acting_as(SYSTEM), transaction.atomic():
        found = Device.objects.select_for_update().filter(closed_at=None).exclude(pk__in=open_now.values("device"))
        silent = found.filter(
            Q(last_at=None, created_at__lt=Value(now) - for_long) | Q(last_at__lt=Value(now) - for_long)
        )
        made = [Alert(device=row, kind=AlertKind.SILENT, opened_at=now) for row in silent.order_by("pk")]
        Alert.objects.bulk_create(made)
        for row in made:
            _tell(row, row.device, "opened")
    return len(made)


def forget_readings() -> int:
    """Readings whose time is over are gone for good; alerts stay. Returns how many. For the system."""
    return Reading.objects.filter(at__lt=clock.now() - rules.KEPT).delete()[0]


# --- what people answer ----------------------------------------------------------------------------------------------


def answer(*, alert_id: UUID, verdict: Verdict, reason: str, by: Actor) -> Alert:
    """Acknowledge it, make it a case, or dismiss it. Raises NotFound, NotAllowed, Answered, ReasonNeeded."""
    said = reason.strip()[: rules.REASON_LENGTH]
    seen = queries.alert(by, alert_id)
    if not queries.answers(by, seen.device):
        raise NotAllowed
    if verdict is Verdict.DISMISSED and not said:
        raise errors.ReasonNeeded(field="reason")
    with transaction.atomic():
        held = Alert.objects.select_for_update().get(pk=seen.pk)
        if verdict not in ANSWERS[held.verdict]:
            raise errors.Answered
        if verdict is Verdict.CASE:
            held.made_case = cases.collect(report=_report(held, seen.device, said), by=by).case.id
        held.verdict = verdict
        held.save(update_fields=["verdict", "made_case"])
        _record(held, verdict.value, by, said)
        events.told(held.pk, verdict.value, territory.unit(seen.device.unit_id).path)
    return held


def _report(alert: Alert, device: Device, note: str) -> Report:
    """In the city's language, whoever asks for it. Not shown to the public: a machine reported it."""
    with translation.override(settings.LANGUAGE_CODE):
        said = [note, words.title(alert, device), words.measured(device, alert.value)]
        return Report(
            title=words.title(alert, device),
            description="\n".join(line for line in said if line),
            channel=words.CHANNEL,
            lon=device.lon,
            lat=device.lat,
            private=True,
        )


def _record(alert: Alert, action: str, by: Actor, note: str = "") -> None:
    # The end of the chain may be an entry that the actor cannot see.
    with acting_as(SYSTEM):
        audit.record(
            subject_type=SUBJECT, subject_id=alert.pk, action=action, by=by, state=state_of(alert), note=note, data={}
        )


def state_of(alert: Alert) -> dict[str, Any]:
    """What the timeline digests."""
    names = ("device_id", "kind", "value", "opened_at", "closed_at", "verdict", "made_case")
    return {name: getattr(alert, name) for name in names}


def states(ids: Iterable[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """How the verification of timelines reads them."""
    return {row.pk: state_of(row) for row in Alert.objects.filter(pk__in=list(ids))}
