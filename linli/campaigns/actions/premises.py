"""The register of reopening: premises are taken in as closed, apply, are inspected, open, and may be closed again."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from linli.campaigns import errors, lifecycle, queries, rules, state
from linli.campaigns.actions.declaring import use
from linli.campaigns.lifecycle import Move
from linli.campaigns.models import Check, Power, Premises, PremisesKind, Standing
from linli.campaigns.queries import premises as register_of
from linli.campaigns.rules import Act
from linli.foundation.access import Actor
from linli.foundation.errors import InvalidInput, Stale


@dataclass(frozen=True, slots=True)
class NewPremises:
    """`responsible` is the body or the person who answers for it."""

    unit: UUID
    kind: str
    name: str
    address: str
    responsible: str
    phone: str = ""
    lon: float | None = None
    lat: float | None = None


def register(*, told: NewPremises, by: Actor) -> Premises:
    """Raises `NotAllowed`, `InvalidInput`."""
    queries.require(by, Act.RUN, told.unit)
    lengths = (("name", told.name, 120), ("address", told.address, 200), ("responsible", told.responsible, 120))
    for field, text, most in lengths:
        if not 1 <= len(text.strip()) <= most:
            raise InvalidInput(field=field)
    if told.kind not in PremisesKind.values:
        raise InvalidInput(field="kind")
    if (told.lon is None) != (told.lat is None) or not (
        -180 <= (told.lon or 0) <= 180 and -90 <= (told.lat or 0) <= 90
    ):
        raise InvalidInput(field="lon")
    row = Premises(
        unit_id=told.unit,
        kind=told.kind,
        name=told.name.strip(),
        address=told.address.strip(),
        responsible=told.responsible.strip(),
        phone=told.phone.strip(),
        lon=told.lon,
        lat=told.lat,
    )
    with transaction.atomic():
        row.save(force_insert=True)
        state.record(state.PREMISES, row, "register", by)
    return row


def move(*, premises: UUID, move: Move, words: str, by: Actor, version: int | None = None) -> Premises:
    """One step of the lifecycle; `words` are the commitments of an application, or what an inspection found.

    Closing what is open is a power of joint control, and is logged under it. Raises `NotFound`, `NotAllowed`, `Stale`,
    `ReasonNeeded`, `NotInForce`.
    """
    note = rules.words_of(words, field="words")
    with transaction.atomic():
        seen = register_of.one(by, premises)
        queries.require(by, Act.RUN, seen.unit_id)
        row = Premises.objects.select_for_update().get(pk=premises)
        after = lifecycle.MOVES[Standing(row.standing)].get(move)
        if after is None or (version is not None and version != row.version):
            raise Stale
        if move is Move.CLOSE:
            _use_power(row, by)
        if move is Move.APPLY:
            row.commitments = note
        row.standing = after
        row.version += 1
        row.save(update_fields=["standing", "commitments", "version"])
        if move in lifecycle.INSPECTIONS:
            Check.objects.create(premises=row, result=after, note=note, by_id=by.id, by_label=by.label[:120])
        state.record(state.PREMISES, row, move, by, note)
    return row


def _use_power(row: Premises, by: Actor) -> None:
    """Log the closing under what holds here and allows it. Raises `NotInForce`."""
    holds = [one for one in queries.in_force(row.unit_id) if Power.CLOSE_PREMISES in one.powers]
    if not holds:
        raise errors.NotInForce
    use(declaration=holds[0].pk, power=Power.CLOSE_PREMISES, subject=row.name, subject_id=row.pk, by=by)
