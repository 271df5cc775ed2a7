"""Everything that writes in this room. Proposing sends nobody; accepting goes through the cases' own verbs."""

from linli.dispatch.actions.calling import answer_call, call_people
from linli.dispatch.actions.deciding import Sent, accept, take_back
from linli.dispatch.actions.places import forget_past, forget_places, note_arrival
from linli.dispatch.actions.planning import define_skill, end_shift, give_shift, set_skills
from linli.dispatch.actions.proposing import propose

__all__ = [
    "Sent",
    "accept",
    "answer_call",
    "call_people",
    "define_skill",
    "end_shift",
    "forget_past",
    "forget_places",
    "give_shift",
    "note_arrival",
    "propose",
    "set_skills",
    "take_back",
]
