"""The mode: what was declared for an area, how its powers were used, and what became of the data."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n

from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal, mask_text

PUBLIC_DUTY = _n("Needed for a statutory duty (PIPL art. 13(1)(3))")


class Kind(models.TextChoices):
    """What joint control is declared for."""

    EPIDEMIC = "epidemic", _("Epidemic")
    FLOOD = "flood", _("Flood")
    GAS_LEAK = "gas_leak", _("Gas leak")
    FIRE = "fire", _("Fire")
    EARTHQUAKE = "earthquake", _("Earthquake")
    OTHER = "other", _("Other emergency")
    EXERCISE = "exercise", _("Exercise")


class Power(models.TextChoices):
    """What only a declaration allows. Each use is logged under it."""

    VISIT_HOUSEHOLDS = "visit_households", _("Visit every household")
    ASK_HEALTH = "ask_health", _("Ask about health")
    CALL_UP = "call_up", _("Call up helpers")
    SEAL_BUILDINGS = "seal_buildings", _("Close a building")
    CLOSE_PREMISES = "close_premises", _("Close premises")
    WARN_EVERYBODY = "warn_everybody", _("Warn everybody in the area")


class Declaration(models.Model):
    """Joint control of a unit, from one moment up to another. When it ends nothing has to run: its powers are asked for at each use."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name = models.CharField(max_length=120)
    unit = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+")
    # Law or decision that it stands on, and what it is to reach.
    basis = models.CharField(max_length=300)
    scope = models.CharField(max_length=600)
    powers = ArrayField(models.CharField(max_length=20, choices=Power.choices))
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # Ended before its time.
    ended_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)
    # Counts every change; a page that shows an older one is stale.
    version = models.PositiveIntegerField(default=1)
    declared_by = models.UUIDField(null=True)
    declared_by_label = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="declaration_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(basis="") & ~Q(scope=""), name="declaration_has_a_basis"),
            models.CheckConstraint(condition=Q(powers__len__gte=1), name="declaration_has_a_power"),
        ]
        indexes = [models.Index(fields=["unit", "-starts_at"], name="declaration_of_unit")]

    class Privacy:
        personal = {
            "declared_by_label": Personal(_n("Proving who declared joint control"), PUBLIC_DUTY, None, mask_text),
        }
        plain = {
            "id", "kind", "name", "unit", "basis", "scope", "powers", "starts_at", "ends_at", "ended_at", "destroyed_at",
            "version", "declared_by", "created_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.name


class PowerUse(models.Model):
    """One use of a power: which, on what, by whom. Rows are added and never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    declaration = models.ForeignKey(Declaration, models.PROTECT, related_name="uses")
    power = models.CharField(max_length=20, choices=Power.choices)
    subject = models.CharField(max_length=200)
    subject_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=clock.now)
    by_id = models.UUIDField(null=True)
    by_label = models.CharField(max_length=120)

    class Meta:
        indexes = [models.Index(fields=["declaration", "-at"], name="power_use_of_declaration")]

    class Privacy:
        personal = {"by_label": Personal(_n("Proving who used an emergency's power"), PUBLIC_DUTY, None, mask_text)}
        plain = {"id", "declaration", "power", "subject", "subject_id", "at", "by_id"}

    def __str__(self) -> str:
        return f"{self.power} {self.at}"


class Keeping(models.Model):
    """An exception: the data of a declaration are kept after its end, up to a moment, for a reason. Added, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    declaration = models.ForeignKey(Declaration, models.PROTECT, related_name="keepings")
    until = models.DateTimeField()
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(default=clock.now)
    by_id = models.UUIDField(null=True)
    by_label = models.CharField(max_length=120)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="keeping_has_a_reason")]

    class Privacy:
        personal = {"by_label": Personal(_n("Proving who kept an emergency's data"), PUBLIC_DUTY, None, mask_text)}
        plain = {"id", "declaration", "until", "reason", "at", "by_id"}

    def __str__(self) -> str:
        return f"until {self.until}"


class DestructionProof(models.Model):
    """That the data of a declaration are gone: how many of what, a hash over all of them, who ordered it. Added, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    declaration = models.OneToOneField(Declaration, models.PROTECT, related_name="proof")
    at = models.DateTimeField(default=clock.now)
    # By name of the table, and "files".
    counts = models.JSONField()
    # SHA-256 over the digests of all submissions, then of all photos, each in the order of their ids: whoever kept one can show that it was
    # among them.
    root = models.BinaryField(max_length=32)
    # SHA-256 of the key that opened the answers, which is destroyed with them; empty where its file had been lost before,
    # found missing at that moment.
    key_digest = models.BinaryField(max_length=32)
    key_missed_at = models.DateTimeField(null=True)
    by_id = models.UUIDField(null=True)
    by_label = models.CharField(max_length=120)

    class Privacy:
        personal = {
            "by_label": Personal(_n("Proving who ordered the end of an emergency's data"), PUBLIC_DUTY, None, mask_text)
        }
        plain = {"id", "declaration", "at", "counts", "root", "key_digest", "key_missed_at", "by_id"}

    def __str__(self) -> str:
        return f"destroyed at {self.at}"
