"""What dispatch does by the clock."""

from linli.dispatch import actions
from linli.foundation.jobs import job


@job("dispatch.forget_places", every="*/15 * * * *")
def forget_places() -> None:
    """Every quarter of an hour: places that are too old are deleted."""
    actions.forget_places()
