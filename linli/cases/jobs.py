"""What cases do by the clock. Thin: each finds ids and calls actions, which check again under lock."""

from linli.cases import actions, queries
from linli.foundation.access import system
from linli.foundation.jobs import job


@job("cases.escalate", every="* * * * *")
def escalate_due() -> None:
    """Every minute: cases that have used up their next share of the limit go up a level."""
    while ids := list(queries.ids_due_for_escalation()):
        if not actions.escalate(cases=ids, by=system("escalation")).done:
            return


@job("cases.learn_classes", every="40 19 * * *")
def learn_classes() -> None:
    """At 03:40 in Shanghai: learn the class suggestion from what was closed."""
    actions.learn_classes(by=system("learning"))
