"""What dispatch does by the clock."""

from linli.dispatch import actions
from linli.foundation.jobs import job


@job("dispatch.forget_places", every="*/15 * * * *")
def forget_places() -> None:
    """Every quarter of an hour: places that are too old, or of those who have gone home, are deleted."""
    actions.forget_places()


@job("dispatch.forget_past", every="20 3 * * *")
def forget_past() -> None:
    """Every night: shifts and calls that are kept no longer."""
    actions.forget_past()
