"""Where a form or a link wants to lead back to: an address of ours, or the first page."""

from typing import Any

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def safe_next(request: HttpRequest, address: Any) -> str:
    """The address to go to afterwards, if it is one of ours; else the first page.

    It begins with a slash, or names our host. Any other word `redirect` takes for the name of a view, and fails where there is none.
    """
    wanted = str(address or "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours and wanted.startswith(("/", f"{request.scheme}://")) else "/"
