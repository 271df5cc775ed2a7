"""Writes of joint control: `verb(*, …, by)`."""

from linli.campaigns.actions.declaring import Told, declare, end, extend, use
from linli.campaigns.actions.ending import destroy, destroy_due, keep
from linli.campaigns.actions.following import done, move_household, open_cases, release_follow_up
from linli.campaigns.actions.forms import publish_form
from linli.campaigns.actions.moving import Moved, seal_building, team_out
from linli.campaigns.actions.photos import attach
from linli.campaigns.actions.receiving import Received, receive
from linli.campaigns.actions.roster import NewMember, enlist, form_teams, leave_team, release
from linli.campaigns.actions.screening import close, divide, start

__all__ = [
    "Moved",
    "NewMember",
    "Received",
    "Told",
    "attach",
    "close",
    "declare",
    "destroy",
    "destroy_due",
    "divide",
    "done",
    "end",
    "enlist",
    "extend",
    "form_teams",
    "keep",
    "leave_team",
    "move_household",
    "open_cases",
    "publish_form",
    "receive",
    "release",
    "release_follow_up",
    "seal_building",
    "start",
    "team_out",
    "use",
]
