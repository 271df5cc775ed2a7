"""Reads of joint control. Each starts from who asks; row-level security asks again."""

from linli.campaigns.queries.console import declarations_of
from linli.campaigns.queries.control import (
    campaign,
    declaration,
    in_force,
    is_open,
    key_missed_at,
    may,
    require,
    require_open,
    stage_of,
    submission_answers,
    until_of,
    uses,
)
from linli.campaigns.queries.coverage import (
    Coverage,
    DoorAt,
    building_in,
    coverage,
    doors_of_building,
    not_reached,
    standing_of,
)
from linli.campaigns.queries.following import address_of, can_follow, due_follow_ups, follow_up, follow_ups_of
from linli.campaigns.queries.phones import TeamDoors, doors_of_team, form_schema
from linli.campaigns.queries.roster import count_teams, my_teams, roster, team, teams

__all__ = [
    "Coverage",
    "DoorAt",
    "TeamDoors",
    "address_of",
    "building_in",
    "campaign",
    "can_follow",
    "count_teams",
    "coverage",
    "declaration",
    "declarations_of",
    "doors_of_building",
    "doors_of_team",
    "due_follow_ups",
    "follow_up",
    "follow_ups_of",
    "form_schema",
    "in_force",
    "is_open",
    "key_missed_at",
    "may",
    "my_teams",
    "not_reached",
    "require",
    "require_open",
    "roster",
    "stage_of",
    "standing_of",
    "submission_answers",
    "team",
    "teams",
    "until_of",
    "uses",
]
