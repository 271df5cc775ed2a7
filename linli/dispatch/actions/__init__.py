"""Everything that writes in this room. Proposing sends nobody; accepting goes through the cases' own verbs."""

from linli.dispatch.actions.calling import answer_call, call_people
from linli.dispatch.actions.deciding import Sent, accept, take_back
from linli.dispatch.actions.places import forget_past, forget_places, note_arrival
from linli.dispatch.actions.planning import define_skill, end_shift, give_shift, set_skills
from linli.dispatch.actions.proposing import propose
from linli.dispatch.actions.rounds import (
    PLAN,
    SEND,
    begin_rounds,
    begin_sending,
    plan_as_asked,
    plan_rounds,
    send_as_asked,
)
from linli.dispatch.actions.teams import change_team, end_team, form_team

__all__ = [
    "PLAN",
    "SEND",
    "Sent",
    "accept",
    "answer_call",
    "begin_rounds",
    "begin_sending",
    "call_people",
    "change_team",
    "define_skill",
    "end_shift",
    "end_team",
    "forget_past",
    "forget_places",
    "form_team",
    "give_shift",
    "note_arrival",
    "plan_as_asked",
    "plan_rounds",
    "propose",
    "send_as_asked",
    "set_skills",
    "take_back",
]
