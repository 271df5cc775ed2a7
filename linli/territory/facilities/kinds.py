"""What a tag of OpenStreetMap or a word in a table means, and how kinds and places are named. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language, override, pgettext_lazy

from linli.territory.models import Facility, FacilityKind


@dataclass(frozen=True, slots=True)
class Told:
    """A facility as a source tells it; `source_id` is how the source calls it, each time the same."""

    source_id: str
    kind: FacilityKind
    name: str
    name_en: str
    lon: float
    lat: float
    address: str = ""
    hours: str = ""
    phone: str = ""


# The first that fits.
_TAGS: tuple[tuple[str, str, FacilityKind], ...] = (
    ("amenity", "clinic doctors", FacilityKind.CLINIC),
    ("amenity", "hospital", FacilityKind.HOSPITAL),
    ("amenity", "pharmacy", FacilityKind.PHARMACY),
    ("amenity", "marketplace", FacilityKind.MARKET),
    ("shop", "supermarket greengrocer", FacilityKind.MARKET),
    ("amenity", "school", FacilityKind.SCHOOL),
    ("amenity", "kindergarten", FacilityKind.KINDERGARTEN),
    ("amenity", "nursing_home", FacilityKind.ELDER_CARE),
    ("social_facility", "nursing_home assisted_living", FacilityKind.ELDER_CARE),
    ("social_facility:for", "senior", FacilityKind.ELDER_CARE),
    ("amenity", "canteen", FacilityKind.CANTEEN),
    ("amenity", "toilets", FacilityKind.TOILET),
    ("leisure", "park", FacilityKind.PARK),
    ("amenity", "police", FacilityKind.POLICE),
    ("amenity", "fire_station", FacilityKind.FIRE_STATION),
    ("amenity", "community_centre", FacilityKind.SERVICE_CENTRE),
    # A roof against rain is `amenity=shelter`: no shelter in the sense of this list.
    ("emergency", "assembly_point", FacilityKind.SHELTER),
    ("amenity", "parking", FacilityKind.PARKING),
    ("highway", "bus_stop", FacilityKind.BUS_STOP),
    ("amenity", "bus_station", FacilityKind.BUS_STOP),
    ("station", "subway light_rail", FacilityKind.METRO),
    ("amenity", "library", FacilityKind.LIBRARY),
    ("leisure", "sports_centre", FacilityKind.SPORTS),
)
KEYS = tuple(dict.fromkeys(key for key, _values, _kind in _TAGS))
_BY_TAG = {(key, value): kind for key, values, kind in _TAGS for value in values.split()}
# For nobody but those who belong there.
_CLOSED = {"private", "no"}

# The letter or two on the map.
_SIGNS: dict[FacilityKind, str | Promise] = {
    FacilityKind.CLINIC: pgettext_lazy("sign on the map", "+"),
    FacilityKind.HOSPITAL: pgettext_lazy("sign on the map", "Ho"),
    FacilityKind.PHARMACY: pgettext_lazy("sign on the map", "Ph"),
    FacilityKind.MARKET: pgettext_lazy("sign on the map", "Ma"),
    FacilityKind.SCHOOL: pgettext_lazy("sign on the map", "Sc"),
    FacilityKind.KINDERGARTEN: pgettext_lazy("sign on the map", "Ki"),
    FacilityKind.ELDER_CARE: pgettext_lazy("sign on the map", "El"),
    FacilityKind.CANTEEN: pgettext_lazy("sign on the map", "Ca"),
    FacilityKind.TOILET: pgettext_lazy("sign on the map", "WC"),
    FacilityKind.PARK: pgettext_lazy("sign on the map", "Pa"),
    FacilityKind.POLICE: pgettext_lazy("sign on the map", "Po"),
    FacilityKind.FIRE_STATION: pgettext_lazy("sign on the map", "Fi"),
    FacilityKind.SERVICE_CENTRE: pgettext_lazy("sign on the map", "Se"),
    FacilityKind.SHELTER: pgettext_lazy("sign on the map", "Sh"),
    FacilityKind.PARKING: pgettext_lazy("sign on the map", "Pk"),
    FacilityKind.BUS_STOP: pgettext_lazy("sign on the map", "Bu"),
    FacilityKind.METRO: pgettext_lazy("sign on the map", "Me"),
    FacilityKind.LIBRARY: pgettext_lazy("sign on the map", "Li"),
    FacilityKind.SPORTS: pgettext_lazy("sign on the map", "Sp"),
}


def of_tags(tags: Mapping[str, str]) -> FacilityKind | None:
    """None for what is no facility, or is open to nobody."""
    if tags.get("access") in _CLOSED:
        return None
    return next((_BY_TAG[key, tags[key]] for key in KEYS if (key, tags.get(key)) in _BY_TAG), None)


def of_word(word: str) -> FacilityKind | None:
    """By its code or its name in Chinese or English, as a table may say it."""
    return _words().get(word.strip().casefold())


def _words() -> dict[str, FacilityKind]:
    found = {kind.value: kind for kind in FacilityKind}
    for language in ("en", "zh-hans"):
        with override(language):
            found |= {str(kind.label).casefold(): kind for kind in FacilityKind}
    return found


def sign_of(place: Facility) -> str:
    return str(_SIGNS[FacilityKind(place.kind)])


def name_of(place: Facility) -> str:
    """In the reader's language; what has no name is called by its kind."""
    chinese = (get_language() or "").startswith("zh")
    own = place.name if chinese or not place.name_en else place.name_en
    return own or str(FacilityKind(place.kind).label)


def lines_of(place: Facility) -> str:
    """What it is, where, when it is open and its phone, as far as they are known."""
    said = [str(FacilityKind(place.kind).label), place.address, place.hours, place.phone]
    return " · ".join(part for part in said if part)
