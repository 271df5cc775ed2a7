"""The register of cameras, and every look through one."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_noop as _n

from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import EncryptedTextField, Personal, mask_text

PUBLIC_DUTY = _n("Needed for a statutory duty (PIPL art. 13(1)(3))")


class Kind(models.TextChoices):
    """How its pictures come to a browser."""

    HLS = "hls", "HLS"
    WHEP = "whep", "WHEP (WebRTC)"


class Camera(models.Model):
    """One camera: where it stands, where it looks, whose it is and what for."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    # The finest unit in which it stands: who answers for that unit answers for it.
    unit = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+")
    lon = models.FloatField()
    lat = models.FloatField()
    # Degrees from north, clockwise; None looks all around.
    direction = models.PositiveSmallIntegerField(null=True)
    owner = models.ForeignKey("people.Body", models.PROTECT, related_name="+", db_index=False)
    purpose = models.CharField(max_length=300)
    # What the sign at the place says and where it hangs; empty where there is none.
    sign = models.CharField(max_length=200, default="", blank=True)
    retention_days = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # Given to the browser of who looks, and to nobody else. The server never asks it.
    address = EncryptedTextField()
    created_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(lon__range=(-180, 180), lat__range=(-90, 90)), name="camera_on_earth"),
            models.CheckConstraint(condition=Q(direction=None) | Q(direction__lt=360), name="camera_direction"),
            models.CheckConstraint(condition=Q(retention_days__gte=1), name="camera_retention"),
            models.CheckConstraint(condition=~Q(purpose=""), name="camera_has_a_purpose"),
        ]
        indexes = [models.Index(fields=["lon", "lat"], name="camera_place", condition=Q(closed_at=None))]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "name", "unit", "lon", "lat", "direction", "owner", "purpose", "sign", "retention_days", "kind", "address",
            "created_at", "closed_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.name


class Look(models.Model):
    """Somebody looked through a camera, and why. Rows are added and never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    camera = models.ForeignKey(Camera, models.PROTECT, related_name="looks")
    at = models.DateTimeField(default=clock.now)
    # Posts are named as they were, as in timelines.
    by_id = models.UUIDField()
    by_label = models.CharField(max_length=120)
    reason = models.CharField(max_length=300)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="look_has_a_reason")]
        indexes = [
            models.Index(fields=["camera", "-at"], name="look_of_camera"),
            models.Index(fields=["by_id", "-at"], name="look_of_person"),
        ]

    class Privacy:
        personal = {
            "by_label": Personal(_n("Proving who looked through a camera"), PUBLIC_DUTY, None, mask_text),
            "reason": Personal(_n("Proving why somebody looked through a camera"), PUBLIC_DUTY, None, mask_text),
        }
        plain = {"id", "camera", "at", "by_id"}

    def __str__(self) -> str:
        return f"look at {self.at}"
