"""Who should do what: proposed by VROOM, compared with nearest-first, explained person by person. Pure: no rows, no Django.

`terms` says what goes in and comes out. Moments are aware, ways in metres, durations in minutes (inside a `Problem`: in seconds).
"""

from linli.dispatch.solver.calling import Gathered, candidates, gather
from linli.dispatch.solver.outlook import Outlook, outlook
from linli.dispatch.solver.problem import Problem, Routes
from linli.dispatch.solver.proposing import Difference, propose, the_better, what_if
from linli.dispatch.solver.terms import Line, Obstacle, Plan, Priority, Task, Undone, Why, Worker

__all__ = [
    "Difference",
    "Gathered",
    "Line",
    "Obstacle",
    "Outlook",
    "Plan",
    "Priority",
    "Problem",
    "Routes",
    "Task",
    "Undone",
    "Why",
    "Worker",
    "candidates",
    "gather",
    "outlook",
    "propose",
    "the_better",
    "what_if",
]
