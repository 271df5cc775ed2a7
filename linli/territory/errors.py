"""What the territory refuses, and what the reader can do about it."""

from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError
from linli.territory.models import Level


def _label(level: str) -> str | Promise:
    return Level(level).label if level in Level.values else "–"


class InvalidCoordinates(DomainError):
    code = "invalid_coordinates"
    status = 422
    message = _("Longitude and latitude must be numbers in degrees: longitude −180 to 180, latitude −90 to 90.")


class OutsideCity(DomainError):
    code = "outside_city"
    status = 422
    message = _("The point %(lon).5f, %(lat).5f lies outside the city. Move the marker into it or correct the address.")

    def __init__(self, lon: float, lat: float) -> None:
        super().__init__(field="lon", lon=lon, lat=lat)


class SwappedCoordinates(DomainError):
    """Longitude and latitude changed places; `data` holds them in the right order."""

    code = "swapped_coordinates"
    status = 422
    message = _("Longitude and latitude are swapped. Send longitude %(lon).5f and latitude %(lat).5f.")

    def __init__(self, lon: float, lat: float) -> None:
        super().__init__(field="lon", lon=lon, lat=lat)


class DatumSuspected(DomainError):
    """The point fits only when it is read as GCJ-02 or BD-09; `data` holds the datum and the point in WGS84."""

    code = "datum_suspected"
    status = 422
    message = _(
        "The point does not fit as WGS84, but it does as %(datum)s, as on Chinese maps (WGS84: %(lon).5f, %(lat).5f). "
        "Send the coordinates with their datum, or set the marker again."
    )

    def __init__(self, datum: str, lon: float, lat: float) -> None:
        super().__init__(field="datum", datum=datum, lon=lon, lat=lat)


class UnknownDatum(DomainError):
    code = "unknown_datum"
    status = 422
    message = _("The datum %(datum)s is not known. Use wgs84, gcj02 or bd09.")

    def __init__(self, datum: str) -> None:
        super().__init__(field="datum", datum=datum)


class NoTerritory(DomainError):
    code = "no_territory"
    status = 409
    message = _("No boundaries are known for %(day)s. Load a city first: linli city load chengdu")


class NoBoundary(DomainError):
    code = "no_boundary"
    status = 404
    message = _("No boundary is known of this unit, nor of what lies in it, so there is no map of it.")


class UnknownUnit(DomainError):
    code = "unknown_unit"
    status = 404
    message = _("There is no unit %(unit)s. Check its code.")


class UnitClosed(DomainError):
    code = "unit_closed"
    status = 409
    message = _("%(name)s was closed on %(day)s. Choose the unit that followed it.")


class WrongLevel(DomainError):
    code = "wrong_level"
    status = 422
    message = _("A unit of level %(level)s cannot lie in one of level %(parent)s.")

    def __init__(self, level: str, parent: str = "") -> None:
        """Both by their names in the reader's language; `parent` is '' for none."""
        super().__init__(field="level", level=_label(level), parent=_label(parent))


class CodeTaken(DomainError):
    code = "code_taken"
    status = 409
    message = _("The code %(unit)s belongs to another unit at that time. Choose another.")

    def __init__(self, unit: str) -> None:
        super().__init__(field="code", unit=unit)


class CodeUsed(DomainError):
    code = "code_used"
    status = 409
    message = _("The code %(unit)s was that of %(name)s, closed on %(day)s. A code is not given twice: choose another.")

    def __init__(self, unit: str, name: str, day: date) -> None:
        super().__init__(field="code", unit=unit, name=name, day=day)


class NameTaken(DomainError):
    code = "name_taken"
    status = 409
    message = _("%(name)s (%(unit)s) lies there already. Give a name that tells the two apart, or change that one.")

    def __init__(self, name: str, unit: str) -> None:
        super().__init__(field="name", name=name, unit=unit)


class WrongDate(DomainError):
    code = "wrong_date"
    status = 422
    message = _(
        "The date %(day)s is too early: the unit or the one above it begins later, or has changed since. "
        "Choose a later day."
    )

    def __init__(self, day: date) -> None:
        super().__init__(field="on", day=day)


class BadShape(DomainError):
    """A boundary that cannot be used; `reason` says what is wrong with it."""

    code = "bad_shape"
    status = 422
    message = _("The boundary of %(name)s cannot be used: %(reason)s")


class NotBounded(DomainError):
    code = "not_bounded"
    status = 422
    message = _("A unit of level %(level)s has no boundary: it is what lies nearest to its position.")

    def __init__(self, level: str) -> None:
        super().__init__(level=_label(level))


class BoundaryTooEarly(DomainError):
    """What holds from a day on is kept: another boundary begins after it."""

    code = "boundary_too_early"
    status = 422
    message = _("The present boundary of %(name)s holds from %(day)s on, and that is kept. Choose a later day.")

    def __init__(self, name: str, day: date) -> None:
        super().__init__(field="on", name=name, day=day)


class BoundaryChanged(DomainError):
    """Somebody else drew it since the page was opened."""

    code = "boundary_changed"
    status = 409
    message = _(
        "Somebody else has drawn the boundary of %(name)s since you opened this page. "
        "The map shows it now: look whether yours still holds, and send it again."
    )


class SameBoundary(DomainError):
    code = "same_boundary"
    status = 422
    message = _("This is the boundary that %(name)s has already. Nothing would change.")

    def __init__(self, name: str) -> None:
        super().__init__(field="drawn", name=name)


class OverlapsNeighbours(DomainError):
    """Each of `told` names a neighbour and how much of it is covered."""

    code = "overlaps_neighbours"
    status = 422
    message = _("It covers a part of %(told)s. Draw it beside, or let the neighbours give way.")

    def __init__(self, told: str) -> None:
        super().__init__(field="drawn", told=told)


class NeighbourBeyond(DomainError):
    code = "neighbour_beyond"
    status = 403
    message = _(
        "%(name)s would have to give way, and your post does not reach there. Ask whoever administers both, or draw it beside."
    )

    def __init__(self, name: str) -> None:
        super().__init__(field="give_way", name=name)


class NothingLeft(DomainError):
    code = "nothing_left"
    status = 422
    message = _("Nothing would be left of %(name)s. Merge the two instead.")

    def __init__(self, name: str) -> None:
        super().__init__(field="drawn", name=name)


class BadPart(DomainError):
    code = "bad_part"
    status = 422
    message = _(
        "Feature %(number)s wants the properties code (letters, digits, dots, dashes) and name; people are a number."
    )


class UnknownPack(DomainError):
    code = "unknown_pack"
    status = 404
    message = _("There is no city pack %(name)s. There are: %(known)s; or give the path of a folder with units.csv.")


class AlreadyGenerated(DomainError):
    code = "already_generated"
    status = 409
    message = _("%(name)s already has quarters. Generate a city only into a territory without them.")


class WrongScale(DomainError):
    code = "wrong_scale"
    status = 422
    message = _("The scale must be between 0.01 and 1.")


class NoFacilities(DomainError):
    code = "no_facilities"
    status = 422
    message = _(
        "No clinic, market, school or other facility of %(source)s lies in the city. Check the file and its datum; nothing was closed."
    )
