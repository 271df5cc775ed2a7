"""What helps at the desk: the class that is suggested, and views that are kept."""

from django.db import models

from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal


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
