"""Writes of joint control: `verb(*, …, by)`."""

from linli.campaigns.actions.declaring import Told, declare, end, extend, use
from linli.campaigns.actions.ending import destroy, destroy_due, keep
from linli.campaigns.actions.receiving import Received, receive
from linli.campaigns.actions.roster import NewMember, enlist, form_teams, leave_team, release
from linli.campaigns.actions.screening import close, divide, start

__all__ = [
    "NewMember",
    "Received",
    "Told",
    "close",
    "declare",
    "destroy",
    "destroy_due",
    "divide",
    "end",
    "enlist",
    "extend",
    "form_teams",
    "keep",
    "leave_team",
    "receive",
    "release",
    "start",
    "use",
]
