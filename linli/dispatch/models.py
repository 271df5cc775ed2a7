"""What dispatch keeps: skills, shifts, teams, last places, what was proposed and what was decided of it, and calls to one place."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n

from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import Personal, mask_all, mask_text

PUBLIC_DUTY = _n("Needed for a statutory duty (PIPL art. 13(1)(3))")
# What a place is for: no more than this is done with it.
NEAREST = _n("Sending whoever is nearest; showing your dispatcher and desk on the map who is on duty where")


class _Period(Func):
    """`tstzrange(starts_at, ends_at, '[)')`: from the first moment up to, and without, the last."""

    function = "tstzrange"


class Skill(models.Model):
    """What only some can do: the city's closed list. `classes` are the codes of case classes whose work needs it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=32, unique=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60, blank=True)
    classes = ArrayField(models.CharField(max_length=32), default=list)

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "code", "name", "name_en", "classes"}

    def __str__(self) -> str:
        return self.code


class PersonSkill(models.Model):
    """Somebody has a skill; given by whoever plans the shifts of the unit."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "skill"], name="dispatch_skill_once")]

    class Privacy:
        personal = {"person": Personal(_n("Sending whoever can do the work"), PUBLIC_DUTY, None, mask_all)}
        plain = {"id", "skill", "unit", "given_at"}


class Shift(models.Model):
    """Somebody is on duty in a unit from one moment up to another; nobody is in two places at once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, related_name="+")
    body = models.ForeignKey("people.Body", on_delete=models.PROTECT, null=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="dispatch_shift_ends_after_it_begins"),
            ExclusionConstraint(
                name="dispatch_shift_one_at_a_time",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    (_Period(F("starts_at"), F("ends_at"), RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [models.Index(fields=["unit", "starts_at"], name="dispatch_shift_of_unit")]

    class Privacy:
        personal = {"person": Personal(_n("Knowing who is on duty, and when"), PUBLIC_DUTY, 365, mask_all)}
        plain = {"id", "unit", "body", "starts_at", "ends_at"}


class Team(models.Model):
    """People of one body who go together. Its leader finds in their inbox what it is sent to, and answers for it; the members see it."""

    class Mode(models.TextChoices):
        """As `travel.Mode`."""

        WALK = "walk", _("On foot")
        BIKE = "bike", _("By bicycle")
        CAR = "car", _("By car")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60)
    unit = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, related_name="+")
    body = models.ForeignKey("people.Body", on_delete=models.PROTECT, related_name="+")
    leader = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=4, choices=Mode, default=Mode.CAR)
    # The most that it holds at once.
    most = models.PositiveSmallIntegerField(default=5)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(most__range=(1, 50)), name="dispatch_team_holds_something")]

    class Privacy:
        personal = {"leader": Personal(_n("Sending a team"), PUBLIC_DUTY, None, mask_all)}
        plain = {"id", "name", "unit", "body", "mode", "most", "ended_at"}

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """Somebody goes with a team from one moment up to another, or for good; with one team at a time."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    starts_at = models.DateTimeField(default=clock.now)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="dispatch_team_one_at_a_time",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    (_Period(F("starts_at"), F("ends_at"), RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    class Privacy:
        personal = {"person": Personal(_n("Knowing who goes with a team"), PUBLIC_DUTY, None, mask_all)}
        plain = {"id", "team", "starts_at", "ends_at"}


class Position(models.Model):
    """Where somebody on duty last tapped “Arrived” with their position. One row a person, gone with the shift (`jobs`): no tracking."""

    person = models.OneToOneField("people.Person", on_delete=models.CASCADE, primary_key=True, related_name="+")
    unit = models.ForeignKey("territory.Unit", on_delete=models.CASCADE, related_name="+")
    lon = models.FloatField()
    lat = models.FloatField()
    at = models.DateTimeField()

    class Privacy:
        personal = {
            "person": Personal(NEAREST, PUBLIC_DUTY, 1, mask_all),
            "lon": Personal(NEAREST, PUBLIC_DUTY, 1, mask_text),
            "lat": Personal(NEAREST, PUBLIC_DUTY, 1, mask_text),
        }
        plain = {"unit", "at"}


class Proposal(models.Model):
    """What was proposed for a unit, as it was shown: never changed. `lines` and `undone` are `solver.Plan` as JSON."""

    class Kind(models.TextChoices):
        NOW = "now", _("Who goes now")
        ROUNDS = "rounds", _("Rounds of a shift")

    class Measured(models.TextChoices):
        """As `travel.Measured`, in the words of the page."""

        STREETS = "streets", _("Ways are measured along the streets; where none leads, through the air.")
        AIR = "air", _("Ways are measured through the air: no streets are loaded that lead there.")
        TOO_MANY = (
            "too_many",
            _("Ways are measured through the air: for so many places at once the streets take too long."),
        )
        MIXED = "mixed", _("Some ways are measured along the streets, others through the air.")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    unit = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    lines = models.JSONField(default=list)
    undone = models.JSONField(default=list)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.NOW)
    gain = models.FloatField()
    travel_minutes = models.PositiveIntegerField()
    # Empty where nobody could go, and for those of before this was kept.
    measured = models.CharField(max_length=8, choices=Measured, default="")

    class Meta:
        indexes = [models.Index(fields=["unit", "-id"], name="dispatch_proposal_of_unit")]

    class Privacy:
        personal = {
            "asked_by": Personal(_n("Knowing who asked for a proposal"), PUBLIC_DUTY, None, mask_all),
            "lines": Personal(_n("Knowing who was proposed for what, and why"), PUBLIC_DUTY, None, mask_text),
            "undone": Personal(_n("Knowing who was proposed for what, and why"), PUBLIC_DUTY, None, mask_text),
        }
        plain = {"id", "unit", "asked_at", "kind", "gain", "travel_minutes", "measured"}


class Decision(models.Model):
    """What was done with one line of a proposal: never changed; what is taken back is a decision of its own."""

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        CHANGED = "changed", _("Somebody else sent")
        TAKEN_BACK = "taken_back", _("Taken back")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="decisions")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    # A team is sent by its leader, who is the `person`.
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")
    # Which stop of a round it is, from 1, and when they are expected there.
    stop = models.PositiveSmallIntegerField(null=True)
    arrives_at = models.DateTimeField(null=True)
    by = models.ForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    why = models.CharField(max_length=500, default="")

    class Meta:
        indexes = [models.Index(fields=["person", "-at"], name="dispatch_decision_of_person")]

    class Privacy:
        personal = {
            "person": Personal(_n("Knowing who was sent"), PUBLIC_DUTY, None, mask_all),
            "by": Personal(_n("Knowing who sent them"), PUBLIC_DUTY, None, mask_all),
            "why": Personal(_n("Knowing why somebody was sent"), PUBLIC_DUTY, None, mask_text),
        }
        plain = {"id", "proposal", "case", "kind", "team", "stop", "arrives_at", "at"}


class Call(models.Model):
    """Somebody is called to an emergency beside whoever leads it: in their inbox until they answer, or the case has ended."""

    class Answer(models.TextChoices):
        NONE = "", _("No answer yet")
        COMING = "coming", _("Coming")
        CANNOT = "cannot", _("Cannot come")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    # Who is called need not be allowed to read the case: what and where is all that they are told.
    what = models.CharField(max_length=200)
    place = models.CharField(max_length=200)
    lon = models.FloatField()
    lat = models.FloatField()
    units = ArrayField(models.UUIDField())
    why = models.CharField(max_length=500, default="")
    by = models.ForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    # The post of whoever calls, as timelines name it.
    by_label = models.CharField(max_length=120, default="")
    at = models.DateTimeField()
    answer = models.CharField(max_length=8, choices=Answer, default=Answer.NONE, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="dispatch_called_once")]
        indexes = [models.Index(fields=["person", "-at"], name="dispatch_call_of_person")]

    class Privacy:
        personal = {
            "person": Personal(_n("Calling people to an emergency"), PUBLIC_DUTY, 1095, mask_all),
            "what": Personal(_n("Understanding the matter"), PUBLIC_DUTY, 1095, mask_text),
            "place": Personal(_n("Finding the place"), PUBLIC_DUTY, 1095, mask_text),
            "lon": Personal(_n("Finding the place"), PUBLIC_DUTY, 1095, mask_text),
            "lat": Personal(_n("Finding the place"), PUBLIC_DUTY, 1095, mask_text),
            "why": Personal(_n("Knowing why somebody was sent"), PUBLIC_DUTY, None, mask_text),
            "by": Personal(_n("Knowing who sent them"), PUBLIC_DUTY, None, mask_all),
        }
        plain = {"id", "case", "units", "by_label", "at", "answer", "answered_at"}
