"""What is counted ahead, so that figures of a city are read and not summed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from linli.foundation.privacy import Personal


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
