"""Who knocks at which doors: the households of an area divided among teams. Pure: columns in, columns out.

The floors of a community are laid in one line as somebody would walk them: from building to building along a Hilbert
curve that is then untangled, entrance after entrance, from the top floor down. The line is cut into as many pieces as
there are teams, each as long as its team is strong. So no door is in two shares and none is forgotten, the doors of a
team lie together, and a stairwell is cut between two floors or not at all.

**The bound.** What a team gets differs from its exact part by at most a tenth of that part and the dearest floor of its
field (`dividing.EVEN`, `dividing._cuts`). The floors are what cannot be cut: where one is worth more than a part, as in a hamlet with a
single entrance, some teams get nothing, and the plan says so.
"""

from linli.campaigns.division.columns import (
    NOBODY,
    WHOLE_AREA,
    Buildings,
    Division,
    Fate,
    Floats,
    Floors,
    Integers,
    Line,
    NotDivisible,
    Rules,
    Shares,
    Teams,
)
from linli.campaigns.division.dividing import EVEN, count_floors, divide, gather, share_of
from linli.campaigns.division.grouping import nearest, sums
from linli.campaigns.division.teams import lines, work_a_day
from linli.campaigns.division.walking import METRES_A_DEGREE, climbing, untangle

__all__ = [
    "EVEN",
    "METRES_A_DEGREE",
    "NOBODY",
    "WHOLE_AREA",
    "Buildings",
    "Division",
    "Fate",
    "Floats",
    "Floors",
    "Integers",
    "Line",
    "NotDivisible",
    "Rules",
    "Shares",
    "Teams",
    "climbing",
    "count_floors",
    "divide",
    "gather",
    "lines",
    "nearest",
    "share_of",
    "sums",
    "untangle",
    "work_a_day",
]
