"""What joint control refuses, and what to do then."""

from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError, NotFound


class BasisNeeded(DomainError):
    code = "basis_needed"
    status = 422
    message = _("Joint control needs its legal basis: name the law or the decision, in 4 to 300 letters.")


class EndNeeded(DomainError):
    code = "end_needed"
    status = 422
    message = _(
        "Joint control needs an end after its beginning and at most %(days)s days later. "
        "If it is to last longer, extend it then, with a reason."
    )


class PowerNeeded(DomainError):
    code = "power_needed"
    status = 422
    message = _("Choose at least one power: what is not named is not allowed.")


class ReasonNeeded(DomainError):
    code = "reason_needed"
    status = 422
    message = _("Say in a sentence why: 4 to 300 letters. It is kept with your post and the moment.")


class NotInForce(DomainError):
    code = "not_in_force"
    status = 409
    message = _(
        "Joint control is not in force here any more: its powers ended with it. Declare it anew if it is needed."
    )


class PowerNotGiven(DomainError):
    code = "power_not_given"
    status = 409
    message = _("The declaration does not give this power (%(power)s). Declare it, with its basis, before it is used.")


class ScreeningClosed(DomainError):
    code = "screening_closed"
    status = 409
    message = _("This screening was closed: its doors are visited no more. Begin another one if they have to be.")


class VisitsOver(ScreeningClosed):
    """For a phone of whoever was in the team up to the end."""

    message = _(
        "This screening was closed at %(at)s, decided by %(who)s: no more doors are visited. "
        "Nothing that you visited before is lost: it counts, also what your phone still has to send. "
        "Ask your team's lead what comes next."
    )


class ControlOver(NotInForce):
    message = _(
        "Joint control ended at %(at)s: no more doors are visited. "
        "Nothing that you visited before is lost: it counts, also what your phone still has to send. "
        "Ask your team's lead what comes next."
    )


class LeftTeam(NotFound):
    code = "left_team"
    message = _(
        "You are not in this team since %(at)s, so its doors are not given to you. "
        "Nothing that you visited before is lost: it counts, also what your phone still has to send. "
        "Ask your team's lead what comes next."
    )


class StillInForce(DomainError):
    code = "still_in_force"
    status = 409
    message = _("Joint control is still in force. End it first.")


class KeptUntil(DomainError):
    code = "kept_until"
    status = 409
    message = _("These data are kept by a recorded exception until %(until)s. They can be destroyed then.")


class Destroyed(DomainError):
    code = "destroyed"
    status = 410
    message = _("The data of this declaration were destroyed. What remains is the proof.")


class NoHouseholds(DomainError):
    code = "no_households"
    status = 422
    message = _("No household is known in this area. Load or generate its households first, or choose another area.")


class NoTeams(DomainError):
    code = "no_teams"
    status = 422
    message = _("There is no team with people in it. Form teams from the roster first.")


class TooManyAtOnce(DomainError):
    code = "too_many_at_once"
    status = 413
    message = _("Send at most %(most)s visits at once.")


class AlreadyDivided(DomainError):
    code = "already_divided"
    status = 409
    message = _("The doors are divided already. Move doors between teams instead: what was visited stays where it was.")


class WrongCode(DomainError):
    code = "wrong_code"
    status = 422
    message = _(
        "This code opens nothing. Compare it with your leaflet; if a newer one was given to you, the older one is void."
    )


class VisitsThere(DomainError):
    code = "visits_there"
    status = 403
    message = _(
        "You are in a team of this declaration, and whoever visits can make codes: your account is bound to no door by them. "
        "Read with the code instead."
    )


class TwoPlaces(DomainError):
    code = "two_places"
    status = 409
    message = _("There is a shift at this time already (%(shift)s). Nobody is in two places: end that one first.")


class OnRoster(DomainError):
    code = "on_roster"
    status = 409
    message = _(
        "This phone, or this account, is on the roster already, perhaps in another unit: "
        "one phone is one helper, and nobody is in two places. "
        "Release the other entry first, or leave this one out."
    )


class TooManyShifts(DomainError):
    code = "too_many_shifts"
    status = 422
    message = _(
        "These would be %(count)s shifts; between 1 and %(most)s are given at once. Choose a unit below, a kind or fewer days."
    )


class NobodyFree(DomainError):
    code = "nobody_free"
    status = 422
    message = _("Nobody of the roster is free for this community. Enlist people there, or call for help.")


class NothingLate(DomainError):
    code = "nothing_late"
    status = 409
    message = _("The lists have no door there that a team does not have already.")


class MovedMeanwhile(DomainError):
    code = "moved_meanwhile"
    status = 409
    message = _(
        "Doors were moved or people changed meanwhile: what follows is how it stands now. Look at it, and confirm it again."
    )


class VersionTaken(DomainError):
    code = "version_taken"
    status = 409
    message = _(
        "Version %(version)s of the form %(form)s is there already, with another text. Write another version into the sheet "
        "settings, so that phones can tell the two apart."
    )


class OtherPhoto(DomainError):
    code = "other_photo"
    status = 409
    message = _("Another photo was sent under this name. Take it once more.")


class TooManyPhotos(DomainError):
    code = "too_many_photos"
    status = 422
    message = _("A visit has at most %(most)s photos.")


class ToldAlready(DomainError):
    code = "told_already"
    status = 409
    message = _("This declaration is told at the doors already. Warn the area anew if there is something else to say.")


class NotToldAnyMore(DomainError):
    code = "not_told_any_more"
    status = 409
    message = _("This notice does not hold any more: nobody has to be told. What was marked before is kept.")
