"""Who people are, which body they belong to, and which post they hold where and when."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n

from linli.foundation import clock
from linli.foundation.access import ROLE_LABELS
from linli.foundation.ids import uuid7
from linli.foundation.privacy import EncryptedTextField, Personal, mask_all, mask_name, mask_phone, mask_text

# PIPL art. 13(1) names the legal bases; these are those that this room relies on.
PUBLIC_DUTY = _n("Needed for a statutory duty (PIPL art. 13(1)(3))")
SERVICE = _n("Needed for the service you asked for (PIPL art. 13(1)(2))")
CONSENT = _n("Your consent, which you can take back at any time (PIPL art. 13(1)(1))")
PROOF = _n("Statutory duty of proof (PIPL arts. 14 and 69)")
NIL = Value("00000000-0000-0000-0000-000000000000", output_field=models.UUIDField())


class _Period(Func):
    """`tstzrange(valid_from, valid_to, '[)')`: from the first moment up to, and without, the last."""

    function = "tstzrange"


def _period() -> _Period:
    return _Period(F("valid_from"), F("valid_to"), RangeBoundary())


class BodyKind(models.TextChoices):
    RESIDENTS_COMMITTEE = "residents_committee", _("Residents' committee")
    SUBDISTRICT_OFFICE = "subdistrict_office", _("Subdistrict office")
    DISTRICT_BUREAU = "district_bureau", _("District bureau")
    CITY_BUREAU = "city_bureau", _("City bureau")
    PROPERTY_MANAGER = "property_manager", _("Property manager")
    OWNERS_COMMITTEE = "owners_committee", _("Owners' committee")
    UTILITY = "utility", _("Utility company")
    SOCIAL_ORG = "social_org", _("Social organisation")
    SOCIAL_ENTERPRISE = "social_enterprise", _("Social enterprise")
    PARTY_ORG = "party_org", _("Party organisation")


class Language(models.TextChoices):
    CHINESE = "zh-hans", _("Chinese")
    ENGLISH = "en", _("English")


class PersonManager(BaseUserManager["Person"]):
    """Lets Django find a person by the name they sign in with."""


class Person(AbstractBaseUser):
    """A resident (found by phone, signs in by code) or a member of staff (by username, signs in by password and TOTP).

    The same human may have one of each: a resident's sign-in by phone code must never open a post.
    """

    last_login = None
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(max_length=64, unique=True, null=True, blank=True)
    name = EncryptedTextField(blank=True)
    phone = EncryptedTextField(blank=True)
    phone_hash = models.BinaryField(max_length=32, null=True, blank=True)
    totp_secret = EncryptedTextField(blank=True)
    totp_enrolled_at = models.DateTimeField(null=True, blank=True)
    totp_last_step = models.BigIntegerField(default=0)
    session_epoch = models.PositiveIntegerField(default=0)
    language = models.CharField(max_length=8, choices=Language, default=Language.CHINESE)
    # Of the city's WeChat service account, where the person has connected theirs: it goes to nobody else's account.
    openid = EncryptedTextField(blank=True)
    openid_hash = models.BinaryField(max_length=32, null=True, blank=True)
    # Theme and size of text as the web's `looks` writes them, for the next device; empty where nothing was chosen.
    look = models.CharField(max_length=100, blank=True, default="")
    active = models.BooleanField(default=True)
    demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True)

    # The posts of an account that acts, as `queries.account` has read them; None where they were not.
    held: Any = None

    objects = PersonManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Privacy:
        personal = {
            "username": Personal(_n("Signing in as staff"), PUBLIC_DUTY, 180, mask_all),
            "password": Personal(_n("Signing in as staff"), PUBLIC_DUTY, 0, mask_all),
            "name": Personal(_n("Addressing you, and showing colleagues who works with them"), SERVICE, 0, mask_name),
            "phone": Personal(_n("Signing in, and asking back about your requests"), SERVICE, 0, mask_phone),
            "phone_hash": Personal(_n("Finding your account when you sign in"), SERVICE, 0, mask_all),
            "totp_secret": Personal(_n("Second factor when signing in as staff"), PUBLIC_DUTY, 0, mask_all),
            "openid": Personal(_n("Sending you messages by WeChat, as you chose"), CONSENT, 0, mask_all),
            "openid_hash": Personal(_n("Connecting a WeChat account with one person only"), CONSENT, 0, mask_all),
            "language": Personal(_n("Showing pages in your language"), SERVICE, 0, mask_text),
            "look": Personal(_n("Showing pages the way you chose"), SERVICE, 0, mask_text),
        }
        plain = {
            *("id", "active", "demo", "created_at", "erased_at"),
            *("totp_enrolled_at", "totp_last_step", "session_epoch"),
        }

    class Meta:
        constraints = [
            # Staff keep their phone for messages only: it neither signs in nor meets with the resident they also are.
            models.UniqueConstraint(
                fields=["phone_hash"], condition=Q(username__isnull=True), name="people_person_one_resident_per_phone"
            ),
            # One WeChat account is one resident, and may be one member of staff as well: the same human.
            models.UniqueConstraint(
                fields=["openid_hash"], condition=Q(username__isnull=True), name="people_person_one_resident_per_openid"
            ),
            models.UniqueConstraint(
                fields=["openid_hash"], condition=Q(username__isnull=False), name="people_person_one_staff_per_openid"
            ),
            models.CheckConstraint(
                condition=Q(username__isnull=False) | Q(phone_hash__isnull=False) | Q(erased_at__isnull=False),
                name="people_person_can_sign_in",
            ),
        ]

    def __str__(self) -> str:
        return self.username or str(self.id)

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Django's name for it."""
        return self.active

    @property
    def is_staff_account(self) -> bool:
        return self.username is not None

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sessions end when the password changes or the epoch moves; residents have no password, only the epoch."""
        return salted_hmac(
            "linli.people.session", f"{self.password}:{self.session_epoch}", secret=secret, algorithm="sha256"
        ).hexdigest()


class Body(models.Model):
    """An organisation that has duties: an office, a committee, a company."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=32, choices=BodyKind)
    unit = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, related_name="+")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Privacy:
        personal: dict[str, Personal] = {}
        plain = {"id", "code", "name", "name_en", "kind", "unit", "parent", "created_at"}

    class Meta:
        verbose_name_plural = "bodies"
        constraints = [models.CheckConstraint(condition=~Q(parent=F("id")), name="people_body_not_its_own_parent")]

    def __str__(self) -> str:
        return self.code


