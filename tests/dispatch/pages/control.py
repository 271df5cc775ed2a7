"""The page of dispatch control, as its tests use it."""

import re
from uuid import UUID, uuid4

from django.test import Client
from factories.world import HERE, World

from linli.cases.models import Case
from linli.dispatch.models import Proposal
from linli.foundation.access import SYSTEM, acting_as

NEAR = (HERE[0] + 0.001, HERE[1])
FAR = (HERE[0] + 0.01, HERE[1])


def again(case: UUID) -> Case:
    with acting_as(SYSTEM):
        return Case.objects.get(pk=case)


def control(world: World) -> str:
    return f"/dispatch/?unit={world.id('W')}"


def propose(world: World, desk: Client) -> Proposal:
    answer = desk.post("/dispatch/propose/", {"unit": str(world.id("W")), "once": str(uuid4())})
    assert (answer.status_code, answer.headers["Location"]) == (302, control(world))
    with acting_as(SYSTEM):
        return Proposal.objects.latest("pk")


def text(page: object) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))  # type: ignore[attr-defined]
