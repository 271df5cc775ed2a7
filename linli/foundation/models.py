"""What every room stands on: the timeline, its seals, the outbox, idempotency keys, stored files, long work."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal, mask_text


class Nextval(models.Func):
    """The next number of a sequence."""

    function = "nextval"
    output_field = models.BigIntegerField()

    def __init__(self, sequence: str) -> None:
        super().__init__(models.Value(sequence))

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return ("linli.foundation.models.Nextval", [self.source_expressions[0].value], {})  # type: ignore[attr-defined]


class Entry(models.Model):
    """One step of a subject's timeline: who, when, what, why. Append-only, chained by HMAC per subject (`audit.py`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject_type = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=clock.now)
    action = models.CharField(max_length=40)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=120)
    note = models.TextField(default="")
    data = models.JSONField(default=dict)
    # What the subject looked like afterwards, digested: a row changed behind the timeline's back no longer matches.
    state = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject_id", "seq"], name="entry_one_per_seq"),
            models.CheckConstraint(condition=models.Q(seq__gte=1), name="entry_seq_from_one"),
        ]
        indexes = [models.Index(fields=["recorded_at"], name="entry_recorded_at")]

    class Privacy:
        personal = {
            "note": Personal("to say why a step was taken", "PIPL 13(3) statutory duty", None, mask_text),
            # Of a handler's arrival: the position to about ten metres, given by a tap, for proof that somebody was there.
            "data": Personal("to say how a step was taken", "PIPL 13(3) statutory duty", None, mask_text),
        }
        plain = {
            "id", "subject_type", "subject_id", "seq", "at", "recorded_at", "action", "actor_kind", "actor_id",
            "actor_label", "state", "previous", "hash",
        }  # fmt: skip


class Seal(models.Model):
    """An hour's heads under one root, chained to the seal before it. A missing or rewritten chain changes the root."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    seq = models.PositiveIntegerField(unique=True)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField()
    chains = models.PositiveIntegerField()
    root = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "seq", "since", "until", "chains", "root", "previous", "hash"}


class OutboxEvent(models.Model):
    """Something that happened, told to whoever is concerned after the transaction that made it so (`outbox.py`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    position = models.BigIntegerField(unique=True, db_default=Nextval("foundation_outbox_position"))
    name = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    topics = models.JSONField(default=list)
    at = models.DateTimeField(default=clock.now)
    handled_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(default="")

    class Meta:
        indexes = [
            models.Index(fields=["position"], name="outbox_waiting", condition=models.Q(handled_at=None)),
            models.Index(fields=["handled_at"], name="outbox_handled"),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "position", "name", "payload", "topics", "at", "handled_at", "attempts", "error"}


class IdempotencyKey(models.Model):
    """A request that was carried out: the same key with the same content answers the same, and does nothing again."""

    id = models.BigAutoField(primary_key=True)
    # A keyed mark of who sent it: keys of different senders never meet, and nobody learns from it whose report an anonymous one is.
    sender = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    request_hash = models.BinaryField(max_length=32)
    result_id = models.UUIDField(null=True)
    result = models.JSONField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "key"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "sender", "key", "request_hash", "result_id", "result", "created_at"}


class StoredFile(models.Model):
    """A photo or document, checked by content and kept on disk under its SHA-256 (`files.py`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sha256 = models.BinaryField(max_length=32)
    kind = models.CharField(max_length=10)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    name = models.CharField(max_length=120)
    uploaded_by = models.UUIDField(null=True)
    # A file belongs to nobody but its uploader until a subject takes it.
    claim = models.CharField(max_length=64, default="")
    created_at = models.DateTimeField(default=clock.now)
    # Where a photo was taken (lon, lat): only on what `files.store` returns, never kept with the file.
    position: tuple[float, float] | None = None

    class Privacy:
        personal = {
            "name": Personal("to recognise one's own file", "PIPL 13(2) service asked for", None, mask_text),
        }
        plain = {
            "id", "sha256", "kind", "media_type", "size", "width", "height", "uploaded_by", "claim", "created_at",
        }  # fmt: skip


class WorkState(models.TextChoices):
    WAITING = "waiting", _("waiting for its turn")
    RUNNING = "running", _("at work")
    DONE = "done", _("done")
    FAILED = "failed", _("not done")
    STOPPED = "stopped", _("stopped")
    CANCELLED = "cancelled", _("cancelled")


class Work(models.Model):
    """Long work that a person began and the worker does (`work.py`): how far it is, and what came of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=60)
    # What it is about, as its starter knows it: a list's name, a file's.
    title = models.CharField(max_length=200)
    started_by = models.UUIDField()
    started_by_label = models.CharField(max_length=120)
    # The unit that it is about, with those above it: their administrators see it.
    unit_path = ArrayField(models.UUIDField(), default=list)
    # What it says and finds is in its starter's language.
    language = models.CharField(max_length=10)
    asked = models.JSONField(default=dict)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    # The dry run that this work carries out: each is carried out once.
    follows = models.OneToOneField("self", on_delete=models.CASCADE, null=True, related_name="followed_by")
    state = models.CharField(max_length=10, choices=WorkState, default=WorkState.WAITING)
    # No total: how long it is is not known.
    total = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0)
    said = models.TextField(blank=True)
    # Somebody wants it to end; what runs ends at its next step.
    cancel_asked_at = models.DateTimeField(null=True)
    cancelled_by = models.CharField(max_length=120, blank=True)
    result = models.JSONField(default=dict)
    asked_at = models.DateTimeField(default=clock.now)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["started_by", "-id"], name="work_of_a_person"),
            models.Index(fields=["id"], name="work_running", condition=models.Q(state=WorkState.RUNNING)),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "kind", "title", "started_by", "started_by_label", "unit_path", "language", "asked", "file", "follows",
            "state", "total", "done", "said", "cancel_asked_at", "cancelled_by", "result", "asked_at", "began_at", "ended_at",
        }  # fmt: skip


class Fate(models.TextChoices):
    """What an import does, or would do, with a row of its file."""

    WRONG = "wrong", _("wrong")
    NEW = "new", _("new")
    CHANGED = "changed", _("changed")
    GONE = "gone", _("ends")
    SAME = "same", _("unchanged")


class WorkRow(models.Model):
    """A row of an imported file and its fate (`imports.py`). Row 0 is the file as a whole."""

    id = models.BigAutoField(primary_key=True)
    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    fate = models.CharField(max_length=8, choices=Fate)
    about = models.TextField()
    # What changes: for each field its name, the old and the new value.
    changes = models.JSONField(default=list)
    reason = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["work", "fate", "id"], name="work_rows_by_fate")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "work", "number", "fate", "about", "changes", "reason"}
