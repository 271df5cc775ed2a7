"""What giving, ending or handing over a post will do, told before it is saved."""

from datetime import date
from uuid import UUID

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from linli.foundation import clock
from linli.foundation.access import ROLE_LABELS, SYSTEM, Actor, Permission, Role, acting_as
from linli.foundation.preview import Effect, Line
from linli.people import queries
from linli.people.errors import NoColleague
from linli.people.models import Person, Post
from linli.territory import queries as territory
from linli.territory.index import UnitInfo


def unit_name(unit_id: UUID) -> str:
    return territory.unit(unit_id).name_in(get_language() or "")


def of_appointing(
    by: Actor, *, username: str, role: str, unit: UnitInfo, body: UUID | None, first_day: date | None,
    last_day: date | None, reason: str,
) -> Effect:  # fmt: skip
    """Raises `NotAllowed`, `NoColleague`, `NotFound`."""
    by.require(Permission.EDIT_POSTS, unit.path)
    facts = [(_("Who"), "–", _name(queries.staff_id(username))), (_("Role"), "–", str(ROLE_LABELS[Role(role)]))]
    facts.append((_("Unit"), "–", unit_name(unit.id)))
    follows = []
    if body:
        facts.append((_("Body"), "–", queries.body(body).label))
        told = _("They see and handle the cases of %(body)s, wherever these lie.")
        follows.append(Line(told % {"body": queries.body(body).label}))
    else:
        told = _("They act in %(unit)s and in everything below it.")
        follows.append(Line(told % {"unit": unit_name(unit.id)}))
    facts += [(_("First day"), "–", _day(first_day, _("now"))), (_("Last day"), "–", _day(last_day, _("until ended")))]
    others = _others(Role(role), unit.id, body, leaving=None)
    if others:
        told = ngettext("%(count)d other person holds this post already.",
                        "%(count)d other people hold this post already.", others)  # fmt: skip
        follows.append(Line(told % {"count": others}))
    return Effect(_("A post is given"), facts, follows)


def of_ending(post: Post, last_day: date | None) -> Effect:
    until = post.valid_to.date().isoformat() if post.valid_to else _("until ended")
    changes = [(_("Last day"), until, _day(last_day, _("now")))]
    follows = []
    if not _others(Role(post.role), post.unit_id, post.body_id, leaving=post.id):
        told = _("Nobody else holds this post: %(role)s in %(where)s has nobody from then on.")
        where = queries.body(post.body_id).label if post.body_id else unit_name(post.unit_id)
        follows.append(Line(told % {"role": post.get_role_display(), "where": where}, "bad"))
    standing_in = post.delegations.filter(valid_to__gt=clock.now()).count()
    if standing_in:
        told = ngettext("%(count)d stand-in ends with it.", "%(count)d stand-ins end with it.", standing_in)
        follows.append(Line(told % {"count": standing_in}, "warn"))
    return Effect(_("A post ends"), changes, follows)


def of_delegating(
    by: Actor, post: Post, *, username: str, first_day: date | None, last_day: date, notifications: bool, reason: str
) -> Effect:
    """Raises `NoColleague`, also for somebody whose posts the actor does not see: names are not to be tried out."""
    person = queries.staff_id(username)
    if not queries.visible_posts(by).filter(queries.in_force(clock.now()), person_id=person).exists():
        raise NoColleague(field="username")
    colleague = _name(person)
    changes = [
        (_("Colleague"), "–", colleague),
        (_("First day"), "–", _day(first_day, _("now"))),
        (_("Last day"), "–", last_day.isoformat()),
    ]
    acts = _("%(name)s acts on this post: %(role)s in %(where)s.")
    where = queries.body(post.body_id).label if post.body_id else unit_name(post.unit_id)
    follows = [Line(acts % {"name": colleague, "role": post.get_role_display(), "where": where})]
    follows.append(
        Line(_("The post's messages go to them.") if notifications else _("The post's messages stay with you."))
    )
    return Effect(_("A post is handed over"), changes, follows)


def _day(day: date | None, otherwise: str) -> str:
    return day.isoformat() if day else otherwise


def _name(person_id: UUID) -> str:
    """Of somebody whom the reader has named by the user name: what they are called."""
    with acting_as(SYSTEM):
        person = Person.objects.get(pk=person_id)
    return f"{person.name or person.username} ({person.username})"


def _others(role: Role, unit: UUID, body: UUID | None, leaving: UUID | None) -> int:
    """How many hold the same post now, besides the one that is to end."""
    with acting_as(SYSTEM):
        found = Post.objects.filter(queries.in_force(clock.now()), role=role, unit=unit, body=body)
        return found.exclude(pk=leaving).count() if leaving else found.count()
