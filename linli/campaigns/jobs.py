"""What joint control does by the clock."""

from linli.campaigns import actions
from linli.campaigns.actions import reporting, telling
from linli.foundation.jobs import job


@job("campaigns.destroy", every="10 20 * * *")
def destroy() -> None:
    """At 04:10 in Shanghai: what was collected under a declaration that is long over, and what is left of those destroyed before."""
    actions.destroy_due()
    telling.forget_tellings()


@job("campaigns.keys", every="40 * * * *")
def keys() -> None:
    """Every hour: whether the key of each declaration is there, so that one that is lost is noticed while a backup has it."""
    actions.look_for_keys()


@job("campaigns.reports", every="0 * * * *")
def reports() -> None:
    """On the hour: the figures of each running screening's situation report."""
    reporting.keep_reports()


@job("campaigns.call_off", every="*/10 * * * *")
def call_off() -> None:
    """Every ten minutes: whoever was told of a notice at the door is told there that it is over."""
    telling.call_off()
