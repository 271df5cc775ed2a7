"""Reopening: premises that were closed, what they promise, each check, and how they stand."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n
from django.utils.translation import pgettext_lazy

from linli.campaigns.models.control import PUBLIC_DUTY
from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import EncryptedTextField, Personal, mask_name, mask_phone, mask_text


class PremisesKind(models.TextChoices):
    SHOP = "shop", _("Shop")
    RESTAURANT = "restaurant", _("Restaurant")
    MARKET = "market", _("Market")
    SCHOOL = "school", _("School or kindergarten")
    FACTORY = "factory", _("Factory")
    OFFICE = "office", _("Office")
    SITE = "site", _("Building site")
    OTHER = "other", _("Other premises")


class Standing(models.TextChoices):
    CLOSED = "closed", pgettext_lazy("premises", "Closed")
    APPLIED = "applied", pgettext_lazy("premises", "Applied")
    CONDITIONAL = "conditional", pgettext_lazy("premises", "Open on conditions")
    OPENED = "opened", pgettext_lazy("premises", "Open")


class Premises(models.Model):
    """A place where people work or are served, as it stands in the register of reopening."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=PremisesKind.choices)
    unit = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+")
    address = EncryptedTextField()
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    # Who answers for it.
    responsible = EncryptedTextField()
    phone = EncryptedTextField(blank=True)
    commitments = models.CharField(max_length=600, default="", blank=True)
    standing = models.CharField(max_length=20, choices=Standing.choices, default=Standing.CLOSED)
    version = models.PositiveIntegerField(default=1)
    registered_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["unit", "standing"], name="premises_of_unit")]
        constraints = [
            models.CheckConstraint(
                condition=Q(standing=Standing.CLOSED) | ~Q(commitments=""), name="premises_open_with_commitments"
            )
        ]

    class Privacy:
        personal = {
            "address": Personal(_n("Finding premises for their inspection"), PUBLIC_DUTY, None, mask_text),
            "responsible": Personal(_n("Knowing who answers for premises"), PUBLIC_DUTY, None, mask_name),
            "phone": Personal(_n("Asking who answers for premises"), PUBLIC_DUTY, None, mask_phone),
        }
        plain = {
            "id", "name", "kind", "unit", "lon", "lat", "commitments", "standing", "version", "registered_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.name


class Check(models.Model):
    """An inspection and what it found. Added, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    premises = models.ForeignKey(Premises, models.PROTECT, related_name="checks")
    result = models.CharField(max_length=20, choices=Standing.choices)
    note = models.CharField(max_length=300)
    at = models.DateTimeField(default=clock.now)
    by_id = models.UUIDField(null=True)
    by_label = models.CharField(max_length=120)

    class Meta:
        indexes = [models.Index(fields=["at"], name="check_by_day")]
        constraints = [
            models.CheckConstraint(condition=~Q(result=Standing.APPLIED), name="check_has_a_result"),
            models.CheckConstraint(condition=~Q(note=""), name="check_says_what_was_found"),
        ]

    class Privacy:
        personal = {"by_label": Personal(_n("Proving who inspected premises"), PUBLIC_DUTY, None, mask_text)}
        plain = {"id", "premises", "result", "note", "at", "by_id"}

    def __str__(self) -> str:
        return f"{self.result} {self.at}"
