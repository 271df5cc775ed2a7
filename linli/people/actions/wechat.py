"""A person connects the WeChat account by which they want to be told, and takes it off again."""

from django.db import IntegrityError, transaction

from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.privacy import keyed_hash
from linli.people import queries
from linli.people.actions.scope import in_scope_of_actor
from linli.people.errors import WechatTaken
from linli.people.models import Person
from linli.people.state import record


@in_scope_of_actor
def connect_wechat(*, openid: str, by: Actor) -> Person:
    """Keep the openid that WeChat has told of the actor; it takes the place of an earlier one. Raises `WechatTaken`."""
    person_id, digest = queries.person_of(by).id, keyed_hash(openid, "person.openid")
    try:
        # Whose else it is lies outside the actor's scope; the constraint sees all.
        with acting_as(SYSTEM), transaction.atomic():
            person = Person.objects.select_for_update().get(pk=person_id)
            if person.openid_hash is not None and bytes(person.openid_hash) == digest:
                return person
            person.openid, person.openid_hash = openid, digest
            person.save(update_fields=["openid", "openid_hash"])
            record(person, "wechat_connected", by=by)
    except IntegrityError:
        raise WechatTaken from None
    return person


@in_scope_of_actor
def disconnect_wechat(*, by: Actor) -> Person:
    """Forget the openid. What was to go there goes the usual way from now on. Doing it twice changes nothing."""
    person_id = queries.person_of(by).id
    with acting_as(SYSTEM), transaction.atomic():
        person = Person.objects.select_for_update().get(pk=person_id)
        if person.openid_hash is not None:
            person.openid, person.openid_hash = "", None
            person.save(update_fields=["openid", "openid_hash"])
            record(person, "wechat_disconnected", by=by)
    return person
