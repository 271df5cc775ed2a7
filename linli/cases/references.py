"""Case numbers as people read them out and type them in."""

import re
import unicodedata

from linli.cases import errors


def reference_of(number: int) -> str:
    """The number as people read it out: digits and a check digit (ISO 7064 Mod 11,10), so that a slip is noticed."""
    return f"{number}-{_check_digit(str(number))}"


def number_of(reference: str) -> int:
    """The number behind a reference as typed, with or without the dash. Raises WrongNumber."""
    digits = re.sub(r"[\s\-－—]", "", unicodedata.normalize("NFKC", reference))
    if not re.fullmatch(r"[0-9]{2,18}", digits) or _check_digit(digits[:-1]) != digits[-1]:
        raise errors.WrongNumber(field="number")
    return int(digits[:-1])


def _check_digit(digits: str) -> str:
    rest = 10
    for digit in digits:
        rest = (rest + int(digit)) % 10 or 10
        rest = rest * 2 % 11
    return str((11 - rest) % 10)
