"""The door that somebody's account is bound to: they typed the code of its leaflet, once."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_noop as _n

from linli.campaigns.models.control import Declaration
from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal, mask_all

CONSENT = _n("Your consent, which you can take back at any time (PIPL art. 13(1)(1))")


class Home(models.Model):
    """One account at one door. It opens what the code opened, and says that warnings reach this door by this account.

    An account has one home. When it ends, of which door it was is forgotten.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey("people.Person", models.CASCADE, null=True, related_name="+")
    # Whose code bound it.
    declaration = models.ForeignKey(Declaration, models.PROTECT, related_name="+", db_index=False)
    door = models.UUIDField(null=True)
    building = models.ForeignKey("territory.Unit", models.PROTECT, null=True, related_name="+")
    community = models.ForeignKey("territory.Unit", models.PROTECT, null=True, related_name="+")
    bound_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(ended_at=None), name="home_one_per_account"),
            models.CheckConstraint(condition=Q(ended_at=None) | Q(door=None, building=None), name="home_forgotten"),
        ]
        indexes = [models.Index(fields=["door", "declaration"], name="home_of_door", condition=Q(ended_at=None))]

    class Privacy:
        personal = {
            name: Personal(
                _n("Showing you what was collected at your door, and warning you there"), CONSENT, 0, mask_all
            )
            for name in ("person", "door", "building", "community", "bound_at")
        }
        plain = {"id", "declaration", "ended_at"}

    def __str__(self) -> str:
        return str(self.id)
