"""Where an address lies, learned from the rows that have it and name a unit.

Three rules, the surest first. docs/replay.md tells how often each is right about rows whose unit is known.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum

# So many of the rows that a rule goes by must name the same unit.
AGREEING = 0.9
# A street is spoken for by no fewer rows.
ROWS_OF_STREET = 3
LONGEST = 200
# More digits than a house has.
LONGEST_NUMBER = 9


class Rule(StrEnum):
    """What other rows a row was located by."""

    SAME_ADDRESS = "the same address"
    SAME_STREET = "the same street"
    NEIGHBOURS = "the next house numbers on both sides"


@dataclass(frozen=True, slots=True)
class Address:
    """`text` is what is compared as a whole; `street` (with its area) is empty where the form does not fit."""

    text: str
    street: tuple[str, ...] = ()
    number: int = 0


def read(text: str, form: re.Pattern[str] | None) -> Address:
    """An address by the mapping's form, whose groups are `number`, `street` and, where there is one, `area`."""
    whole = _plain(text)
    found = form.fullmatch(text[:LONGEST].strip()) if form else None
    if found is None:
        return Address(whole)
    parts = found.groupdict(default="")
    number = parts["number"]
    if not number.isdecimal() or len(number) > LONGEST_NUMBER or not parts["street"]:
        return Address(whole)
    return Address(whole, (_plain(parts["street"]), _plain(parts.get("area", ""))), int(number))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


class AddressBook:
    """The units that rows name for their addresses."""

    def __init__(self, form: re.Pattern[str] | None) -> None:
        self._form = form
        self._addresses: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._streets: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        self._numbers: defaultdict[tuple[str, ...], dict[int, Counter[str]]] = defaultdict(dict)

    def learn(self, text: str, unit: str) -> None:
        address = read(text, self._form)
        if address.text:
            self._addresses[address.text][unit] += 1
        if address.street:
            self._streets[address.street][unit] += 1
            self._numbers[address.street].setdefault(address.number, Counter())[unit] += 1

    def find(self, text: str) -> tuple[str, Rule] | None:
        """The unit of an address and the rule that tells it; None where none does."""
        address = read(text, self._form)
        if unit := _agreed(self._addresses.get(address.text, Counter())):
            return unit, Rule.SAME_ADDRESS
        if unit := _agreed(self._streets.get(address.street, Counter()), ROWS_OF_STREET):
            return unit, Rule.SAME_STREET
        if unit := _agreed(_neighbours(self._numbers.get(address.street, {}), address.number)):
            return unit, Rule.NEIGHBOURS
        return None


def _agreed(units: Counter[str], least: int = 1) -> str:
    """The unit that (nearly) all rows name, else empty."""
    rows = units.total()
    if rows < least:
        return ""
    unit, most = units.most_common(1)[0]
    return unit if most >= AGREEING * rows else ""


def _neighbours(numbers: dict[int, Counter[str]], number: int) -> Counter[str]:
    """The rows of the next numbers below and above on the same side of the street (even or odd); none at its ends."""
    side = [other for other in numbers if other % 2 == number % 2]
    below = max((other for other in side if other <= number), default=None)
    above = min((other for other in side if other >= number), default=None)
    if below is None or above is None:
        return Counter()
    return numbers[below] + (numbers[above] if above != below else Counter())
