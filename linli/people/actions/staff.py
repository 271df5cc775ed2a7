"""Staff accounts: made, their passwords changed or reset, their sessions ended."""

from uuid import UUID

from django.contrib.auth.hashers import check_password as password_matches
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Actor, ActorKind, Permission, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.people import queries, rules
from linli.people.actions.scope import in_scope_of_actor
from linli.people.actions.throttle import count_try
from linli.people.errors import Taken, WeakPassword, WrongPassword
from linli.people.models import Delegation, Language, Person, Post
from linli.people.state import record


def create_staff(
    *,
    username: str,
    name: str,
    password: str,
    by: Actor,
    phone: str = "",
    language: Language = Language.CHINESE,
    demo: bool = False,
) -> Person:
    """A staff account without any post yet. A demo account has its authenticator already; the demo shows its codes.

    Raises `NotAllowed`, `InvalidUsername`, `InvalidPhone`, `WeakPassword`, `Taken`.
    """
    by.require(Permission.EDIT_POSTS)
    number = rules.normalise_phone(phone) if phone else ""
    person = Person(
        username=rules.normalise_username(username),
        name=rules.clean_text(name, "name", 100, needed=True),
        phone=number,
        phone_hash=rules.phone_hash(number) if number else None,
        language=language,
        demo=demo,
    )
    person.password = _encoded(password, person)
    if demo:
        person.totp_secret = rules.new_totp_secret()
        person.totp_enrolled_at = clock.now()
    # No policy lets a person write the row of another: the system does, once the actor's right is checked.
    with acting_as(SYSTEM):
        try:
            with transaction.atomic():
                person.save(force_insert=True)
                record(person, "created", by=by)
        except IntegrityError as error:
            raise Taken(field="username", value=username) from error
    return person


@in_scope_of_actor
def change_password(*, old: str, new: str, ip: str, by: Actor) -> Person:
    """One's own password. Every session ends but the one that the caller renews.

    Raises `WrongPassword`, `WeakPassword`, and `TooManyAttempts`: a stolen session must not be a way to guess.
    """
    known = queries.person_of(by)
    if known.username is None:
        raise NotAllowed
    # Before the try is counted: who only chose a weak one has guessed at nothing.
    encoded = _encoded(new, known)
    with acting_as(SYSTEM):
        attempt = count_try(known.username, ip)
        with transaction.atomic():
            person = Person.objects.select_for_update().get(pk=known.id)
            if not password_matches(old, person.password):
                raise WrongPassword(field="old")
            person.password = encoded
            person.save(update_fields=["password"])
            attempt.delete()
            record(person, "password_changed", by=by)
    return person


@in_scope_of_actor
def reset_sign_in(*, person: UUID, password: str, by: Actor) -> Person:
    """A new password, and a new authenticator to be enrolled: for staff who lost either. Every session ends.

    The actor must edit posts in every unit where the person holds or acts on one; else an administrator of a subdistrict could
    sign in as one of the city. Raises `NotFound`, `NotAllowed`, `WeakPassword`.
    """
    queries.person(person, actor=by)
    _require_over(person, by)
    with acting_as(SYSTEM), transaction.atomic():
        account = Person.objects.select_for_update().get(pk=person)
        if not account.is_staff_account:
            raise NotFound
        account.password = _encoded(password, account)
        account.totp_secret, account.totp_enrolled_at = "", None
        account.session_epoch += 1
        account.save(update_fields=["password", "totp_secret", "totp_enrolled_at", "session_epoch"])
        account.recovery_codes.all().delete()
        record(account, "sign_in_reset", by=by)
    return account


@in_scope_of_actor
def change_phone(*, person: UUID, phone: str, by: Actor) -> Person:
    """The number that texts go to; empty, none does. It signs nobody in. Raises `NotFound`, `NotAllowed`, `InvalidPhone`."""
    queries.person(person, actor=by)
    _require_over(person, by)
    number = rules.normalise_phone(phone) if phone else ""
    with acting_as(SYSTEM), transaction.atomic():
        account = Person.objects.select_for_update().get(pk=person)
        if not account.is_staff_account:
            raise NotFound
        account.phone, account.phone_hash = number, rules.phone_hash(number) if number else None
        account.save(update_fields=["phone", "phone_hash"])
        record(account, "phone_changed", by=by)
    return account


@in_scope_of_actor
def deactivate_staff(*, person: UUID, by: Actor, reason: str = "") -> Person:
    """Close a staff account: it signs in no more and its sessions end. Raises `NotFound`, `NotAllowed`."""
    queries.person(person, actor=by)
    _require_over(person, by)
    with acting_as(SYSTEM), transaction.atomic():
        account = Person.objects.select_for_update().get(pk=person)
        if not account.is_staff_account:
            raise NotFound
        account.active = False
        account.session_epoch += 1
        account.save(update_fields=["active", "session_epoch"])
        record(account, "deactivated", by=by, note=rules.clean_text(reason, "reason", 500))
    return account


@in_scope_of_actor
def sign_out_everywhere(*, by: Actor) -> Person:
    """End every session of the actor, on every device."""
    known = queries.person_of(by)
    with acting_as(SYSTEM), transaction.atomic():
        person = Person.objects.select_for_update().get(pk=known.id)
        person.session_epoch += 1
        person.save(update_fields=["session_epoch"])
        record(person, "signed_out_everywhere", by=by)
    return person


def _require_over(person: UUID, by: Actor) -> None:
    """Raises `NotAllowed` unless the actor edits posts wherever this other person holds or acts on one now or later."""
    if by.kind is ActorKind.PERSON and by.id == person:
        raise NotAllowed
    with acting_as(SYSTEM):
        lent = Delegation.objects.filter(to_person_id=person, valid_to__gt=clock.now()).values("post_id")
        posts = (
            Post.objects.select_related("unit", "body__unit")
            .filter(Q(person_id=person) | Q(pk__in=lent))
            .exclude(valid_to__lte=clock.now())
        )
        paths = [
            tuple(unit.path) for post in posts for unit in (post.unit, post.body.unit if post.body else None) if unit
        ]
    if not paths:
        by.require(Permission.EDIT_POSTS)
    for path in paths:
        by.require(Permission.EDIT_POSTS, path)


def _encoded(password: str, person: Person) -> str:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise WeakPassword(field="password") from error
    return make_password(password)
