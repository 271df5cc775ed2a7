"""QR codes, drawn into a page."""

import segno
from django.utils.safestring import SafeString, mark_safe


def drawn(text: str, *, scale: int, border: int = 4, error: str = "m") -> SafeString:
    """An SVG picture on white, so that it is read in the dark too. It is drawn from dots: no text of anyone's gets into the markup."""
    return mark_safe(segno.make(text, error=error).svg_inline(scale=scale, border=border, light="#fff"))  # noqa: S308
