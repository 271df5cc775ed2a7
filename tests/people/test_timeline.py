"""Every change of a person, post, delegation or body is on its timeline; one made behind its back is found."""

from datetime import timedelta

import pytest

from linli.foundation import clock
from linli.foundation.access import ANONYMOUS, SYSTEM, Role, acting_as
from linli.foundation.models import OutboxEvent
from linli.foundation.progress import Progress
from linli.foundation.verify import verify
from linli.people import actions, events, queries, rules
from linli.people.models import Body, Delegation, Person, Post
from linli.territory import queries as territory
from linli.territory.models import Level

from .conftest import PASSWORD, make_actor, make_body, make_unit

pytestmark = pytest.mark.usefixtures("fresh_database")


def findings() -> list[tuple[str, str]]:
    with acting_as(SYSTEM):
        return [(found.subject, found.kind) for found in verify(Progress(quiet=True), with_files=False)]


def code_for(phone: str) -> str:
    actions.request_code(phone=phone, ip="", by=ANONYMOUS)
    with acting_as(SYSTEM):
        return events.opened(OutboxEvent.objects.latest("position").payload)[1]


def live_through_everything() -> tuple[Person, Post, Delegation, Body]:
    with acting_as(SYSTEM):
        unit = make_unit(Level.CITY, None, "成都市")
    territory.forget()
    body = make_body(unit)
    holder, colleague = make_actor(Role.HANDLER, unit, body), make_actor(Role.HANDLER, unit, body)
    assert holder.id is not None
    assert colleague.id is not None
    with acting_as(SYSTEM):
        post = Post.objects.get(person_id=holder.id)
    end = clock.now() + timedelta(days=9)
    first = actions.delegate(post=post.id, to_person=colleague.id, valid_to=end, by=holder)
    actions.withdraw_delegation(delegation=first.id, by=holder)
    second = actions.delegate(post=post.id, to_person=colleague.id, valid_to=end, by=holder)
    actions.end_post(post=post.id, at=clock.now() + timedelta(days=5), by=SYSTEM)
    secret = actions.begin_enrolment(person=holder.id, by=ANONYMOUS)
    code = rules.current_totp(secret, clock.now())
    person, recovery = actions.confirm_enrolment(person=holder.id, code=code, ip="", by=ANONYMOUS)
    actions.check_second_factor(person=holder.id, code=recovery[0], ip="", by=ANONYMOUS)
    actions.change_password(old=PASSWORD, new="another long phrase", ip="", by=holder)
    actions.set_preferences(by=holder, language="en")
    actions.give_consent(purpose="location", by=holder)
    actions.sign_out_everywhere(by=holder)
    actions.reset_sign_in(person=colleague.id, password="another long phrase", by=SYSTEM)
    actions.deactivate_staff(person=colleague.id, by=SYSTEM)
    table = f"username,role,unit,from\n{person.username},desk,{unit.code},2026-01-01\n"
    actions.import_posts(source=table.encode(), by=SYSTEM)
    sent = "13800001234"
    actions.request_code(phone=sent, ip="", by=ANONYMOUS)
    with acting_as(SYSTEM):
        Person.objects.create(phone=sent, phone_hash=rules.phone_hash(sent))
        resident = Person.objects.get(username=None)
    actions.give_consent(purpose="health", by=queries.actor_of(resident.id))
    actions.erase_person(by=queries.actor_of(resident.id))
    return person, post, second, body


def test_nothing_is_found_after_every_action_and_each_tampering_is() -> None:
    person, post, delegation, body = live_through_everything()
    robbed = actions.sign_in_with_code(phone="13800009999", code=code_for("13800009999"), by=ANONYMOUS)
    assert findings() == []
    with acting_as(SYSTEM):
        # Whoever has that phone would sign in as them.
        Person.objects.filter(pk=robbed.pk).update(phone_hash=rules.phone_hash("13800008888"))
        Person.objects.filter(pk=person.pk).update(password="x")
        Post.objects.filter(pk=post.pk).update(role=Role.ADMIN)
        Delegation.objects.filter(pk=delegation.pk).update(valid_to=clock.now() + timedelta(days=8))
        Body.objects.filter(pk=body.pk).update(name="x")
    assert sorted(findings()) == sorted(
        (f"{kind} {subject.pk}", "changed behind")
        for kind, subject in (
            ("person", person),
            ("person", robbed),
            ("post", post),
            ("delegation", delegation),
            ("body", body),
        )
    )
