"""What this room tells others, as closed schemas."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from linli.foundation import outbox
from linli.foundation.privacy import decrypt, encrypt

CODE_REQUESTED = "people.code_requested"
BODY_CHANGED = "people.body_changed"
POST_CHANGED = "people.post_changed"
PERSON_ERASED = "people.person_erased"

outbox.declare(CODE_REQUESTED, "phone", "code", "language", "expires_at")
outbox.declare(BODY_CHANGED, "body")
outbox.declare(POST_CHANGED, "post", "person")
outbox.declare(PERSON_ERASED, "person")

# The key under which phone and code travel: an event's row outlives the code, and must not tell either.
CONTEXT = "sign_in_code"


def code_requested(phone: str, code: str, language: str, expires_at: datetime) -> None:
    """Publish that a code is to be sent. Phone and code are encrypted; `opened` gives them to the sender."""
    outbox.publish(
        CODE_REQUESTED,
        {
            "phone": base64.b64encode(encrypt(phone, CONTEXT)).decode(),
            "code": base64.b64encode(encrypt(code, CONTEXT)).decode(),
            "language": language,
            "expires_at": expires_at.isoformat(),
        },
    )


def opened(payload: Mapping[str, Any]) -> tuple[str, str]:
    """Phone and code of a `people.code_requested` event, in clear, for the room that sends it."""
    phone, code = (decrypt(base64.b64decode(payload[name]), CONTEXT) for name in ("phone", "code"))
    return phone, code
