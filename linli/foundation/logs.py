"""What is logged holds no way in: addresses are logged where a request fails, and some addresses are keys."""

import logging
import re

# The links that open a case or a photo without sign-in, a field app's address, and the key that Open311 allows in an address.
_WAYS_IN = re.compile(
    r"(/(?:track|rate|calls)/[^/\s]*/|/report/photos/|/openrosa/|[?&](?:api_key|token|access_token|secret|code)=)[^/\s&]+"
)


class WithoutSecrets(logging.Filter):
    """Blanks the secret part of every address in a message."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        shown = _WAYS_IN.sub(r"\1***", text)
        if shown != text:
            record.msg, record.args = shown, None
        return True
