"""What is stored about duties: case classes with dated limits, the three lists, their rows, and special working days.

Everything here is published by the city: everyone may read it, and nothing of it is personal.
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal
from linli.foundation.worktime import LimitKind

LIMIT_KINDS = [
    (LimitKind.WORKING_HOUR.value, _("working hours")),
    (LimitKind.WORKING_DAY.value, _("working days")),
    (LimitKind.EMERGENCY_HOUR.value, _("emergency hours")),
    (LimitKind.CALENDAR_HOUR.value, _("hours")),
    (LimitKind.CALENDAR_DAY.value, _("days")),
]


def _days() -> Func:
    """`daterange(valid_from, valid_to)`: from the first day up to, and without, the last; empty when they are one."""
    return Func(F("valid_from"), F("valid_to"), function="daterange")


def _moments() -> Func:
    return Func(F("valid_from"), F("valid_to"), function="tstzrange")


def _in_order(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name=name)


def _number_once(name: str) -> ExclusionConstraint:
    """A number stands once for a unit of a list on any day: the row that follows a changed one keeps its number."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            ("list", RangeOperators.EQUAL),
            ("number", RangeOperators.EQUAL),
            ("unit", RangeOperators.EQUAL),
            (_days(), RangeOperators.OVERLAPS),
        ],
    )


class ClassKind(models.TextChoices):
    EVENT = "event", _("Event")
    COMPONENT = "component", _("Component")


class ClassRank(models.TextChoices):
    """大类 and 小类. A sub-class (子类) is a minor class whose parent is a minor class."""

    MAJOR = "major", _("Major class")
    MINOR = "minor", _("Minor class")


class CaseClass(models.Model):
    """What a case can be about, after GB/T 30428.2. Its limits are in `ClassVersion`, since they change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=10, choices=ClassKind)
    rank = models.CharField(max_length=6, choices=ClassRank)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    # Words that suggest the class from a report's text until enough closed cases teach better.
    keywords = ArrayField(models.CharField(max_length=40), default=list)
    keywords_en = ArrayField(models.CharField(max_length=40), default=list)
    # The number to call when lives are at risk: whoever reports this class is told first that Linli is not it.
    emergency_number = models.CharField(max_length=10, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "case classes"
        constraints = [
            models.CheckConstraint(
                condition=Q(rank=ClassRank.MAJOR, parent=None) | Q(rank=ClassRank.MINOR, parent__isnull=False),
                name="duties_minor_class_has_a_parent",
            ),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "code", "kind", "rank", "parent", "name", "name_en", "keywords", "keywords_en", "emergency_number",
            "active",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ClassVersion(models.Model):
    """The limits of a minor class from one moment up to another. A change adds a version; old cases keep theirs."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case_class = models.ForeignKey(CaseClass, on_delete=models.PROTECT, related_name="versions")
    limit_amount = models.DecimalField(max_digits=7, decimal_places=2)
    limit_kind = models.CharField(max_length=16, choices=LIMIT_KINDS)
    response_amount = models.DecimalField(max_digits=7, decimal_places=2)
    response_kind = models.CharField(max_length=16, choices=LIMIT_KINDS)
    proof_required = models.BooleanField(default=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    changed_by = models.CharField(max_length=120)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["valid_from"]
        constraints = [
            _in_order("duties_class_version_in_order"),
            models.CheckConstraint(
                condition=Q(limit_amount__gt=0, response_amount__gt=0), name="duties_limits_are_positive"
            ),
            ExclusionConstraint(
                name="duties_one_limit_at_a_time",
                expressions=[("case_class", RangeOperators.EQUAL), (_moments(), RangeOperators.OVERLAPS)],
            ),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "case_class", "limit_amount", "limit_kind", "response_amount", "response_kind", "proof_required",
            "valid_from", "valid_to", "changed_by", "reason",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.case_class_id} from {self.valid_from:%Y-%m-%d}"


class Stage(models.TextChoices):
    """What is promised of a case beside its class's limits: the desk's and the verifier's part.

    That filing, handling and closing have working limits is CJ/T 315-2009's scope; its values were not read.
    """

    READ = "read", _("Read and file, or decline")
    CHECK = "check", _("Check what was done")
    CLOSE = "close", _("Close")


class StageLimit(models.Model):
    """What is promised of a stage from one moment up to another. A change adds a version; what has begun keeps its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    stage = models.CharField(max_length=10, choices=Stage)
    limit_amount = models.DecimalField(max_digits=7, decimal_places=2)
    limit_kind = models.CharField(max_length=16, choices=LIMIT_KINDS)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    changed_by = models.CharField(max_length=120)
    reason = models.CharField(max_length=500)

    class Meta:
        ordering = ["stage", "valid_from"]
        constraints = [
            _in_order("duties_stage_limit_in_order"),
            models.CheckConstraint(condition=Q(limit_amount__gt=0), name="duties_stage_limit_is_positive"),
            ExclusionConstraint(
                name="duties_one_stage_limit_at_a_time",
                expressions=[("stage", RangeOperators.EQUAL), (_moments(), RangeOperators.OVERLAPS)],
            ),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "stage", "limit_amount", "limit_kind", "valid_from", "valid_to", "changed_by", "reason"}

    def __str__(self) -> str:
        return f"{self.stage} {self.limit_amount} {self.limit_kind}"


class SpecialDay(models.Model):
    """A day with other working hours in this city than the State Council's calendar says; empty: a day of rest."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    day = models.DateField(unique=True)
    hours = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=200)
    changed_by = models.CharField(max_length=120)

    class Meta:
        ordering = ["day"]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "day", "hours", "reason", "changed_by"}

    def __str__(self) -> str:
        return f"{self.day} {self.hours}"


