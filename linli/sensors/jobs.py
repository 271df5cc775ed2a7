"""What sensors do by the clock."""

from linli.foundation.jobs import job
from linli.sensors import actions


@job("sensors.find_silent", every="* * * * *")
def find_silent() -> None:
    """Every minute: devices that have said nothing for too long."""
    actions.find_silent()


@job("sensors.forget_readings", every="50 19 * * *")
def forget_readings() -> None:
    """At 03:50 in Shanghai: readings whose time is over."""
    actions.forget_readings()