class Post(models.Model):
    """A role that a person holds in a unit (for a body, where the role needs one) from one moment up to another."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="posts")
    role = models.CharField(max_length=32, choices=[(role.value, label) for role, label in ROLE_LABELS.items()])
    unit = models.ForeignKey("territory.Unit", on_delete=models.PROTECT, related_name="+")
    body = models.ForeignKey(Body, on_delete=models.PROTECT, null=True, blank=True, related_name="posts")
    valid_from = models.DateTimeField(default=clock.now)
    valid_to = models.DateTimeField(null=True, blank=True)
    appointed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(blank=True)

    class Privacy:
        personal = {
            "person": Personal(_n("Knowing who held a public post, and when"), PUBLIC_DUTY, None, mask_all),
            "appointed_by": Personal(_n("Knowing who appointed to a public post"), PUBLIC_DUTY, None, mask_all),
            "reason": Personal(_n("Knowing why a post was given"), PUBLIC_DUTY, None, mask_text),
        }
        plain = {"id", "role", "unit", "body", "valid_from", "valid_to"}

    class Meta:
        constraints = [
            # A post that ends before it began leaves an empty period, which holds nowhere.
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="people_post_ends_after_it_begins",
            ),
            ExclusionConstraint(
                name="people_post_held_once",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    (Coalesce("body", NIL), RangeOperators.EQUAL),
                    (_period(), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.id}"


class Delegation(models.Model):
    """In the absence of a post's holder another acts on the post. It ends by itself, at the latest with the post."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="delegations")
    to_person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="delegations")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    notifications = models.BooleanField(default=True)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(blank=True)

    class Privacy:
        personal = {
            "to_person": Personal(_n("Knowing who acted on a public post, and when"), PUBLIC_DUTY, None, mask_all),
            "created_by": Personal(_n("Knowing who handed a public post over"), PUBLIC_DUTY, None, mask_all),
            "reason": Personal(_n("Knowing why a post was handed over"), PUBLIC_DUTY, None, mask_text),
        }
        plain = {"id", "post", "valid_from", "valid_to", "notifications"}

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__gte=F("valid_from")), name="people_delegation_ends_after_it_begins"
            ),
            ExclusionConstraint(
                name="people_delegation_one_at_a_time",
                expressions=[("post", RangeOperators.EQUAL), (_period(), RangeOperators.OVERLAPS)],
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SignInCode(models.Model):
    """A six-digit code sent to a phone. Only hashes are kept; they do not tell whether the phone has an account."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    phone_hash = models.BinaryField(max_length=32)
    ip_hash = models.BinaryField(max_length=32)
    code_hash = models.BinaryField(max_length=32)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True, blank=True)

    class Privacy:
        personal = {
            "phone_hash": Personal(_n("Signing in by phone"), SERVICE, 1, mask_all),
            "ip_hash": Personal(_n("Stopping attacks on signing in"), PUBLIC_DUTY, 1, mask_all),
            "code_hash": Personal(_n("Signing in by phone"), SERVICE, 1, mask_all),
        }
        plain = {"id", "attempts", "created_at", "expires_at", "consumed_at"}

    class Meta:
        indexes = [
            models.Index(fields=["phone_hash", "created_at"], name="people_code_by_phone"),
            models.Index(fields=["ip_hash", "created_at"], name="people_code_by_ip"),
            models.Index(fields=["created_at"], name="people_code_by_age"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SignInAttempt(models.Model):
    """One try at a staff account, counted before it is judged so that tries at the same time count too.

    A complete sign-in removes the account's tries; enough of them lock the account or the address for a while.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_hash = models.BinaryField(max_length=32)
    ip_hash = models.BinaryField(max_length=32)
    at = models.DateTimeField(default=clock.now)

    class Privacy:
        personal = {
            "account_hash": Personal(_n("Stopping attacks on signing in"), PUBLIC_DUTY, 1, mask_all),
            "ip_hash": Personal(_n("Stopping attacks on signing in"), PUBLIC_DUTY, 1, mask_all),
        }
        plain = {"id", "at"}

    class Meta:
        indexes = [
            models.Index(fields=["account_hash", "at"], name="people_attempt_by_account"),
            models.Index(fields=["ip_hash", "at"], name="people_attempt_by_ip"),
            models.Index(fields=["at"], name="people_attempt_by_age"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class RecoveryCode(models.Model):
    """One of the eight codes that stand in for a lost authenticator, each once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True, blank=True)

    class Privacy:
        personal = {"code_hash": Personal(_n("Signing in without the authenticator"), PUBLIC_DUTY, 0, mask_all)}
        plain = {"id", "person", "used_at"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "code_hash"], name="people_recovery_code_once")]

    def __str__(self) -> str:
        return str(self.id)


class ConsentPurpose(models.TextChoices):
    """What PIPL asks a separate consent for (arts. 23, 25, 29, 31); refusing one never closes another service."""

    LOCATION = "location", _("Using the position of my phone when I report")
    HEALTH = "health", _("Keeping health data for elder care")
    BIOMETRICS = "biometrics", _("Recognising me by face or voice")
    MINOR = "minor", _("Keeping data of a child under 14 whose guardian I am")
    PUBLICATION = "publication", _("Showing my name beside what I publish")


class Consent(models.Model):
    """A separate consent: given once, withdrawn at any time, and both stay known."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=32, choices=ConsentPurpose)
    given_at = models.DateTimeField(default=clock.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Privacy:
        personal = {"purpose": Personal(_n("Proving what you agreed to"), PROOF, 1095, mask_text)}
        plain = {"id", "person", "given_at", "withdrawn_at"}

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "purpose"], condition=Q(withdrawn_at__isnull=True), name="people_consent_given_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"
