"""Calculations of this room, without a database: phone numbers, codes, one-time passwords, periods."""

import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyotp
from django.utils.translation import gettext_lazy as _

from linli.foundation.access import Role
from linli.foundation.errors import InvalidInput
from linli.foundation.privacy import keyed_hash

CODE_LIFETIME = timedelta(minutes=5)
CODE_TRIES = 5
CODES_PER_PHONE = 5
CODES_PER_IP = 20
CODE_WINDOW = timedelta(hours=1)

# NIST SP 800-63B section 5.2.2 allows up to 100 failures; these are stricter, and a locked account opens by itself.
FAILURES_PER_ACCOUNT = 5
FAILURES_PER_ACCOUNT_FROM_ALL = 20
FAILURES_PER_IP = 30
LOCK_WINDOW = timedelta(minutes=15)

TOTP_SECONDS = 30
TOTP_DRIFT = 1
RECOVERY_CODES = 8
# Without 0, 1, I, L, O and U: read aloud and typed without mistakes. Ten of 30 signs are 49 bits.
_RECOVERY_SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

_MAINLAND_MOBILE = re.compile(r"1[3-9]\d{9}")
# Area code with its 0 (three digits for 010 and 02x, else four), then seven or eight digits that begin with 2 to 8.
_LANDLINE = re.compile(r"0(?:(?:10|2\d)[2-8]\d{7}|[3-9]\d{2}[2-8]\d{6,7})")
_INTERNATIONAL = re.compile(r"\+[1-9]\d{7,14}")
# Whatever is longer is no number, and is not looked at.
LONGEST_PHONE = 40
_USERNAME = re.compile(r"[a-z0-9][a-z0-9.-]{2,63}")

