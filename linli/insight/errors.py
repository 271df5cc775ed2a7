"""What the warnings and the pages for decisions refuse, and what to do then."""

from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError


class Answered(DomainError):
    code = "answered"
    status = 409
    message = _("This warning was answered a moment ago. The page now shows how it stands.")


class ReasonNeeded(DomainError):
    code = "reason_needed"
    status = 422
    message = _("Say in a few words why it is dismissed: the precision of warnings is learnt from it.")


class DayNotUsable(DomainError):
    code = "day_not_usable"
    status = 422
    message = _(
        "No whole week has passed since that day, or it lies more than five years back. Choose an earlier or a later day."
    )


class AreaStandsAlone(DomainError):
    code = "area_stands_alone"
    status = 422
    message = _(
        "This unit has no surroundings that you may see: they are the other units of the unit above. Choose a unit below yours."
    )
