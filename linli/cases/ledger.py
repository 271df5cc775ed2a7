"""A case's timeline: what an entry digests of the case, and how a step is chained to the case's head."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from linli.cases.models import Case, CaseContact, CaseText
from linli.foundation import audit
from linli.foundation.access import Actor
from linli.foundation.models import Entry
from linli.foundation.privacy import keyed_hash

SUBJECT = "case"
# The chain's own end is not part of what it digests.
_DIGESTED = [field.attname for field in Case._meta.concrete_fields if field.name not in {"entries", "head"}]


def state_of(case: Case) -> dict[str, Any]:
    """Every stored value of the case, as its timeline digests it."""
    return {name: _plain(getattr(case, name)) for name in _DIGESTED}


def text_digest(text: CaseText) -> str:
    """Of what was said: kept in the first entry, since the text never changes after it."""
    return sha256("\x00".join([text.title, text.description, text.address]).encode()).hexdigest()


def contact_digest(contact: CaseContact) -> str:
    return keyed_hash(f"{contact.name}\x00{contact.phone}", "case.contact").hex()


def step(
    case: Case, action: str, by: Actor, at: datetime, *, note: str = "", data: Mapping[str, Any] | None = None
) -> Entry:
    """The entry for what has just been done to `case`; moves the case's head onto it. Not yet stored."""
    entry = audit.entry_of(
        audit.Step(
            subject_type=SUBJECT,
            subject_id=case.id,
            action=action,
            by=by,
            head=audit.Head(case.entries, bytes(case.head)),
            state=state_of(case),
            note=note,
            data=data or {},
            at=at,
        )
    )
    case.entries, case.head = entry.seq, entry.hash
    return entry


def _plain(value: Any) -> Any:
    """Lists of ids as text, in their order; all else as it is."""
    return [str(item) for item in value] if isinstance(value, list) else value
