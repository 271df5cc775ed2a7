"""Where an address lies, by the rows that have it too and name a unit."""

import re

import pytest

from linli.cases.replay.addresses import Address, AddressBook, Rule, read

FORM = re.compile(r"(?P<number>\d+)\S* +(?P<street>.+?)  .*(?P<area>\d{5})")
CHINESE = re.compile(r"(?P<street>.+?)(?P<number>\d+)号.*")


@pytest.mark.parametrize(
    ("text", "street", "number"),
    [
        ("4 Charles St  Boston  MA  02108", ("charles st", "02108"), 4),
        ("855-861 Commonwealth Ave  Boston  MA  02215", ("commonwealth ave", "02215"), 855),
        ("47A Harvard Way  Boston  MA  02163", ("harvard way", "02163"), 47),
        ("8 Saint  Mary's St  Boston  MA  02215", ("saint", "02215"), 8),
        # A crossing, a number that nobody has, nothing at all: compared as a whole.
        ("INTERSECTION of Elm St & Green St  Jamaica Plain  MA", (), 0),
        ("9" * 5000 + " Elm St  Boston  MA  02108", (), 0),
        ("1234567890 Elm St  Boston  MA  02108", (), 0),
        ("", (), 0),
    ],
)
def test_an_address_is_read_by_the_form(text: str, street: tuple[str, ...], number: int) -> None:
    assert read(text, FORM) == Address(" ".join(text.casefold().split()), street, number)


def test_a_form_needs_no_area() -> None:
    assert read("双桥路12号院3栋", CHINESE) == Address("双桥路12号院3栋", ("双桥路", ""), 12)
    assert read("双桥路12号院3栋", None) == Address("双桥路12号院3栋")


def book(*rows: tuple[str, str]) -> AddressBook:
    found = AddressBook(FORM)
    for place, unit in rows:
        found.learn(f"{place}  Boston  MA  02108" if place[0].isdigit() else place, unit)
    return found


def find(rows: AddressBook, place: str, area: str = "02108") -> tuple[str, Rule] | None:
    return rows.find(f"{place}  Boston  MA  {area}")


def test_the_same_address_goes_first() -> None:
    rows = book(("4 Elm St", "North"), *[("6 Elm St", "South")] * 50)
    assert find(rows, "4 ELM   St") == ("North", Rule.SAME_ADDRESS)
    assert find(rows, "5 Elm St") == ("South", Rule.SAME_STREET)


def test_a_crossing_is_the_same_or_nothing() -> None:
    rows = book(*[("INTERSECTION of Elm St & Oak St  Boston  MA", "North")] * 5)
    assert rows.find("intersection of elm st & oak st boston ma") == ("North", Rule.SAME_ADDRESS)
    assert rows.find("INTERSECTION of Elm St & Ash St  Boston  MA") is None


def test_rows_of_an_address_that_contradict_each_other_tell_nothing() -> None:
    rows = book(("4 Elm St", "North"), ("4 Elm St", "South"))
    assert find(rows, "4 Elm St") is None
    # One of ten may be wrong.
    assert find(book(("4 Elm St", "South"), *[("4 Elm St", "North")] * 9), "4 Elm St") == ("North", Rule.SAME_ADDRESS)


def test_a_street_speaks_by_three_rows_of_its_postcode() -> None:
    rows = book(("1 Elm St", "North"), ("3 Elm St", "North"))
    assert find(rows, "8 Elm St") is None
    rows.learn("5 Elm St  Boston  MA  02108", "North")
    assert find(rows, "8 Elm St") == ("North", Rule.SAME_STREET)
    assert find(rows, "8 Elm St", area="02109") is None


def test_in_a_divided_street_the_neighbours_of_the_same_side_tell() -> None:
    rows = book(("2 Elm St", "North"), ("3 Elm St", "South"), ("10 Elm St", "North"), ("20 Elm St", "South"))
    assert find(rows, "6 Elm St") == ("North", Rule.NEIGHBOURS)
    # Between two units, at the end of the street, and on a side where nothing is known on one hand.
    assert find(rows, "14 Elm St") is None
    assert find(rows, "22 Elm St") is None
    assert find(rows, "5 Elm St") is None
    # The same number with another ending is as good as both neighbours.
    assert find(rows, "20A Elm St") == ("South", Rule.NEIGHBOURS)


def test_nothing_is_known_of_no_address() -> None:
    assert book(("4 Elm St", "North")).find("") is None
    empty = AddressBook(None)
    empty.learn("", "North")
    assert empty.find("") is None
