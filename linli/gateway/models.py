"""Other systems' keys and webhooks, and the messages that people are sent."""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n

from linli.foundation import clock
from linli.foundation.access import ROLE_LABELS
from linli.foundation.ids import uuid7
from linli.foundation.privacy import EncryptedTextField, Personal, mask_all, mask_phone, mask_text
from linli.gateway import rules

SERVICE = _n("Needed for the service you asked for (PIPL art. 13(1)(2))")
EMERGENCY = _n("Needed in an emergency, to protect life and health (PIPL art. 13(1)(4))")
CONSENT = _n("Your consent, which you can take back at any time (PIPL art. 13(1)(1))")


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


class AppUser(models.Model):
    """A way in for ODK Collect: acts as one member in one team, and does nothing else. Only a keyed hash of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    team = models.ForeignKey("campaigns.Team", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    key_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.UUIDField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Privacy:
        personal = {"person": Personal(_n("Showing you the doors of your team"), EMERGENCY, 0, mask_all)}
        plain = {"id", "team", "key_hash", "created_at", "created_by", "revoked_at"}

    def __str__(self) -> str:
        return str(self.id)


class AlertDirection(models.TextChoices):
    OUT = "out", _("Ours")
    IN = "in", _("From a service")


class PublicAlert(models.Model):
    """A warning as CAP 1.2 has it: ours out of a declaration, or one that a weather or flood service sent.

    What it says is never changed: a later message ends it. `xml` is the message, areas and all, without what Linli passes over.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    direction = models.CharField(max_length=3, choices=AlertDirection.choices)
    # Of ours: the declaration that allows it. Of theirs: the key by which it came.
    declaration = models.ForeignKey("campaigns.Declaration", models.PROTECT, null=True, related_name="+")
    key = models.ForeignKey(ApiKey, models.PROTECT, null=True, related_name="+")
    sender = models.CharField(max_length=200)
    identifier = models.CharField(max_length=200)
    sent = models.DateTimeField()
    # The words of CAP's closed lists (cap/message.py); those of the first language stand for all.
    status = models.CharField(max_length=12)
    msg_type = models.CharField(max_length=12)
    scope = models.CharField(max_length=12)
    category = models.CharField(max_length=12, blank=True)
    urgency = models.CharField(max_length=12, blank=True)
    severity = models.CharField(max_length=12, blank=True)
    certainty = models.CharField(max_length=12, blank=True)
    headline = models.CharField(max_length=200, blank=True)
    headline_en = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    description_en = models.TextField(blank=True)
    instruction = models.TextField(blank=True)
    instruction_en = models.TextField(blank=True)
    # The fewest units of the territory that hold its area; none where it lies elsewhere.
    units = ArrayField(models.UUIDField(), default=list)
    effective = models.DateTimeField()
    expires = models.DateTimeField()
    # The messages that it updates or cancels, as CAP names them, times in UTC.
    references = ArrayField(models.TextField(), default=list)
    ended_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    xml = models.TextField()
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "identifier", "sent"], name="gateway_alert_once"),
            models.CheckConstraint(
                condition=Q(declaration__isnull=False, direction="out") | Q(key__isnull=False, direction="in"),
                name="gateway_alert_comes_from_somewhere",
            ),
        ]
        indexes = [
            models.Index(fields=["expires"], name="gateway_alert_holds", condition=Q(ended_by=None)),
            models.Index(fields=["declaration", "-id"], name="gateway_alert_of_declaration"),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "direction", "declaration", "key", "sender", "identifier", "sent", "status", "msg_type", "scope", "category",
            "urgency", "severity", "certainty", "headline", "headline_en", "description", "description_en", "instruction",
            "instruction_en", "units", "effective", "expires", "references", "ended_by", "xml", "created_at", "created_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.headline or self.identifier

    def said_in(self, language: str, what: str) -> str:
        """`headline`, `description` or `instruction` for a reader; the other language where this one says nothing."""
        own, english = str(getattr(self, what)), str(getattr(self, f"{what}_en"))
        return (own or english) if language.startswith("zh") else (english or own)


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


class Kind(models.TextChoices):
    """What a message is about: for each kind a person chooses the way by which they hear beside the app."""

    PROGRESS = "progress", _("Progress of my reports")
    ASKED = "asked", _("Questions to me: to rate a result, or to add details")
    WORK = "work", _("Work for me")
    LATE = "late", _("Limits that come near or have passed")
    AREA = "area", _("News of my area")
    PRODUCT = "product", _("News of Linli itself")


class Way(models.TextChoices):
    """Where a message goes beside the app, which keeps every one. One way for a kind: so nothing comes twice."""

    APP = "app", _("In the app only")
    SMS = "sms", _("Text message")
    WECHAT = "wechat", _("WeChat")


class Wishes(models.Model):
    """How a person wants to be told. Who has chosen nothing has the defaults of `rules`."""

    person = models.OneToOneField("people.Person", on_delete=models.CASCADE, primary_key=True, related_name="+")
    # Kind to way. A kind that is missing goes the default way.
    ways = models.JSONField(default=dict)
    # In the city's time. The same hour twice: no quiet hours.
    quiet_from = models.TimeField(default=rules.QUIET_FROM)
    quiet_to = models.TimeField(default=rules.QUIET_TO)
    # The hour of a daily digest, in place of single messages to the phone.
    digest_hour = models.PositiveSmallIntegerField(null=True)
    # Whether news of the units come too in which the person reported something lately.
    where_reported = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "wishes"
        constraints = [
            models.CheckConstraint(
                condition=Q(digest_hour=None) | Q(digest_hour__lte=23), name="gateway_digest_at_an_hour_of_the_day"
            )
        ]

    class Privacy:
        personal = {
            name: Personal(_n("Telling you about your requests the way you chose"), SERVICE, 0, mask_all)
            for name in ("person", "ways", "quiet_from", "quiet_to", "digest_hour", "where_reported")
        }
        plain: set[str] = set()

    def __str__(self) -> str:
        return str(self.person_id)


class Followed(models.Model):
    """A community or quarter whose news somebody asked for. To ask is the consent; to take it back forgets the row."""

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "followed"
        constraints = [models.UniqueConstraint(fields=["person", "unit"], name="gateway_followed_once")]

    class Privacy:
        personal = {
            name: Personal(_n("Telling you the news of the communities that you chose"), CONSENT, 0, mask_all)
            for name in ("person", "unit", "asked_at")
        }
        plain = {"id"}

    def __str__(self) -> str:
        return f"{self.person_id} {self.unit_id}"


class Message(models.Model):
    """What a person is told in the app. The words are made when it is read, in the reader's language."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    event = models.UUIDField()
    template = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    case = models.UUIDField(null=True)
    at = models.DateTimeField(default=clock.now)
    # When that of which it tells happened: of two messages in one minute the later state counts.
    happened_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)
    # A newer message of the same minute says more: this one is kept, so that its event is not told again, and not shown.
    replaced = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "event"], name="gateway_message_once")]
        indexes = [
            models.Index(fields=["person", "-id"], name="gateway_message_newest"),
            models.Index(fields=["person"], name="gateway_message_unread", condition=Q(read_at=None, replaced=False)),
            models.Index(fields=["case"], name="gateway_message_of_case"),
        ]

    class Privacy:
        personal = {
            "person": Personal(_n("Telling you what becomes of your requests"), SERVICE, 1095, mask_all),
            "params": Personal(_n("Telling you what becomes of your requests"), SERVICE, 1095, mask_text),
        }
        plain = {"id", "event", "template", "case", "at", "happened_at", "read_at", "replaced"}

    def __str__(self) -> str:
        return f"{self.template} {self.id}"


class AnnouncementState(models.TextChoices):
    PLANNED = "planned", _("Goes out in a moment")
    CALLED_BACK = "called_back", _("Called back")
    SENDING = "sending", _("Going out")
    SENT = "sent", _("Sent")


class Announcement(models.Model):
    """What staff tell the people of an area, or everybody about Linli itself. Until it goes out it can be called back."""

    State = AnnouncementState

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.label) for kind in (Kind.AREA, Kind.PRODUCT)])
    # The area; the city for news of Linli itself.
    unit = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=60)
    title_en = models.CharField(max_length=120, blank=True)
    text = models.TextField(max_length=1000)
    text_en = models.TextField(max_length=2000, blank=True)
    # When it holds (water off from, until). Nobody is told after its end.
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    # The warning that it tells of, in one of its units.
    alert = models.ForeignKey(PublicAlert, models.PROTECT, null=True, related_name="announcements")
    state = models.CharField(max_length=12, choices=State.choices, default=State.PLANNED)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.UUIDField(null=True)
    goes_at = models.DateTimeField()
    # When a worker takes it up (again), and the last person it has reached, in the order of their ids.
    next_at = models.DateTimeField(null=True)
    reached = models.UUIDField(null=True)
    # How many were told in the app, and how many messages were written for phones.
    told = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="gateway_announcement_ends_after_it_starts",
            )
        ]
        indexes = [
            models.Index(fields=["unit", "-id"], name="gateway_announcement_of_unit"),
            models.Index(fields=["next_at"], name="gateway_announcement_due", condition=Q(next_at__isnull=False)),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "kind", "unit", "title", "title_en", "text", "text_en", "starts_at", "ends_at", "state", "created_at",
            "created_by", "goes_at", "next_at", "reached", "told", "written", "alert",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @property
    def event_id(self) -> UUID:
        """What people are told once: a warning in several units is one, so that nobody hears of it twice."""
        return self.alert_id or self.id

    def title_in(self, language: str) -> str:
        return self.title if language.startswith("zh") or not self.title_en else self.title_en

    def text_in(self, language: str) -> str:
        return self.text if language.startswith("zh") or not self.text_en else self.text_en


class OutgoingChannel(models.TextChoices):
    SMS = Way.SMS.value, _("Text message")
    WECHAT = Way.WECHAT.value, _("WeChat")


class OutgoingState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    RECORDED = "recorded", _("Recorded only")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")
    REPLACED = "replaced", _("Replaced by a newer one")
    BUNDLED = "bundled", _("In the daily digest")
    READ = "read", _("Read in the app before")


class Holds(models.TextChoices):
    """Why a message that is ready still waits."""

    BURST = "burst", _("for what else happens in this minute")
    QUIET = "quiet", _("for the end of the quiet hours")
    DIGEST = "digest", _("for the daily digest")


class OutgoingMessage(models.Model):
    """A message to a phone or to WeChat: recorded first, then sent by the adapter, never twice for one event.

    Its id is what the adapter takes for its once-only key, so that a crash between sending and settling sends nothing twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.CharField(max_length=8, choices=OutgoingChannel.choices)
    # Whose account it is for, where there is one.
    person = models.UUIDField(null=True, db_index=True)
    recipient = EncryptedTextField()
    recipient_hash = models.BinaryField(max_length=32)
    event = models.UUIDField()
    case = models.UUIDField(null=True)
    template = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    # JSON, encrypted: a sign-in code is here, and the link that opens a case.
    params = EncryptedTextField()
    state = models.CharField(max_length=10, choices=OutgoingState.choices, default=OutgoingState.WAITING)
    # Goes at once, also in quiet hours and past a digest.
    urgent = models.BooleanField(default=False)
    held = models.CharField(max_length=8, choices=Holds.choices, default="")
    happened_at = models.DateTimeField(default=clock.now)
    # The digest that it went in.
    digest = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="bundle")
    attempts = models.PositiveSmallIntegerField(default=0)
    provider_id = models.CharField(max_length=100, default="")
    error = models.CharField(max_length=300, default="")
    created_at = models.DateTimeField(default=clock.now)
    next_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Whatever the channel, and also where somebody changes the number or the way in between.
            models.UniqueConstraint(fields=["event", "recipient_hash"], name="gateway_outgoing_once"),
            models.UniqueConstraint(
                fields=["event", "person"], condition=Q(person__isnull=False), name="gateway_outgoing_once_a_person"
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="gateway_outgoing_due", condition=Q(state="waiting")),
            models.Index(fields=["case"], name="gateway_outgoing_of_case"),
            models.Index(fields=["channel", "-created_at"], name="gateway_outgoing_lately"),
            models.Index(fields=["channel", "-created_at"], name="gateway_outgoing_wrong", condition=~Q(error="")),
        ]

    class Privacy:
        personal = {
            "person": Personal(_n("Erasing it with your account"), SERVICE, 30, mask_all),
            "recipient": Personal(_n("Telling you what becomes of your requests"), SERVICE, 30, mask_phone),
            "recipient_hash": Personal(_n("Not telling you twice"), SERVICE, 30, mask_all),
            "params": Personal(_n("Telling you what becomes of your requests"), SERVICE, 30, mask_all),
        }
        plain = {
            "id", "channel", "event", "case", "template", "language", "state", "urgent", "held", "happened_at", "digest",
            "attempts", "provider_id", "error", "created_at", "next_at", "expires_at", "sent_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.channel} {self.template} {self.id}"
