"""Writes of joint control: `verb(*, …, by)`."""

from linli.campaigns.actions.declaring import Told, declare, end, extend, use
from linli.campaigns.actions.ending import destroy, destroy_due, keep, look_for_keys
from linli.campaigns.actions.following import done, hand_over, missed, move_household, open_cases, release_follow_up
from linli.campaigns.actions.forms import publish_form
from linli.campaigns.actions.moving import Moved, seal_building, take_late_doors, team_comes, team_out
from linli.campaigns.actions.photos import attach
from linli.campaigns.actions.receiving import Received, receive
from linli.campaigns.actions.roster import NewMember, count_anew, enlist, form_teams, leave_team, release
from linli.campaigns.actions.screening import close, divide, start

__all__ = [
    "Moved",
    "NewMember",
    "Received",
    "Told",
    "attach",
    "close",
    "count_anew",
    "declare",
    "destroy",
    "destroy_due",
    "divide",
    "done",
    "end",
    "enlist",
    "extend",
    "form_teams",
    "hand_over",
    "keep",
    "leave_team",
    "look_for_keys",
    "missed",
    "move_household",
    "open_cases",
    "publish_form",
    "receive",
    "release",
    "release_follow_up",
    "seal_building",
    "start",
    "take_late_doors",
    "team_comes",
    "team_out",
    "use",
]
