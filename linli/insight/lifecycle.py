"""What may be answered to a warning in which state. A dismissed one may be taken up again; one that became a case lives on as the case."""

from linli.insight.models import State, Verdict

ANSWERS: dict[State, tuple[Verdict, ...]] = {
    State.NEW: (Verdict.ACKNOWLEDGED, Verdict.CASE, Verdict.DISMISSED),
    State.ACKNOWLEDGED: (Verdict.CASE, Verdict.DISMISSED),
    State.DISMISSED: (Verdict.ACKNOWLEDGED, Verdict.CASE),
    State.CASE: (),
}
