"""A person's own data: read whole, exported, erased; preferences and consents."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from linli.foundation import clock, outbox, own_data
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import InvalidInput, NotFound, Stale
from linli.people import events, queries, rules
from linli.people.actions.scope import in_scope_of_actor
from linli.people.errors import PostsHeld
from linli.people.models import Consent, ConsentPurpose, Language, Person, Post
from linli.people.state import record


@in_scope_of_actor
def set_preferences(*, by: Actor, language: str, name: str | None = None) -> Person:
    """One's language and name. Raises `InvalidInput`."""
    if language not in set(Language):
        raise InvalidInput(field="language")
    person = queries.person_of(by)
    person.language = language
    fields = ["language"]
    # Staff are known to colleagues by the name that their administrator entered.
    if name is not None and not person.is_staff_account:
        person.name = rules.clean_text(name, "name", 100)
        fields.append("name")
    person.save(update_fields=fields)
    return person


@in_scope_of_actor
def give_consent(*, purpose: str, by: Actor) -> Consent:
    """A separate consent to one purpose. Giving it twice changes nothing."""
    if purpose not in set(ConsentPurpose):
        raise InvalidInput(field="purpose")
    person = queries.person_of(by)
    open_ones = Consent.objects.filter(person=person, purpose=purpose, withdrawn_at=None)
    given = open_ones.first()
    if given is not None:
        return given
    try:
        with transaction.atomic():
            locked = Person.objects.select_for_update().get(pk=person.id)
            given = Consent(person=person, purpose=purpose)
            given.save(force_insert=True)
            record(locked, "consent_given", by=by, data={"purpose": purpose})
    except IntegrityError:
        # A double click: the other one has given it.
        return open_ones.get()
    return given


@in_scope_of_actor
def keep_look(*, by: Actor, look: str) -> None:
    """Keep with the account how pages look, for the next device. What it may say is the web's to know."""
    Person.objects.filter(pk=queries.person_of(by).pk).update(look=look)


@in_scope_of_actor
def keep_language(*, by: Actor, language: str) -> None:
    """Keep with the account the language of pages and messages. Raises `InvalidInput`."""
    if language not in set(Language):
        raise InvalidInput(field="language")
    Person.objects.filter(pk=queries.person_of(by).pk).update(language=language)


@in_scope_of_actor
def withdraw_consent(*, purpose: str, by: Actor) -> Consent:
    """Withdraw a consent; no other service is lost by it. Raises `Stale` where there is none in force."""
    person = queries.person_of(by)
    with transaction.atomic():
        given = Consent.objects.select_for_update().filter(person=person, purpose=purpose, withdrawn_at=None).first()
        if given is None:
            raise Stale
        given.withdrawn_at = clock.now()
        given.save(update_fields=["withdrawn_at"])
        locked = Person.objects.select_for_update().get(pk=person.id)
        record(locked, "consent_withdrawn", by=by, data={"purpose": purpose})
    return given


@in_scope_of_actor
def export_person(*, by: Actor) -> dict[str, Any]:
    """Everything that any room keeps about the actor, as JSON can hold it (PIPL art. 45)."""
    person = queries.person_of(by)
    # A room may keep something about a person that its everyday scope does not show to them.
    with acting_as(SYSTEM):
        return {
            "exported_at": clock.now().isoformat(),
            "person": str(person.id),
            "parts": {part.name: part.export(person.id) for part in own_data.parts()},
        }


@in_scope_of_actor
def erase_person(*, by: Actor) -> Mapping[str, int]:
    """Erase the actor's personal data in every room and close the account (PIPL art. 47).

    What is left are anonymous facts, the timelines, and an entry that proves the erasure: how many records of which
    room. Raises `PostsHeld` while the person holds a post.
    """
    person_id = queries.person_of(by).id
    with acting_as(SYSTEM), transaction.atomic():
        person = Person.objects.select_for_update().get(pk=person_id)
        if person.erased_at is not None:
            raise NotFound
        if Post.objects.filter(person=person).exclude(valid_to__lte=clock.now()).exists():
            raise PostsHeld
        erased = {part.name: part.erase(person_id, by) for part in own_data.parts()}
        person.refresh_from_db()
        record(person, "erased", by=by, data=erased)
        outbox.publish(events.PERSON_ERASED, {"person": str(person_id)})
    return erased
