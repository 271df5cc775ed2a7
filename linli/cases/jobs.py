"""What cases do by the clock. Thin: each finds ids and calls actions, which check again under lock."""

from linli.cases import actions, queries, rules
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
    """At 03:40 in Shanghai: learn the class suggestion from what was closed. Before there are classes there is nothing to suggest."""
    if queries.catalogue_examples():
        actions.learn_classes(by=system("learning"))


@job("cases.count_weeks", every="5 * * * *")
def count_weeks() -> None:
    """Every hour: count what happened in the weeks that may still change; the others too where they were never counted."""
    weeks = rules.WEEKS_IN_MOTION if queries.weeks_are_counted() else rules.WEEKS_COUNTED
    actions.count_weeks(by=system("counting"), weeks=weeks)


@job("cases.count_all_weeks", every="50 19 * * *")
def count_all_weeks() -> None:
    """At 03:50 in Shanghai: count the whole year anew; a case may be rated long after it was dispatched."""
    actions.count_weeks(by=system("counting"))


@job("cases.count_cells", every="10 * * * *")
def count_cells() -> None:
    """Every hour: count what the last days brought to each cell of the map."""
    actions.count_cells(by=system("counting"), days=rules.DAYS_IN_MOTION)


@job("cases.count_all_cells", every="0 20 * * *")
def count_all_cells() -> None:
    """At 04:00 in Shanghai: count all days anew; a case may be moved, classified or reopened long after it was reported."""
    actions.count_cells(by=system("counting"))
