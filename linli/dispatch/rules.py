"""Who may dispatch where, and the few numbers that the room goes by. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from linli.foundation.access import Actor, Role
from linli.foundation.errors import NotAllowed

# Who asks for proposals and sends people; who says who is on duty.
DISPATCHERS = frozenset({Role.DESK, Role.DISPATCHER})
PLANNERS = DISPATCHERS | {Role.LEADER, Role.ADMIN}

# The most tasks that somebody holds at once, and the minutes that one is expected to take.
MOST_IN_HAND = 5
TASK_MINUTES = 30
# The most stops of somebody's round, and how long before a shift begins its rounds can be planned.
MOST_STOPS = 20
ROUNDS_AHEAD = timedelta(hours=24)
# The most people and teams of one plan of rounds.
MOST_ROUNDS = 50
# The most people of a team; as the model, the most that it holds.
MOST_MEMBERS = 30
MOST_OF_A_TEAM = 50
# So many stops are sent while one waits; more are long work.
SENT_AT_ONCE = 8
# A round says where somebody goes next for as long as its shift can last.
ROUND_LASTS = timedelta(hours=36)
# A position older than this says little about where somebody is.
POSITION_LASTS = timedelta(hours=4)
LONGEST_SHIFT = timedelta(hours=24)
# A call that nobody answered is over after this.
CALL_LASTS = timedelta(hours=12)
MOST_CALLED = 50
# As the models declare it.
SHIFTS_KEPT = timedelta(days=365)
CALLS_KEPT = timedelta(days=1095)
# A proposal says what was so then; after this it warns that things have moved on.
FRESH = timedelta(minutes=30)
# The most urgent open tasks that one proposal looks at, and how many of them are read at a time.
MOST_TASKS = 500
PAGE = 20
# Of how many people a proposal keeps why they cannot do what nobody can: the nearest on duty. The page of the case tells of everybody.
MOST_REASONS = 20


def may(actor: Actor, roles: frozenset[Role], unit_path: Sequence[UUID]) -> bool:
    """Whether the actor holds one of these roles in the unit or above it."""
    if actor.is_system:
        return True
    return any(grant.role in roles and (grant.unit_id is None or grant.unit_id in unit_path) for grant in actor.grants)


def require(actor: Actor, roles: frozenset[Role], unit_path: Sequence[UUID]) -> None:
    """Raises `NotAllowed`."""
    if not may(actor, roles, unit_path):
        raise NotAllowed


def are_hours(starts_at: datetime, ends_at: datetime) -> bool:
    return timedelta(0) < ends_at - starts_at <= LONGEST_SHIFT
