"""What lies beside a case's row: what was said, by whom, with which photos, who helps, and what the reporter thinks of the outcome."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n

from linli.cases.models.case import PUBLIC_DUTY, SERVICE, Case
from linli.foundation.ids import uuid7
from linli.foundation.privacy import EncryptedTextField, Personal, mask_name, mask_phone, mask_text


class CaseText(models.Model):
    """What was said. Apart from the case, so that a change of state does not touch the search index."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="text")
    title = models.CharField(max_length=120)
    description = models.TextField()
    address = models.CharField(max_length=200, default="")
    # Chinese words cut by rjieba, English lower-cased (rules.words).
    search = SearchVectorField(null=True)

    class Meta:
        indexes = [GinIndex(fields=["search"], name="case_search")]

    class Privacy:
        personal = {
            "title": Personal(_n("Understanding the matter"), PUBLIC_DUTY, 1095, mask_text),
            "description": Personal(_n("Understanding the matter"), PUBLIC_DUTY, 1095, mask_text),
            "address": Personal(_n("Finding the place"), PUBLIC_DUTY, 1095, mask_text),
            "search": Personal(_n("Finding the case by its words"), PUBLIC_DUTY, 1095, mask_text),
        }
        plain = {"case"}


class CaseContact(models.Model):
    """How to reach a reporter who has not signed in. Encrypted; found by keyed hash of the phone."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="contact")
    name = EncryptedTextField()
    phone = EncryptedTextField()
    phone_hash = models.BinaryField(max_length=32, null=True, db_index=True)

    class Privacy:
        personal = {
            "name": Personal(_n("Addressing you"), SERVICE, 1095, mask_name),
            "phone": Personal(_n("Asking back and telling the outcome"), SERVICE, 1095, mask_phone),
            "phone_hash": Personal(_n("Finding a caller's earlier cases"), SERVICE, 1095, mask_text),
        }
        plain = {"case"}


class Attachment(models.Model):
    """A photo or document of a case, and at which step it was given."""

    class Step(models.TextChoices):
        REPORT = "report", _("With the report")
        BEFORE = "before", _("Before the work")
        AFTER = "after", _("After the work")
        VERIFY = "verify", _("At verification")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="attachments")
    file = models.OneToOneField("foundation.StoredFile", on_delete=models.PROTECT, related_name="+")
    step = models.CharField(max_length=8, choices=Step.choices, default=Step.REPORT)
    cycle = models.PositiveSmallIntegerField(default=1)
    added_at = models.DateTimeField()

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "case", "file", "step", "cycle", "added_at"}


class CoHandler(models.Model):
    """A body that helps the lead. The case is reported back only when each has signed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="co_handlers")
    body = models.ForeignKey("people.Body", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    asked_for = models.CharField(max_length=500, default="")
    signed_at = models.DateTimeField(null=True)
    signed_note = models.CharField(max_length=2000, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "body"], name="co_handler_once")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "case", "body", "asked_at", "asked_for", "signed_at", "signed_note"}


class Support(models.Model):
    """Somebody else has the same trouble: "me too"."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="support_once")]

    class Privacy:
        personal = {
            "person": Personal(_n("Counting each person once, and telling them the outcome"), SERVICE, 1095, mask_text)
        }
        plain = {"id", "case", "at"}


class Evaluation(models.Model):
    """What the reporter said of the outcome, once per cycle."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="evaluations")
    cycle = models.PositiveSmallIntegerField()
    body = models.ForeignKey("people.Body", on_delete=models.PROTECT, null=True, related_name="+")
    solved = models.BooleanField()
    stars = models.PositiveSmallIntegerField()
    comment = models.CharField(max_length=1000, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "cycle"], name="evaluation_once"),
            models.CheckConstraint(condition=Q(stars__range=(1, 5)), name="evaluation_stars"),
        ]

    class Privacy:
        personal = {"comment": Personal(_n("Learning from the outcome"), SERVICE, 1095, mask_text)}
        plain = {"id", "case", "cycle", "body", "solved", "stars", "at"}
