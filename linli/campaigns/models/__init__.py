"""What joint control keeps: what was declared, who helps, and which door was visited with what outcome."""

from linli.campaigns.models.control import Declaration, DestructionProof, Keeping, Kind, Power, PowerUse
from linli.campaigns.models.counted import CommunityTally, DistrictHour, MemberSkill
from linli.campaigns.models.following import FollowUp, FollowUpKind, FollowUpNote, HouseholdMove
from linli.campaigns.models.homes import Home
from linli.campaigns.models.hours import HourTally
from linli.campaigns.models.kept_report import KeptReport
from linli.campaigns.models.mine import DoorCode
from linli.campaigns.models.premises import Check, Premises, PremisesKind, Standing
from linli.campaigns.models.roster import (
    Call,
    CallAnswer,
    CallAsked,
    Member,
    MemberKind,
    Membership,
    Shift,
    Strength,
    Team,
)
from linli.campaigns.models.telling import Telling, TellingEnd, TellingMark, TellingPlace, TellingSource, ToldHow
from linli.campaigns.models.visits import (
    Aside,
    Campaign,
    Door,
    FormVersion,
    Outcome,
    Share,
    Submission,
    Tally,
    VisitPhoto,
)

__all__ = [
    "Aside",
    "Call",
    "CallAnswer",
    "CallAsked",
    "Campaign",
    "Check",
    "CommunityTally",
    "Declaration",
    "DestructionProof",
    "DistrictHour",
    "Door",
    "DoorCode",
    "FollowUp",
    "FollowUpKind",
    "FollowUpNote",
    "FormVersion",
    "Home",
    "HourTally",
    "HouseholdMove",
    "Keeping",
    "KeptReport",
    "Kind",
    "Member",
    "MemberKind",
    "MemberSkill",
    "Membership",
    "Outcome",
    "Power",
    "PowerUse",
    "Premises",
    "PremisesKind",
    "Share",
    "Shift",
    "Standing",
    "Strength",
    "Submission",
    "Tally",
    "Team",
    "Telling",
    "TellingEnd",
    "TellingMark",
    "TellingPlace",
    "TellingSource",
    "ToldHow",
    "VisitPhoto",
]
