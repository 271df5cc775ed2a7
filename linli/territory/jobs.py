"""What the territory does by the clock."""

from linli.foundation.access import system
from linli.foundation.jobs import job
from linli.territory.facilities import actions


@job("territory.place_facilities", every="5 16 * * *")
def place_facilities() -> None:
    """At 00:05 in Shanghai: what was announced for today holds from now on, and facilities lie where it says."""
    actions.place_again(by=system("territory"))
