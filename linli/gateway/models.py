"""Other systems' keys and webhooks, and the messages that people are sent."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n

from linli.foundation import clock
from linli.foundation.access import ROLE_LABELS
from linli.foundation.ids import uuid7
from linli.foundation.privacy import EncryptedTextField, Personal, mask_all, mask_phone, mask_text

SERVICE = _n("Needed for the service you asked for (PIPL art. 13(1)(2))")


class KeyMay(models.TextChoices):
    """What an API key may do."""

    POST = "post", _("Hand in reports")
    READ = "read", _("Read the cases of its unit")
    ACT = "act", _("Change cases like a post of its role")


class ApiKey(models.Model):
    """Another system's way in. Only a keyed hash of the key is kept; its beginning is shown, to tell keys apart."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16)
    key_hash = models.BinaryField(max_length=32, unique=True)
    may = ArrayField(models.CharField(max_length=4, choices=KeyMay.choices))
    # The owner: where the key reads and acts. The body is needed where its role works for one.
    unit = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, related_name="+")
    body = models.ForeignKey("people.Body", on_delete=models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=32, choices=[(r.value, label) for r, label in ROLE_LABELS.items()], blank=True)
    rate_per_minute = models.PositiveIntegerField(default=600)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.UUIDField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    # A day, not a moment: enough to find keys that nobody uses, and written once a day.
    last_used_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rate_per_minute__gte=1), name="gateway_key_has_a_rate"),
            models.CheckConstraint(condition=~Q(may__contains=["act"]) | ~Q(role=""), name="gateway_key_acts_by_role"),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "name", "prefix", "key_hash", "may", "unit", "body", "role", "rate_per_minute", "created_at",
            "created_by", "expires_at", "revoked_at", "last_used_on",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"


class Subscription(models.Model):
    """A webhook: where another system is told of events in its unit (or of its body's cases)."""

    class Note(models.TextChoices):
        TOO_MANY_FAILURES = (
            "too_many_failures",
            _("Switched off after too many failed attempts in a row. Mend the other side, then switch it on again."),
        )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    url = models.URLField(max_length=500)
    secret = EncryptedTextField()
    events = ArrayField(models.CharField(max_length=60))
    unit = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, related_name="+")
    # With a body: only the cases that this body works on, wherever they lie within the unit.
    body = models.ForeignKey("people.Body", on_delete=models.PROTECT, null=True, related_name="+")
    active = models.BooleanField(default=True)
    # Failed attempts since the last success; too many switch the subscription off, and the note says so.
    failures = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=20, choices=Note.choices, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.UUIDField(null=True)

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "name", "url", "secret", "events", "unit", "body", "active", "failures", "note", "created_at",
            "created_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.name


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class Delivery(models.Model):
    """One event on its way to one subscriber, and what became of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="deliveries")
    event = models.UUIDField()
    name = models.CharField(max_length=60)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    next_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    status_code = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, default="")

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["subscription", "event"], name="gateway_event_once_each")]
        indexes = [
            models.Index(fields=["subscription", "-id"], name="gateway_delivery_newest"),
            models.Index(fields=["next_at"], name="gateway_delivery_due", condition=Q(state="waiting")),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "subscription", "event", "name", "payload", "state", "attempts", "created_at", "next_at", "ended_at",
            "status_code", "error",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.name} {self.event}"


class Message(models.Model):
    """What a person is told in the app. The words are made when it is read, in the reader's language."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    event = models.UUIDField()
    template = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    case = models.UUIDField(null=True)
    at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "event"], name="gateway_message_once")]
        indexes = [
            models.Index(fields=["person", "-id"], name="gateway_message_newest"),
            models.Index(fields=["person"], name="gateway_message_unread", condition=Q(read_at=None)),
        ]

    class Privacy:
        personal = {
            "person": Personal(_n("Telling you what becomes of your requests"), SERVICE, 1095, mask_all),
            "params": Personal(_n("Telling you what becomes of your requests"), SERVICE, 1095, mask_text),
        }
        plain = {"id", "event", "template", "case", "at", "read_at"}

    def __str__(self) -> str:
        return f"{self.template} {self.id}"


class OutgoingChannel(models.TextChoices):
    SMS = "sms", _("Text message")
    WECHAT = "wechat", _("WeChat")


class OutgoingState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    RECORDED = "recorded", _("Recorded only")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")


class OutgoingMessage(models.Model):
    """A message to a phone or to WeChat: recorded first, then sent by the adapter, never twice for one event."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.CharField(max_length=8, choices=OutgoingChannel.choices)
    # Whose account it is for, where there is one.
    person = models.UUIDField(null=True, db_index=True)
    recipient = EncryptedTextField()
    recipient_hash = models.BinaryField(max_length=32)
    event = models.UUIDField()
    template = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    # JSON, encrypted: a sign-in code is here, and the link that opens a case.
    params = EncryptedTextField()
    state = models.CharField(max_length=10, choices=OutgoingState.choices, default=OutgoingState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    provider_id = models.CharField(max_length=100, default="")
    error = models.CharField(max_length=300, default="")
    created_at = models.DateTimeField(default=clock.now)
    next_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "recipient_hash", "channel"], name="gateway_outgoing_once")
        ]
        indexes = [models.Index(fields=["next_at"], name="gateway_outgoing_due", condition=Q(state="waiting"))]

    class Privacy:
        personal = {
            "person": Personal(_n("Erasing it with your account"), SERVICE, 30, mask_all),
            "recipient": Personal(_n("Telling you what becomes of your requests"), SERVICE, 30, mask_phone),
            "recipient_hash": Personal(_n("Not telling you twice"), SERVICE, 30, mask_all),
            "params": Personal(_n("Telling you what becomes of your requests"), SERVICE, 30, mask_all),
        }
        plain = {
            "id", "channel", "event", "template", "language", "state", "attempts", "provider_id", "error", "created_at",
            "next_at", "expires_at", "sent_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.channel} {self.template} {self.id}"