EARLIEST, LATEST = datetime(1949, 10, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

# A handler handles for a body; without one there would be nothing to handle.
ROLES_WITH_BODY = frozenset({Role.HANDLER})


class InvalidPhone(InvalidInput):
    code = "invalid_phone"
    message = _("This is not a mobile number. Enter 11 digits such as 13800001234, or + and the country code.")


class InvalidCaller(InvalidInput):
    code = "invalid_phone"
    message = _(
        "This is not a phone number. Enter 11 digits such as 13800001234, a landline with its area code such as "
        "028 8444 1234, or + and the country code."
    )


class InvalidUsername(InvalidInput):
    code = "invalid_username"
    message = _("A user name has 3 to 64 small letters, digits, dots or dashes, and begins with a letter or digit.")


class InvalidPeriod(InvalidInput):
    code = "invalid_period"
    message = _("The end must come after the beginning, and both between 1949 and 2200. Please correct the dates.")


class BodyMissing(InvalidInput):
    code = "body_missing"
    message = _("This role works for a body. Choose the body.")


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, and without, `end`; None is open."""

    start: datetime
    end: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment and (self.end is None or moment < self.end)

    def within(self, other: "Period") -> bool:
        if other.end is not None and (self.end is None or self.end > other.end):
            return False
        return self.start >= other.start

    def overlaps(self, other: "Period") -> bool:
        """An empty period overlaps nothing."""
        if self.start == self.end or other.start == other.end:
            return False
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)

    def ended_at(self, moment: datetime) -> "Period":
        """This period cut at `moment`. What has not begun ends where it would have begun, and so holds nowhere."""
        end = max(self.start, moment)
        return self if self.end is not None and self.end <= end else Period(self.start, end)


def checked_period(start: datetime, end: datetime | None) -> Period:
    """A period that holds somewhere, within the years that a post can lie in. Raises `InvalidPeriod`."""
    if not EARLIEST <= start < LATEST:
        raise InvalidPeriod(field="valid_from")
    if end is not None and not start < end < LATEST:
        raise InvalidPeriod(field="valid_to")
    return Period(start, end)


def clean_text(text: str, field: str, longest: int, *, needed: bool = False) -> str:
    """Text without outer spaces. Raises `InvalidInput` where it is too long, or holds what no text holds (NUL and the like)."""
    cleaned = text.strip()
    if len(cleaned) > longest or (needed and not cleaned):
        raise InvalidInput(field=field)
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t" for sign in cleaned):
        raise InvalidInput(field=field)
    return cleaned


def normalise_phone(text: str) -> str:
    """The number as it is stored: 11 digits for a mainland mobile, `+` and digits for any other. Raises `InvalidPhone`.

    >>> normalise_phone("+86 138-0000-1234")
    '13800001234'
    """
    # As nearly all are given: a table has half a million.
    if text.isascii() and _MAINLAND_MOBILE.fullmatch(text):
        return text
    number = _digits(text)
    mainland = re.sub(r"^\+?86(?=1\d{10}$)", "", number)
    # `\d` also matches the digits of other scripts, which NFKC leaves alone.
    if mainland.isascii() and _MAINLAND_MOBILE.fullmatch(mainland):
        return mainland
    if number.isascii() and _INTERNATIONAL.fullmatch(number) and not number.startswith("+86"):
        return number
    raise InvalidPhone(field="phone")


def normalise_caller(text: str) -> str:
    """As `normalise_phone`, and landlines by area code and number: somebody can be called there. Raises `InvalidCaller`.

    >>> normalise_caller("+86 28 8444-1234")
    '02884441234'
    """
    try:
        return normalise_phone(text)
    except InvalidPhone:
        number = re.sub(r"^\+?86(?=[1-9])", "0", _digits(text))
        if number.isascii() and _LANDLINE.fullmatch(number):
            return number
        raise InvalidCaller(field="phone") from None


def is_landline(phone: str) -> bool:
    """Whether no text reaches this number. `phone` must be normalised."""
    return phone.startswith("0")


def _digits(text: str) -> str:
    """Without what people write between digits; `+` for a leading 00."""
    if len(text) > LONGEST_PHONE:
        return ""
    number = re.sub(r"[\s().\-‐-―]", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"^00", "+", number)


def phone_hash(phone: str) -> bytes:
    """How a phone number is found. `phone` must be normalised."""
    return keyed_hash(phone, "person.phone")


def ip_hash(address: str) -> bytes:
    """Told again for the same address, and not to be read back without the key."""
    return keyed_hash(address, "people.ip")


def normalise_username(text: str) -> str:
    """In small letters, without the blanks around it. Raises InvalidUsername."""
    name = text.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise InvalidUsername(field="username")
    return name


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(1_000_000):06d}"


def code_hash(code: str, salt: str) -> bytes:
    """Hash of a sign-in code. The salt is the id of its row, so that equal codes do not look equal."""
    return keyed_hash(f"{salt}:{clean_code(code)}", "people.code")


def clean_code(text: str) -> str:
    """A code as typed: full-width digits, spaces and dashes do not matter, nor does the case."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text[:40])).upper()


def same(one: bytes | memoryview, other: bytes | memoryview) -> bool:
    """Comparison in constant time."""
    return hmac.compare_digest(bytes(one), bytes(other))


def new_totp_secret() -> str:
    """160 random bits in base32 (RFC 4226 section 4)."""
    return pyotp.random_base32(32)


def totp_step(moment: datetime) -> int:
    """The time step of RFC 6238: how many times TOTP_SECONDS since 1970."""
    return int(moment.timestamp()) // TOTP_SECONDS


def matching_step(secret: str, code: str, moment: datetime, last_step: int) -> int | None:
    """The time step (RFC 6238, 30 s, one step of drift either way) whose password is `code`, or None.

    Steps up to `last_step` were used and match no more (RFC 6238 section 5.2).
    """
    typed = clean_code(code).encode()
    generator = pyotp.TOTP(secret)
    present = totp_step(moment)
    found = None
    for step in range(present - TOTP_DRIFT, present + TOTP_DRIFT + 1):
        if same(generator.generate_otp(step).encode(), typed) and step > last_step:
            found = step
    return found


def current_totp(secret: str, moment: datetime) -> str:
    """The six digits that an authenticator with this secret (base32) shows at the moment."""
    return pyotp.TOTP(secret).generate_otp(totp_step(moment))


def totp_link(secret: str, username: str) -> str:
    """What the authenticator's QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name="Linli")


def new_recovery_codes() -> list[str]:
    """Eight codes such as `7KQ2M-XW9RD`."""
    codes = ["".join(secrets.choice(_RECOVERY_SIGNS) for _i in range(10)) for _j in range(RECOVERY_CODES)]
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def recovery_hash(code: str, person_id: object) -> bytes:
    """Of a recovery code however it was typed; another for each person."""
    return keyed_hash(f"{person_id}:{clean_code(code)}", "people.recovery")


def minutes_until(moments: Iterable[datetime], limit: int, window: timedelta, moment: datetime) -> int:
    """Whole minutes until fewer than `limit` of `moments` lie within the window before; 0 if that is so now."""
    recent = sorted(at for at in moments if at > moment - window)
    if len(recent) < limit:
        return 0
    opens = recent[len(recent) - limit] + window
    return max(1, -(-int((opens - moment).total_seconds()) // 60))


def check_body(role: Role, body_given: bool) -> None:
    """Raises `BodyMissing` where the role needs a body and has none."""
    if role in ROLES_WITH_BODY and not body_given:
        raise BodyMissing(field="body")
