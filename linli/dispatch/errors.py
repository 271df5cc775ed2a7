"""What this room refuses, and what the reader can do about it."""

from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError, InvalidInput


class NothingChosen(InvalidInput):
    code = "nothing_chosen"
    message = _("Choose at least one line that is to be sent.")


class NotInProposal(InvalidInput):
    code = "not_in_proposal"
    message = _("This case is not part of the proposal. Ask for a new one.")


class WhyNeeded(InvalidInput):
    code = "why_needed"
    message = _("Write why somebody else goes than was proposed: it stays on the record.")


class SentMeanwhile(DomainError):
    code = "sent_meanwhile"
    status = 409
    message = _(
        "Somebody was sent there meanwhile. Ask for a new proposal, or assign another person on the case's page."
    )


class OnDutyAlready(DomainError):
    code = "on_duty_already"
    status = 409
    message = _("This person is on duty at that time already. End the other shift first, or choose other hours.")


class WrongHours(InvalidInput):
    code = "wrong_hours"
    message = _("A shift ends after it begins, and is at most 24 hours long.")


class NoSuchWorker(InvalidInput):
    code = "no_such_worker"
    message = _("Choose somebody who handles for a body that works in this unit.")


class UnknownSkill(InvalidInput):
    code = "unknown_skill"
    message = _("Choose skills of the city's list.")


class WrongCode(InvalidInput):
    code = "wrong_code"
    message = _("A code is made of up to 32 small letters, digits and hyphens.")


class NowhereToGather(InvalidInput):
    code = "nowhere_to_gather"
    message = _("People are gathered at an open case of this unit that has a place. Correct its place first.")


class WrongCount(InvalidInput):
    code = "wrong_count"
    message = _("Between 1 and 50 people can be called at once.")


class CallOver(DomainError):
    code = "call_over"
    status = 409
    message = _("This call was answered before, or is over.")


class WrongTeam(InvalidInput):
    code = "wrong_team"
    message = _(
        "A team is two to thirty people of one body, goes on foot, by bicycle or by car, and holds 1 to 50 cases."
    )


class InATeamAlready(DomainError):
    code = "in_a_team_already"
    status = 409
    message = _("Somebody of these goes with another team already. Take them out of it first.")


class WrongRounds(InvalidInput):
    code = "wrong_rounds"
    message = _("Choose one to fifty people or teams who have a shift within a day.")


class NothingWaits(InvalidInput):
    code = "nothing_waits"
    message = _("None of this work waits for somebody: nothing can be planned.")
