"""What a case is made of. The narrow row is what lists read and changes touch; text, contact and photos lie beside it."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n

from linli.cases.references import reference_of
from linli.foundation.ids import uuid7
from linli.foundation.privacy import EncryptedTextField, Personal, mask_name, mask_phone, mask_text

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


class ClassModel(models.Model):
    """The newest class suggestion learnt from closed cases: word weights, not texts (rules of `suggest.py`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    learnt_at = models.DateTimeField()
    cases = models.PositiveIntegerField()
    accuracy = models.FloatField(null=True)
    weights = models.BinaryField()

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "learnt_at", "cases", "accuracy", "weights"}


class SavedView(models.Model):
    """Filters of the desk under a name: for one person, or for everybody with a post in a unit."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    # Who holds a post in this unit sees it too.
    unit = models.ForeignKey("territory.Unit", on_delete=models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=40)
    # The filters as the desk's address names them.
    query = models.TextField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_view_once")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "owner", "unit", "name", "query", "position"}


class Week(models.Model):
    """What happened in a week (from a Monday) in the city, a district or a subdistrict, counted by the hour: smaller units are counted
    when asked.

    With a body: of the cases that it leads. Without: of all cases.
    """

    unit = models.ForeignKey("territory.Unit", on_delete=models.CASCADE, related_name="+", db_index=False)
    # The unit and all above it: who may see one of these may see the row.
    units = ArrayField(models.UUIDField())
    start = models.DateField()
    body = models.ForeignKey("people.Body", on_delete=models.CASCADE, null=True, related_name="+")
    opened = models.PositiveIntegerField()
    closed = models.PositiveIntegerField()
    # The three rates of what was dispatched in that week (rules.Rates).
    dispatched = models.PositiveIntegerField()
    responded = models.PositiveIntegerField()
    evaluated = models.PositiveIntegerField()
    solved = models.PositiveIntegerField()
    satisfied = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "start", "body"], name="week_once", nulls_distinct=False)
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "unit", "units", "start", "body", "opened", "closed", "dispatched", "responded", "evaluated", "solved",
            "satisfied", "counted_at",
        }  # fmt: skip


class ClassWeek(models.Model):
    """How many cases of a class were reported, and how many ended, in a week (from a Monday) in the city, a district or a
    subdistrict, counted by the hour. Without a class: of those that have none yet."""

    unit = models.ForeignKey("territory.Unit", on_delete=models.CASCADE, related_name="+", db_index=False)
    # As in Week.
    units = ArrayField(models.UUIDField())
    start = models.DateField()
    case_class = models.ForeignKey("duties.CaseClass", on_delete=models.CASCADE, null=True, related_name="+")
    opened = models.PositiveIntegerField()
    closed = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "start", "case_class"], name="class_week_once", nulls_distinct=False
            )
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "unit", "units", "start", "case_class", "opened", "closed", "counted_at"}


class CellMonth(models.Model):
    """How many cases were reported, and how many ended, in a month in an H3 cell of resolution 8 (0.7 km²): for each day how many from
    the first of the month to its end, so that those of some days are one subtraction.

    With a class: of that class. Without: of all. Read by `cases_cells_counted` (migration 0015), which asks for the scope once.
    """

    district = models.ForeignKey(
        "territory.Unit", on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    # The first day of the month, and the last that is counted.
    month = models.DateField()
    through = models.DateField()
    cell = models.BigIntegerField()
    case_class = models.ForeignKey(
        "duties.CaseClass", on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    reported = ArrayField(models.IntegerField(), size=31)
    ended = ArrayField(models.IntegerField(), size=31)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case_class", "cell", "month", "district"], name="cell_month_once", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["through"], name="cell_month_through")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "district", "month", "through", "cell", "case_class", "reported", "ended"}
