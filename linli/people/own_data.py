"""This room's part of a person's own data: what is exported, what is erased."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from linli.foundation import clock, own_data
from linli.foundation.access import Actor
from linli.people.models import Consent, Delegation, Person, Post, SignInCode

MODELS = (Person, Post, Delegation, Consent)


def register() -> None:
    own_data.register("people", _("Account, posts and consents"), MODELS, export=export, erase=erase)


def export(person_id: UUID) -> dict[str, Any]:
    person = Person.objects.get(pk=person_id)
    return {
        "account": {
            "username": person.username,
            "name": person.name,
            "phone": person.phone,
            "language": person.language,
            "look": person.look,
            "wechat_openid": person.openid,
            "created_at": person.created_at.isoformat(),
        },
        "posts": [
            _post(post) | {"valid_from": post.valid_from.isoformat(), "valid_to": _text(post.valid_to)}
            for post in Post.objects.select_related("unit", "body").filter(person=person).order_by("valid_from")
        ],
        "acting_for": [
            _post(one.post) | {"valid_from": one.valid_from.isoformat(), "valid_to": _text(one.valid_to)}
            for one in Delegation.objects.select_related("post__unit", "post__body").filter(to_person=person)
        ],
        "consents": [
            {
                "purpose": consent.purpose,
                "given_at": consent.given_at.isoformat(),
                "withdrawn_at": _text(consent.withdrawn_at),
            }
            for consent in Consent.objects.filter(person=person).order_by("given_at")
        ],
    }


def erase(person_id: UUID, by: Actor) -> int:
    """Everything that tells who the person is. Posts stay: who held a public office, under an id that leads nowhere."""
    person = Person.objects.get(pk=person_id)
    codes = 0
    if person.phone_hash is not None:
        codes, _of = SignInCode.objects.filter(phone_hash=person.phone_hash).delete()
    recovery, _of = person.recovery_codes.all().delete()
    consents = Consent.objects.filter(person=person, withdrawn_at=None).update(withdrawn_at=clock.now())
    person.username = person.phone_hash = person.openid_hash = None
    person.name = person.phone = person.openid = person.totp_secret = person.look = ""
    person.totp_enrolled_at = None
    person.set_unusable_password()
    person.active, person.erased_at = False, clock.now()
    person.session_epoch += 1
    person.save()
    return 1 + codes + recovery + consents


def _post(post: Post) -> dict[str, Any]:
    return {"role": post.role, "unit": post.unit.name, "body": post.body.name if post.body else None}


def _text(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