class ListKind(models.TextChoices):
    """三张清单: who is responsible, what has to be done, what comes first."""

    DUTY = "duty", _("Duty list")
    TASK = "task", _("Task list")
    PRIORITY = "priority", _("Priority list")


class DutyList(models.Model):
    """One version of one of the three lists, for a unit and what is below it. The next version closes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=ListKind)
    name = models.CharField(max_length=120)
    version = models.CharField(max_length=40)
    unit = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=200)
    imported_by = models.CharField(max_length=120)
    imported_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["kind", "-valid_from"]
        constraints = [
            _in_order("duties_list_in_order"),
            models.UniqueConstraint(fields=["kind", "unit", "version"], name="duties_list_version_once"),
            ExclusionConstraint(
                name="duties_one_list_at_a_time",
                expressions=[
                    ("kind", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    (_days(), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "kind", "name", "version", "unit", "valid_from", "valid_to", "source", "imported_by", "imported_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class DutyRole(models.TextChoices):
    LEAD = "lead", _("Lead")
    CO_HANDLER = "co_handler", _("Co-handler")


class ListRow(models.Model):
    """A row of a list: where it stands (number, clause, row of the file) and when it holds (the list's dates)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=40)
    clause = models.CharField(max_length=200)
    unit = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, related_name="+")
    row_number = models.PositiveIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.number} {self.clause}"


class Duty(ListRow):
    """In this unit, this body leads (or co-handles) cases of this class: a minor class, or all of a major one."""

    list = models.ForeignKey(DutyList, on_delete=models.CASCADE, related_name="duties")
    case_class = models.ForeignKey(CaseClass, on_delete=models.PROTECT, related_name="+")
    body = models.ForeignKey("people.Body", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=DutyRole, default=DutyRole.LEAD)

    class Meta:
        verbose_name_plural = "duties"
        constraints = [
            # The promise of this room: one lead for a class in a unit on any day, whatever list says so.
            ExclusionConstraint(
                name="duties_one_lead_at_a_time",
                expressions=[
                    ("case_class", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    (_days(), RangeOperators.OVERLAPS),
                ],
                condition=Q(role=DutyRole.LEAD),
            ),
            # A body may come back after another one.
            ExclusionConstraint(
                name="duties_body_once_per_place",
                expressions=[
                    ("list", RangeOperators.EQUAL),
                    ("case_class", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    ("body", RangeOperators.EQUAL),
                    (_days(), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [models.Index(fields=["body", "clause"], name="duties_duty_by_body")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "number", "clause", "unit", "row_number", "valid_from", "valid_to", "note", "list", "case_class",
            "body", "role",
        }  # fmt: skip


class Task(ListRow):
    """What a body has to do to fulfil a clause of its duties, and how often."""

    list = models.ForeignKey(DutyList, on_delete=models.CASCADE, related_name="tasks")
    body = models.ForeignKey("people.Body", on_delete=models.PROTECT, related_name="+")
    item = models.CharField(max_length=300)
    item_en = models.CharField(max_length=300, blank=True)
    frequency = models.CharField(max_length=80)

    class Meta:
        constraints = [_number_once("duties_task_number_once_a_unit")]
        indexes = [models.Index(fields=["body", "clause"], name="duties_task_by_body")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "number", "clause", "unit", "row_number", "valid_from", "valid_to", "note", "list", "body", "item",
            "item_en", "frequency",
        }  # fmt: skip


class Priority(ListRow):
    """A matter that comes first: cases of this class in this unit are urgent, all year or in a season of each year."""

    list = models.ForeignKey(DutyList, on_delete=models.CASCADE, related_name="priorities")
    case_class = models.ForeignKey(CaseClass, on_delete=models.PROTECT, related_name="+")
    item = models.CharField(max_length=300)
    item_en = models.CharField(max_length=300, blank=True)
    # `05-01` to `09-30`, both included; a season may pass the new year. Empty: all year.
    season_from = models.CharField(max_length=5, blank=True)
    season_to = models.CharField(max_length=5, blank=True)

    class Meta:
        verbose_name_plural = "priorities"
        constraints = [
            _number_once("duties_priority_number_once_a_unit"),
            models.CheckConstraint(
                condition=Q(season_from="", season_to="") | (~Q(season_from="") & ~Q(season_to="")),
                name="duties_season_has_both_ends",
            ),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {
            "id", "number", "clause", "unit", "row_number", "valid_from", "valid_to", "note", "list", "case_class",
            "item", "item_en", "season_from", "season_to",
        }  # fmt: skip
