"""Who helps: members of five kinds, what they can do, calls for help, and the teams that they form."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n

from linli.foundation import clock
from linli.foundation.ids import uuid7
from linli.foundation.privacy import EncryptedTextField, Personal, mask_all, mask_name, mask_phone

# PIPL art. 13(1)(4): to respond to a public health emergency, or to protect life, health and property in an emergency.
EMERGENCY = _n("Needed in an emergency, to protect life and health (PIPL art. 13(1)(4))")


class MemberKind(models.TextChoices):
    CADRE = "cadre", _("Cadre")
    COMMUNITY_WORKER = "community_worker", _("Community worker")
    VOLUNTEER = "volunteer", _("Volunteer")
    PROPERTY_STAFF = "property_staff", _("Property staff")
    SOCIAL_ORG = "social_org", _("Social organisation")


class Member(models.Model):
    """Somebody of the roster. Whoever has an account sees their team's doors with it; the others are told by their leader."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Where they can be sent: in this unit and what lies below it.
    unit = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+")
    person = models.ForeignKey("people.Person", models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=20, choices=MemberKind.choices)
    # The organisation that they come from, as it calls itself.
    organisation = models.CharField(max_length=120, default="", blank=True)
    name = EncryptedTextField()
    phone = EncryptedTextField(blank=True)
    # Keyed, as that of an account, of a phone that one person carries; of a landline none. By it whoever has no account is one helper.
    phone_hash = models.BinaryField(max_length=32, null=True)
    skills = ArrayField(models.CharField(max_length=32), default=list)
    joined_at = models.DateTimeField(default=clock.now)
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(left_at=None, person__isnull=False), name="member_one_per_person"
            ),
            models.UniqueConstraint(
                fields=["phone_hash"],
                condition=Q(left_at=None, person=None, phone_hash__isnull=False),
                name="member_one_per_phone",
            ),
        ]
        indexes = [models.Index(fields=["unit", "id"], name="member_of_unit", condition=Q(left_at=None))]

    class Privacy:
        personal = {
            "person": Personal(_n("Showing you the doors of your team"), EMERGENCY, 0, mask_all),
            "name": Personal(_n("Knowing who helps in an emergency"), EMERGENCY, 0, mask_name),
            "phone": Personal(_n("Calling you up in an emergency"), EMERGENCY, 0, mask_phone),
            "phone_hash": Personal(_n("Not having you in two teams at once"), EMERGENCY, None, mask_all),
        }
        plain = {"id", "unit", "kind", "organisation", "skills", "joined_at", "left_at"}

    def __str__(self) -> str:
        return str(self.id)


class Strength(models.Model):
    """How many of a kind can be sent in a unit and what lies below it: a city's half a million people are not counted for a page.

    The database changes it with each change of the roster (migration 0008), and counts anew when the territory changes.
    """

    id = models.BigAutoField(primary_key=True)
    unit = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=MemberKind.choices)
    people = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "kind"], name="strength_once")]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "unit", "kind", "people"}

    def __str__(self) -> str:
        return f"{self.kind}: {self.people}"


class Call(models.Model):
    """A call for help in a unit: how many, with which skill, from when to when."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    declaration = models.ForeignKey("campaigns.Declaration", models.PROTECT, related_name="calls")
    unit = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+")
    wanted = models.PositiveIntegerField()
    skill = models.CharField(max_length=32, default="", blank=True)
    text = models.CharField(max_length=300)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="call_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(wanted__gte=1), name="call_wants_somebody"),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "declaration", "unit", "wanted", "skill", "text", "starts_at", "ends_at", "at"}

    def __str__(self) -> str:
        return self.text


class CallAnswer(models.Model):
    """Whether a member comes. One answer a call; the last one counts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    call = models.ForeignKey(Call, models.CASCADE, related_name="answers")
    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    coming = models.BooleanField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "member"], name="call_answered_once")]

    class Privacy:
        personal = {
            "member": Personal(_n("Knowing who comes to help"), EMERGENCY, 0, mask_all),
            "coming": Personal(_n("Knowing who comes to help"), EMERGENCY, 0, mask_all),
        }
        plain = {"id", "call", "at"}

    def __str__(self) -> str:
        return f"{self.coming}"


