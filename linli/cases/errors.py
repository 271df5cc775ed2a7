"""What cases refuse, and what to do then."""

from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError


class NothingSaid(DomainError):
    code = "nothing_said"
    status = 422
    message = _("Please say in words what is wrong: signs and pictures alone cannot be searched or read aloud.")


class TooLong(DomainError):
    code = "too_long"
    status = 422
    message = _("This is too long: at most %(limit)s characters. Put the rest in a document and attach it.")


class UnknownChoice(DomainError):
    code = "unknown_choice"
    status = 422
    message = _("“%(value)s” is not one of the choices. Choose one from the list.")


class FilterUnread(DomainError):
    """A list with a wrong filter shows more than was asked for: nothing is done to all of it."""

    code = "filter_unread"
    status = 422
    message = _(
        "The list is wider than its filters ask for: %(filters)s cannot be read. Choose that anew, then take all that match."
    )


class UnknownClass(DomainError):
    code = "unknown_class"
    status = 422
    message = _("There is no case class “%(value)s”. Choose one from the catalogue, or leave it to the desk.")


class NotAQuestion(DomainError):
    code = "not_a_question"
    status = 409
    message = _("Only a question that came by phone can be closed with an answer. Anything else goes to the desk.")


class HalfAPosition(DomainError):
    code = "half_a_position"
    status = 422
    message = _("A position needs longitude and latitude.")


class NoPlace(DomainError):
    code = "no_place"
    status = 422
    message = _("Please say where it is: tap the map, use your position, choose the quarter, or write the address.")


class PlaceUnknown(DomainError):
    code = "place_unknown"
    status = 422
    message = _("No place has this name or code. Write a part of the name to be shown what there is.")


class PlaceDoubtful(DomainError):
    code = "place_doubtful"
    status = 422
    message = _("Several places have this name. Write the code of the one that is meant: %(choices)s.")


class TooManyPhotos(DomainError):
    code = "too_many_photos"
    status = 422
    message = _("At most %(limit)s photos or files can be attached.")


class DateInFuture(DomainError):
    code = "date_in_future"
    status = 422
    message = _("This date lies in the future. Please check it.")


class DateTooOld(DomainError):
    code = "date_too_old"
    status = 422
    message = _("This date is more than %(days)s days ago. Please check the year; for older matters call the hotline.")


class WrongNumber(DomainError):
    code = "wrong_case_number"
    status = 422
    message = _("This is not a case number: its check digit does not fit. Please compare it digit by digit.")


class WrongWindow(DomainError):
    code = "wrong_map_window"
    status = 422
    message = _("This is no window of a map: west lies before east and south before north, in degrees.")


class WrongState(DomainError):
    code = "wrong_state"
    status = 409
    message = _("“%(change)s” is not possible now: the case is “%(state)s”.")


class ClockPaused(DomainError):
    code = "clock_paused"
    status = 409
    message = _("The clock of this case is paused. Resume it first.")


class ClockRunning(DomainError):
    code = "clock_running"
    status = 409
    message = _("The clock of this case is running: there is nothing to resume.")


class NoteNeeded(DomainError):
    code = "note_needed"
    status = 422
    message = _("Please give a reason: the people concerned will read it.")


class ProofNeeded(DomainError):
    code = "proof_needed"
    status = 422
    message = _("This class of case needs a photo of the finished work.")


class ClassNeeded(DomainError):
    code = "class_needed"
    status = 422
    message = _("Choose the class first: limits and the responsible body follow from it.")


class ClassOutOfUse(DomainError):
    """Reported while its class was in use, and filed later."""

    code = "class_out_of_use"
    status = 422
    message = _("The class “%(name)s” is out of use since this was reported. Choose another class.")


class SelfVerification(DomainError):
    code = "self_verification"
    status = 403
    message = _(
        "Whoever handled a case, or belongs to a body that did, cannot verify it. Ask a colleague from elsewhere."
    )


class CoHandlersOpen(DomainError):
    code = "co_handlers_open"
    status = 409
    message = _("%(count)s co-handling bodies have not signed yet. The case can be reported back when each has.")


class AlreadyCoHandler(DomainError):
    code = "already_co_handler"
    status = 409
    message = _("This body works on the case already.")


class NotCoHandler(DomainError):
    code = "not_co_handler"
    status = 409
    message = _("This body is not a co-handler of the case, or has signed already.")


class ReopenTooLate(DomainError):
    code = "reopen_too_late"
    status = 409
    message = _("A case can be reopened within %(days)s days. Please report it anew and name the old number.")


class FormRefused(DomainError):
    """What a form says beside its fields, for a sender that shows no fields."""

    code = "form_refused"
    status = 422
    message = "%(reason)s"


class NoSuchColleague(DomainError):
    code = "no_such_colleague"
    status = 422
    message = _("Choose a colleague who handles for the same body now, other than whoever has the task in hand.")


class CannotMerge(DomainError):
    code = "cannot_merge"
    status = 409
    message = _("These cases cannot be merged: choose an open case that is not itself merged, other than this one.")


class CannotRecall(DomainError):
    code = "cannot_recall"
    status = 409
    message = _("Only your own last change of a case can be taken back, within %(minutes)s minutes.")


class SupportedAlready(DomainError):
    code = "supported_already"
    status = 409
    message = _("You have said “me too” before; each person is counted once.")


class FileNotYours(DomainError):
    code = "file_unknown"
    status = 422
    message = _("A photo or file is missing or was already used. Please add it again.")


class WrongStars(DomainError):
    code = "wrong_stars"
    status = 422
    message = _("Give one to five stars.")


class TooManyViews(DomainError):
    code = "too_many_views"
    status = 422
    message = _("You keep %(limit)s views already. Remove one first.")


class ViewNameTaken(DomainError):
    code = "view_name_taken"
    status = 409
    message = _("You keep a view “%(name)s” already. Choose another name, or remove that one first.")


class SentAlready(DomainError):
    """For people: whoever sends from a second tab has never heard of a key."""

    code = "sent_already"
    status = 422
    message = _(
        "This report was sent before, perhaps from another tab; it is one case. What you have changed since then is not in it: "
        "to tell it too, make a new report of it below."
    )
