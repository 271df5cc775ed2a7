"""What Collect takes with it: the campaign's form with its two questions, and the doors of the team."""

import csv
import io

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from linli.campaigns import answering
from linli.campaigns import queries as campaigns
from linli.campaigns.errors import NotInForce, ScreeningClosed
from linli.campaigns.forms import Form, collect
from linli.campaigns.models import Outcome
from linli.campaigns.queries import TeamDoors
from linli.foundation.access import acting_as
from linli.foundation.errors import NotFound
from linli.gateway.models import AppUser
from linli.people import queries as people

_DOOR = _("Which door?")
_OUTCOME = _("What came of it?")


def form_of(user: AppUser) -> Form:
    """The campaign's form as it was compiled."""
    row = user.team.campaign.form
    return answering.form_of(row) if row else collect.ONLY_DOORS


def xform_of(user: AppUser) -> bytes:
    asked = collect.Asked(
        door=_words(_DOOR),
        outcome=_words(_OUTCOME),
        outcomes={outcome.value: _words(outcome.label) for outcome in Outcome},
    )
    return collect.for_collect(form_of(user), asked, Outcome.DONE).encode()


def doors_of(user: AppUser) -> TeamDoors | None:
    """None for who is no longer in the team, and where its screening is not open (any more): there is nothing to visit."""
    actor = people.themselves(user.person_id)
    try:
        with acting_as(actor):
            return campaigns.doors_of_team(actor, user.team_id)
    except (NotFound, NotInForce, ScreeningClosed):
        return None


def doors_csv(doors: TeamDoors) -> bytes:
    """By id and label, in the order of the walk; what no list had comes last in its building."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "label"])
    for walked in doors.buildings:
        for door in walked.doors:
            writer.writerow([door.id, f"{walked.home.name} {door.entrance}单元 {door.floor}{door.door:02}"])
        for found in walked.found:
            writer.writerow([found.id, f"{walked.home.name} {found.label}"])
    return text.getvalue().encode()


def _words(text: object) -> dict[str, str]:
    words = {}
    for code, language in (("zh", "zh-hans"), ("en", "en")):
        with translation.override(language):
            words[code] = str(text)
    return words
