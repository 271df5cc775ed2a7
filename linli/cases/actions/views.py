"""Views of the desk that people keep: filters under a name, in an order, alone or with their unit.

What somebody shared stays when they leave the unit. Whoever leads the desk there removes it or takes it over.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import Max, QuerySet

from linli.cases import errors, queries, rules
from linli.cases.models import SavedView
from linli.foundation.access import SYSTEM, Actor, acting_as
from linli.foundation.errors import NotAllowed, NotFound, SignInNeeded

NAME_LENGTH, MOST_VIEWS = 40, 20


def save_view(*, name: str, query: str, by: Actor, unit: UUID | None = None) -> SavedView:
    """Keep these filters under this name; the same name anew means the new filters. `unit`: everybody with a post there sees it."""
    if by.id is None:
        raise SignInNeeded
    if unit is not None and unit not in by.units():
        raise NotAllowed
    name = _named(name)
    own = SavedView.objects.filter(owner=by.id)
    place = _last_place(own, besides=name)
    view, _made = SavedView.objects.update_or_create(
        owner_id=by.id,
        name=name,
        defaults={"query": query, "unit_id": unit},
        create_defaults={"query": query, "unit_id": unit, "position": place},
    )
    return view


def _last_place(own: QuerySet[SavedView], besides: str = "") -> int:
    """Where one more view comes. `besides`: the name of one that it replaces. Raises TooManyViews."""
    if own.exclude(name=besides).count() >= MOST_VIEWS:
        raise errors.TooManyViews(limit=MOST_VIEWS)
    return (own.aggregate(last=Max("position"))["last"] or 0) + 1


def _named(name: str) -> str:
    name = rules.clean_text(name, NAME_LENGTH)
    if not rules.says_something(name):
        raise errors.NoteNeeded(field="name")
    return name


def rename_view(*, view: UUID, name: str, by: Actor) -> SavedView:
    """Raises NotFound for others', ViewNameTaken."""
    name = _named(name)
    own = SavedView.objects.filter(owner=by.id)
    with transaction.atomic():
        renamed = own.select_for_update().filter(pk=view).first()
        if renamed is None:
            raise NotFound
        if own.exclude(pk=view).filter(name=name).exists():
            raise errors.ViewNameTaken(name=name)
        renamed.name = name
        renamed.save(update_fields=["name"])
    return renamed


def remove_view(*, view: UUID, by: Actor) -> None:
    """Forget a view of one's own, or one that somebody left behind in a unit whose desk one leads. Raises NotFound for others'."""
    if SavedView.objects.filter(pk=view, owner=by.id).delete()[0]:
        return
    with transaction.atomic(), acting_as(SYSTEM):
        _left_behind(view, by).delete()


def take_over_view(*, view: UUID, by: Actor) -> SavedView:
    """Make a view one's own that somebody left behind in a unit whose desk one leads; it stays shared. Its filters and its name stay.

    Raises NotFound for others', ViewNameTaken, TooManyViews.
    """
    if by.id is None:
        raise SignInNeeded
    with transaction.atomic(), acting_as(SYSTEM):
        taken = _left_behind(view, by)
        own = SavedView.objects.filter(owner=by.id)
        if own.filter(name=taken.name).exists():
            raise errors.ViewNameTaken(name=taken.name)
        taken.owner_id, taken.position = by.id, _last_place(own)
        taken.save(update_fields=["owner", "position"])
    return taken


def _left_behind(view: UUID, by: Actor) -> SavedView:
    """The view, locked, if its owner has left and `by` may put it in order. Raises NotFound."""
    found = SavedView.objects.select_for_update().filter(pk=view).first()
    if found is None or not queries.left_behind(by, [found]):
        raise NotFound
    return found


def move_view(*, view: UUID, by: Actor) -> None:
    """One place forward among one's own views. Raises NotFound for others'."""
    with transaction.atomic():
        own = list(SavedView.objects.select_for_update().filter(owner=by.id).order_by("position", "name"))
        at = next((number for number, one in enumerate(own) if one.pk == view), None)
        if at is None:
            raise NotFound
        if at > 0:
            own[at - 1 : at + 1] = [own[at], own[at - 1]]
        for number, one in enumerate(own, start=1):
            one.position = number
        SavedView.objects.bulk_update(own, ["position"])
