"""The narrow row of a case, which lists read and changes touch, and the closed lists of its states, channels and natures."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n

from linli.cases.references import reference_of
from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal, mask_text

# Why personal fields are kept, in the words of the page that shows it to their owner.
PUBLIC_DUTY = _n("Needed for a statutory duty (PIPL art. 13(1)(3))")
SERVICE = _n("Needed for the service you asked for (PIPL art. 13(1)(2))")


class State(models.TextChoices):
    """Where a case stands, after GB/T 30428: collect, file, dispatch, handle, report back, verify and close, evaluate."""

    COLLECTED = "collected", _("Received")
    DECLINED = "declined", _("Declined")
    FILED = "filed", _("Filed")
    DISPATCHED = "dispatched", _("Dispatched")
    ACCEPTED = "accepted", _("Being handled")
    HANDLED = "handled", _("Reported back")
    VERIFIED = "verified", _("Verified")
    CLOSED = "closed", _("Closed")
    EVALUATED = "evaluated", _("Evaluated")
    MERGED = "merged", _("Merged into another case")


OPEN_STATES = (State.COLLECTED, State.FILED, State.DISPATCHED, State.ACCEPTED, State.HANDLED, State.VERIFIED)
DONE_STATES = (State.CLOSED, State.EVALUATED)
# In nobody's hand. A case that was reopened still names who had it; before it is dispatched anew that means nothing.
UNASSIGNED = Q(paused_at=None) & (Q(state=State.FILED) | Q(state=State.DISPATCHED, handler=None))


class Channel(models.TextChoices):
    """How a report came in. All channels make the same case."""

    APP = "app", _("App")
    MINI_PROGRAM = "mini_program", _("Mini program")
    GRID_WORKER = "grid_worker", _("Grid worker")
    HOTLINE = "hotline", _("Hotline")
    PAPER = "paper", _("Paper")
    SENSOR = "sensor", _("Sensor")
    OPEN311 = "open311", _("Open311")


class Nature(models.TextChoices):
    COMPLAINT = "complaint", _("Complaint")
    QUESTION = "question", _("Question")
    HELP = "help", _("Request for help")
    SUGGESTION = "suggestion", _("Suggestion")
    PRAISE = "praise", _("Praise")


class Priority(models.TextChoices):
    NORMAL = "normal", _("Normal")
    URGENT = "urgent", _("Urgent")
    EMERGENCY = "emergency", _("Emergency")


class Case(models.Model):
    """One matter, from its report to its rating."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # From `numbers.py`; shown with a check digit (rules.reference_of).
    number = models.BigIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.COLLECTED)
    # Counts every change; a page that shows an older one is stale.
    version = models.PositiveIntegerField(default=1)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    nature = models.CharField(max_length=10, choices=Nature.choices, default=Nature.COMPLAINT)
    priority = models.CharField(max_length=10, choices=Priority.choices, default=Priority.NORMAL)
    case_class = models.ForeignKey(
        "duties.CaseClass", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    # The H3 cell of resolution 9 (about 0.1 km²): neighbours for duplicates and map figures.
    cell = models.BigIntegerField(null=True)
    # The units in which it lay when it was reported; boundaries may change later.
    district = models.ForeignKey(
        "territory.Unit", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    subdistrict = models.ForeignKey(
        "territory.Unit", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    community = models.ForeignKey(
        "territory.Unit", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    quarter = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    grid = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    # Every unit above the place, city first: one array test answers "may this post see it".
    units = ArrayField(models.UUIDField(), default=list)

    reporter = models.ForeignKey(
        "people.Person", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    # The reporter stays unknown to everyone but the system; a private case is not shown to the public.
    anonymous = models.BooleanField(default=False)
    private = models.BooleanField(default=False)
    # Opens the case to whoever holds the link, without sign-in: only a digest of the secret is kept.
    secret_hash = models.BinaryField(max_length=32, null=True)

    lead_body = models.ForeignKey("people.Body", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    duty = models.ForeignKey("duties.Duty", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    # Every body that works or has worked on it, and may therefore see it.
    bodies = ArrayField(models.UUIDField(), default=list)
    handler = models.ForeignKey("people.Person", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)

    reported_at = models.DateTimeField()
    filed_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    handled_at = models.DateTimeField(null=True)
    # When it ended in any way: closed, declined or merged. Open means: empty.
    closed_at = models.DateTimeField(null=True)
    response_due_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    escalation = models.PositiveSmallIntegerField(default=0)
    escalates_at = models.DateTimeField(null=True)

    # Where it stood before it was merged, to return there.
    merged_from = models.CharField(max_length=10, choices=State.choices, default="")
    # How often it was opened: 1, and one more for each reopening.
    cycle = models.PositiveSmallIntegerField(default=1)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged", db_index=False)
    supports = models.PositiveIntegerField(default=0)
    responded = models.BooleanField(null=True)
    solved = models.BooleanField(null=True)
    stars = models.PositiveSmallIntegerField(null=True)

    # A mark of the rows beside it: text, contact, photos, co-handlers, evaluations, supports (ledger.mark).
    parts = models.BinaryField(max_length=32, default=bytes(32))
    # The moment by which somebody is to act, sooner for what is urgent: the desk's order. Kept by the database.
    urgent_at = models.GeneratedField(
        expression=models.Func(
            F("handled_at"), F("due_at"), F("reported_at"), F("paused_at"), F("priority"), function="cases_urgent_at"
        ),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    # The end of its timeline's chain (foundation.audit.Head).
    entries = models.PositiveIntegerField(default=0)
    head = models.BinaryField(max_length=32, default=bytes(32))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stars=None) | Q(stars__range=(1, 5)), name="case_stars"),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")), name="case_not_into_itself"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["dispatched", "accepted", "handled"]) | Q(lead_body__isnull=False),
                name="case_dispatched_has_lead",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["closed", "evaluated", "declined", "merged"], closed_at__isnull=False)
                | (~Q(state__in=["closed", "evaluated", "declined", "merged"]) & Q(closed_at=None)),
                name="case_closed_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="merged") | Q(merged_into__isnull=False), name="case_merged_into"
            ),
        ]
        indexes = [
            models.Index(fields=["district", "-id"], name="case_district"),
            models.Index(fields=["subdistrict", "-id"], name="case_subdistrict"),
            models.Index(fields=["community", "-id"], name="case_community"),
            models.Index(fields=["lead_body", "-id"], name="case_lead"),
            models.Index(fields=["reporter", "-id"], name="case_reporter", condition=Q(reporter__isnull=False)),
            # What is open is a small part of everything: its own, small, indexes.
            models.Index(
                fields=["district", "urgent_at", "id"], name="case_open_district", condition=Q(closed_at=None)
            ),
            models.Index(
                fields=["subdistrict", "urgent_at", "id"], name="case_open_subdistrict", condition=Q(closed_at=None)
            ),
            models.Index(
                fields=["community", "urgent_at", "id"], name="case_open_community", condition=Q(closed_at=None)
            ),
            models.Index(fields=["lead_body", "urgent_at", "id"], name="case_open_lead", condition=Q(closed_at=None)),
            models.Index(fields=["urgent_at", "id"], name="case_open_urgent", condition=Q(closed_at=None)),
            models.Index(fields=["-id"], name="case_open_newest", condition=Q(closed_at=None)),
            models.Index(fields=["due_at"], name="case_open_due", condition=Q(closed_at=None)),
            models.Index(fields=["cell"], name="case_open_cell", condition=Q(closed_at=None)),
            # The map: what was reported, is open or has ended in a window, from this index alone.
            models.Index(
                fields=["cell", "reported_at"],
                include=["closed_at", "case_class", "district"],
                name="case_cell_reported",
            ),
            models.Index(
                fields=["state"],
                include=["due_at", "handled_at", "paused_at", "reported_at", "district", "case_class", "cell"],
                name="case_open_tally",
                condition=Q(closed_at=None),
            ),
            # Dispatch: what waits for somebody, and the few emergencies among what is open.
            models.Index(
                fields=["urgent_at", "id"],
                include=["due_at", "handled_at"],
                name="case_unassigned",
                condition=Q(closed_at=None) & UNASSIGNED,
            ),
            models.Index(
                fields=["district", "urgent_at", "id"],
                include=["due_at", "handled_at"],
                name="case_unassigned_district",
                condition=Q(closed_at=None) & UNASSIGNED,
            ),
            models.Index(fields=["-id"], name="case_emergency", condition=Q(closed_at=None, priority="emergency")),
            models.Index(fields=["escalates_at"], name="case_escalates", condition=Q(escalates_at__isnull=False)),
            models.Index(fields=["handler", "-handled_at"], name="case_handler", condition=Q(handler__isnull=False)),
            # Callers who are to be asked whether it was settled.
            models.Index(
                fields=["closed_at"], name="case_call_back", condition=Q(state=State.CLOSED, channel="hotline")
            ),
            models.Index(fields=["reported_at"], include=["district"], name="case_reported"),
            models.Index(fields=["closed_at"], name="case_ended", condition=Q(closed_at__isnull=False)),
            models.Index(fields=["dispatched_at"], name="case_sent", condition=Q(dispatched_at__isnull=False)),
            models.Index(fields=["merged_into"], name="case_merged", condition=Q(merged_into__isnull=False)),
            models.Index(fields=["secret_hash"], name="case_secret", condition=Q(secret_hash__isnull=False)),
        ]

    class Privacy:
        personal = {
            "lon": Personal(_n("Finding the place"), PUBLIC_DUTY, None, mask_text),
            "lat": Personal(_n("Finding the place"), PUBLIC_DUTY, None, mask_text),
            "reporter": Personal(_n("Telling you what becomes of your report"), SERVICE, 1095, mask_text),
        }
        plain = {
            "id", "number", "state", "version", "channel", "nature", "priority", "case_class", "cell", "district",
            "subdistrict", "community", "quarter", "grid", "units", "anonymous", "private", "secret_hash", "lead_body",
            "duty", "bodies", "handler", "reported_at", "filed_at", "dispatched_at", "accepted_at", "handled_at",
            "closed_at", "response_due_at", "due_at", "paused_at", "escalation", "escalates_at", "cycle", "merged_into",
            "merged_from", "supports", "responded", "solved", "stars", "urgent_at", "parts", "entries", "head",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"case {self.number}"

    @property
    def reference(self) -> str:
        return reference_of(self.number)

    @property
    def title(self) -> str:
        return self.text.title

    @property
    def is_open(self) -> bool:
        return self.closed_at is None
