"""What a browser may load on Linli's pages: nothing from anywhere else, but for the one host that a page asks for by name."""

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


def with_forms_to(origin: str) -> str:
    """The same, for a page whose form is answered with the way to this origin: a browser takes such a way for the form's target."""
    return CONTENT_SECURITY_POLICY.replace("form-action 'self'", f"form-action 'self' {origin}")


def with_streams_from(origin: str) -> str:
    """The same, for a page that plays a stream of this origin (scheme and host, checked by who names it)."""
    streams = f"connect-src 'self' {origin}; media-src 'self' blob: {origin};"
    return CONTENT_SECURITY_POLICY.replace("connect-src 'self';", streams)
