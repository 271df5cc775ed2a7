"""How a household reads what was collected at its door: by a code that somebody handed over there."""

from django.db import models
from django.utils.translation import gettext_noop as _n

from linli.campaigns.models.control import PUBLIC_DUTY
from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal, mask_text


class DoorCode(models.Model):
    """One code for a door under a declaration; a newer one takes its place. The code itself is kept nowhere.

    When the data are destroyed the door goes from it as well: from then on the code leads to the proof and to nothing else.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    declaration = models.ForeignKey("campaigns.Declaration", models.PROTECT, related_name="door_codes")
    door = models.UUIDField(null=True)
    building = models.ForeignKey("territory.Unit", models.PROTECT, null=True, related_name="+", db_index=False)
    # Of the code, with a key outside the database: whoever holds the table cannot try codes.
    digest = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField(default=clock.now)
    made_by_label = models.CharField(max_length=120)
    # Shown to the household: whether somebody else has read.
    opened = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["declaration", "door"], name="door_code_one_per_door")]

    class Privacy:
        personal = {
            "made_by_label": Personal(
                _n("Proving who made a way into a household's data"), PUBLIC_DUTY, None, mask_text
            )
        }
        plain = {"id", "declaration", "door", "building", "digest", "made_at", "opened", "opened_at"}

    def __str__(self) -> str:
        return str(self.id)
