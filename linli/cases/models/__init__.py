"""What a case is made of. The narrow row is what lists read and changes touch; text, contact and photos lie beside it."""

from linli.cases.models.case import (
    DONE_STATES,
    OPEN_STATES,
    PUBLIC_DUTY,
    SERVICE,
    UNASSIGNED,
    Case,
    Channel,
    Nature,
    Priority,
    State,
)
from linli.cases.models.counted import CellMonth, ClassWeek, Week
from linli.cases.models.desk import ClassModel, SavedView
from linli.cases.models.parts import Attachment, CaseContact, CaseText, CoHandler, Evaluation, Support

__all__ = [
    "DONE_STATES",
    "OPEN_STATES",
    "PUBLIC_DUTY",
    "SERVICE",
    "UNASSIGNED",
    "Attachment",
    "Case",
    "CaseContact",
    "CaseText",
    "CellMonth",
    "Channel",
    "ClassModel",
    "ClassWeek",
    "CoHandler",
    "Evaluation",
    "Nature",
    "Priority",
    "SavedView",
    "State",
    "Support",
    "Week",
]
