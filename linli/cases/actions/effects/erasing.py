"""A person is taken out of the case."""

from uuid import UUID

from linli.cases import ledger, rules
from linli.cases.actions.moves import Context, Effect
from linli.cases.models import Case, CaseContact, CaseText, Support


def erase(person_id: UUID) -> Effect:
    """Take a person out of the case. What an open case says stays until it has ended: its handler must know the matter."""

    def effect(case: Case, context: Context) -> None:
        for row in Support.objects.filter(case=case, person=person_id):
            ledger.mark(case, row)
            row.delete()
        if case.reporter_id != person_id:
            return
        case.reporter_id = None
        for contact in CaseContact.objects.filter(case=case):
            ledger.mark(case, contact)
            contact.delete()
        if not case.is_open:
            _erase_text(case)

    return effect


def _erase_text(case: Case) -> None:
    text = CaseText.objects.get(case=case)
    ledger.mark(case, text)
    text.title, text.description, text.address, text.search = rules.ERASED, "", "", None
    text.save()
    ledger.mark(case, text)
