"""What a form or its answers are refused for, and what the reader can do about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError, InvalidInput

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the workbook: rows are counted as the spreadsheet counts them, the heading is row 1."""

    sheet: str = ""
    row: int = 0
    column: str = ""
    question: str = ""

    def __str__(self) -> str:
        if self.question:
            return str(_("Question %(name)s") % {"name": self.question})
        if not self.row:
            return str(_("Sheet %(sheet)s") % {"sheet": self.sheet}) if self.sheet else str(_("The form"))
        where = {"sheet": self.sheet, "row": self.row, "column": self.column}
        if self.column:
            return str(_("Sheet %(sheet)s, row %(row)s, column %(column)s") % where)
        return str(_("Sheet %(sheet)s, row %(row)s") % where)


class NotAForm(InvalidInput):
    code = "not_a_form"
    message = _(
        "This is not a form that can be read. Save it as an .xlsx workbook with the sheets survey, choices and settings."
    )


class FormTooLarge(InvalidInput):
    code = "form_too_large"
    message = _("A form is at most %(megabytes)s MB large. Remove pictures and sheets that do not belong to it.")


class FormFault(InvalidInput):
    """Something in the form that has to be changed before it can be used."""

    code = "form_fault"
    message = _("%(place)s: %(problem)s")

    def __init__(self, place: Place, problem: Text) -> None:
        super().__init__(place=place, problem=problem)
        self.place = place
        self.problem = problem

    @property
    def faults(self) -> "Sequence[FormFault]":
        """All that is known to be wrong."""
        return (self,)


class FormFaults(FormFault):
    """Several of them; it stands for the first."""

    def __init__(self, faults: Sequence[FormFault]) -> None:
        super().__init__(faults[0].place, faults[0].problem)
        self.data["faults"] = [str(fault) for fault in faults]
        self._faults = tuple(faults)

    @property
    def faults(self) -> Sequence[FormFault]:
        return self._faults

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self._faults)


class UnreadableAnswers(DomainError):
    code = "unreadable_answers"
    status = 422
    message = _("These answers are not a whole, plain XML document of at most 256 kB. Send the visit again.")


class OtherForm(DomainError):
    """Answers to another form, or to another version of it."""

    code = "other_form"
    status = 409
    message = _("These answers belong to the form %(form)s, version %(version)s.")


class UnfitAnswers(DomainError):
    """Answers that have no place in the form; an answer that only breaks a rule is a finding instead."""

    code = "unfit_answers"
    status = 422
    message = _("The form has no place for what stands at %(path)s. Load the form anew and send the visit again.")
