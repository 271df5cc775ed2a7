"""Learning the class suggestion from what was closed, nightly and on demand."""

from linli.cases import events, queries, suggest
from linli.cases.models import ClassModel
from linli.duties import queries as duties
from linli.foundation import clock, outbox
from linli.foundation.access import Actor
from linli.foundation.errors import NotAllowed

MOST_CASES = 50_000


def learn_classes(*, by: Actor) -> ClassModel:
    """Learn anew from the newest closed cases; every process takes the new model up at once."""
    if not by.is_system:
        raise NotAllowed
    code_of = {info.id: info.code for info in duties.classes()}
    cases = [
        suggest.Example(f"{case.text.title} {case.text.description}", code_of[case.case_class_id])
        for case in queries.recently_closed()[:MOST_CASES]
        if case.case_class_id in code_of
    ]
    model = suggest.learn(queries.catalogue_examples(), cases)
    row = ClassModel(learnt_at=clock.now(), cases=model.cases, accuracy=model.accuracy, weights=model.dump())
    row.save(force_insert=True)
    outbox.publish(events.LEARNT, {"model": str(row.id)})
    return row
