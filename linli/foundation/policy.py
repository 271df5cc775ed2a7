"""What a browser may load on Linli's pages: nothing from anywhere else, but for the one host that a page asks for by name."""

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


def with_streams_from(origin: str) -> str:
    """The same, for a page that plays a stream of this origin (scheme and host, checked by who names it)."""
    streams = f"connect-src 'self' {origin}; media-src 'self' blob: {origin};"
    return CONTENT_SECURITY_POLICY.replace("connect-src 'self';", streams)