class CallAsked(models.Model):
    """That a member was asked by a call: added before the message goes, so that nobody is asked twice."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    call = models.ForeignKey(Call, models.CASCADE, related_name="asked")
    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "member"], name="call_asks_once")]

    class Privacy:
        personal = {"member": Personal(_n("Not asking you twice"), EMERGENCY, None, mask_all)}
        plain = {"id", "call", "at"}

    def __str__(self) -> str:
        return str(self.id)


class Shift(models.Model):
    """When a member is on duty under a declaration, and where. Nobody is in two places at a time: no two of theirs overlap."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    declaration = models.ForeignKey("campaigns.Declaration", models.PROTECT, related_name="shifts")
    member = models.ForeignKey(Member, models.CASCADE, related_name="shifts", db_index=False)
    unit = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    # The call to which they said that they come.
    call = models.ForeignKey(Call, models.CASCADE, null=True, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_it_starts"),
            ExclusionConstraint(
                name="shift_one_place_at_a_time",
                expressions=[
                    ("member", RangeOperators.EQUAL),
                    (
                        Func(
                            F("starts_at"),
                            F("ends_at"),
                            RangeBoundary(),
                            function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        indexes = [models.Index(fields=["unit", "starts_at"], name="shift_of_unit")]

    class Privacy:
        personal = {
            "member": Personal(_n("Knowing who is on duty when"), EMERGENCY, None, mask_all),
            "starts_at": Personal(_n("Knowing who is on duty when"), EMERGENCY, None, mask_all),
            "ends_at": Personal(_n("Knowing who is on duty when"), EMERGENCY, None, mask_all),
        }
        plain = {"id", "declaration", "unit", "call"}

    def __str__(self) -> str:
        return f"{self.starts_at}–{self.ends_at}"


class Team(models.Model):
    """Some members who share doors. It belongs to one campaign, and is out of it when it can go on no more."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey("campaigns.Campaign", models.PROTECT, related_name="teams", db_index=False)
    # Where it starts from: its community.
    unit = models.ForeignKey("territory.Unit", models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=60)
    # Minutes that it works in a day.
    minutes = models.PositiveSmallIntegerField()
    formed_at = models.DateTimeField(default=clock.now)
    out_at = models.DateTimeField(null=True)
    # When the phones of the team were last heard of.
    synced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="team_number_once"),
            models.CheckConstraint(condition=Q(minutes__range=(1, 1440)), name="team_works_some_minutes"),
        ]
        indexes = [
            models.Index(fields=["campaign"], name="team_out", condition=Q(out_at__isnull=False)),
            models.Index(fields=["campaign", "unit"], name="team_of_unit"),
        ]

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "campaign", "unit", "number", "name", "minutes", "formed_at", "out_at", "synced_at"}

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A member in a team, or its leader, from one moment to another. Nobody is in two places: one open membership each."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    member = models.ForeignKey(Member, models.CASCADE, related_name="memberships", db_index=False)
    leads = models.BooleanField(default=False)
    since = models.DateTimeField(default=clock.now)
    until = models.DateTimeField(null=True)
    # When their phone was last heard of.
    heard_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member"], condition=Q(until=None), name="membership_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="membership_ends_after_it_begins"
            ),
        ]

    class Privacy:
        personal = {
            "member": Personal(_n("Knowing who was sent to which doors"), EMERGENCY, 0, mask_all),
            "heard_at": Personal(_n("Noticing that you may be without a network"), EMERGENCY, None, mask_all),
        }
        plain = {"id", "team", "leads", "since", "until"}

    def __str__(self) -> str:
        return str(self.id)
