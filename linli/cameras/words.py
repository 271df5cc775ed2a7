"""How cameras are spoken of."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_DIRECTIONS: tuple[str | Promise, ...] = (
    gettext_lazy("north"),
    gettext_lazy("north-east"),
    gettext_lazy("east"),
    gettext_lazy("south-east"),
    gettext_lazy("south"),
    gettext_lazy("south-west"),
    gettext_lazy("west"),
    gettext_lazy("north-west"),
)


def direction_name(degrees: int | None) -> str:
    """Where it looks, to an eighth of the circle."""
    if degrees is None:
        return _("looks all around")
    return _("looks %(direction)s") % {"direction": _DIRECTIONS[round(degrees / 45) % 8]}
