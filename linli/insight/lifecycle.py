"""What may be answered to a warning in which state. A dismissed one may be taken up again; one that became a case lives on as the case."""

from linli.insight.models import Verdict, WarningState

ANSWERS: dict[WarningState, tuple[Verdict, ...]] = {
    WarningState.NEW: (Verdict.ACKNOWLEDGED, Verdict.CASE, Verdict.DISMISSED),
    WarningState.ACKNOWLEDGED: (Verdict.CASE, Verdict.DISMISSED),
    WarningState.DISMISSED: (Verdict.ACKNOWLEDGED, Verdict.CASE),
    WarningState.CASE: (),
}
