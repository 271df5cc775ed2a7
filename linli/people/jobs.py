"""What the worker does for this room."""

from linli.foundation.access import current_actor
from linli.foundation.jobs import job
from linli.people import actions


@job("people.purge_sign_in_records", every="35 * * * *")
def purge_sign_in_records() -> None:
    """Codes and tries are kept for a day."""
    by = current_actor()
    assert by is not None, "a job acts as the system"
    actions.purge_sign_in_records(by=by)
