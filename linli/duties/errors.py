"""What this room refuses, and what the reader can do about it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError, InvalidInput


class UnknownClass(DomainError):
    code = "unknown_class"
    status = 422
    message = _("There is no case class %(code)s. Choose one of the catalogue.")

    def __init__(self, code: Any, field: str = "class") -> None:
        super().__init__(field=field, code=code)


class NoResponsibleBody(DomainError):
    code = "no_responsible_body"
    status = 409
    message = _(
        "No duty list says who is responsible for %(class_name)s here on %(day)s. "
        "Ask your administrator to import a duty list that covers it, or dispatch the case by hand."
    )

    def __init__(self, class_name: str, day: str) -> None:
        super().__init__(field="class", class_name=class_name, day=day)


class NewerListInForce(InvalidInput):
    code = "newer_list_in_force"
    status = 409
    message = _(
        "Version %(version)s of this list holds from %(valid_from)s. A new version must begin later than that, "
        "or on the same day to replace it."
    )


class VersionTaken(InvalidInput):
    code = "list_version_taken"
    status = 409
    message = _("Version %(version)s of this list was imported before. Give the new one another version.")


class LimitUnchanged(InvalidInput):
    code = "limit_unchanged"
    message = _("These are the limits that already hold. Change at least one of them.")


class NothingChanges(InvalidInput):
    code = "nothing_changes"
    message = _("This is what already holds. Change at least one field.")


class TooEarly(InvalidInput):
    code = "too_early"
    message = _("Choose %(first)s or a later day: what held until then stays as it was.")


class InvalidLimit(InvalidInput):
    code = "invalid_limit"
    message = _("A limit is a number above 0 and at most 9999, with up to two decimals, and one of the kinds of time.")


class InvalidHours(InvalidInput):
    code = "invalid_hours"
    message = _(
        "Working hours are written 09:00-12:00,13:00-17:00, in order and apart. Leave them empty for a day of rest."
    )


class UnknownPack(InvalidInput):
    code = "unknown_pack"
    message = _("There is no pack %(name)s. There are: %(known)s.")


class WrongRow(InvalidInput):
    """A row that was typed cannot be part of the list; the same would be told of it in a table."""

    code = "wrong_row"
    status = 422
    message = _("It cannot be saved: %(problem)s")
