"""The language that a reader chooses in the bar, or below “Mine”. It is kept with the account, as a look is: what goes to
their phone speaks it too.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.i18n import set_language

from linli.foundation.access import actor_of
from linli.people import actions as people
from linli.people.pages.common import remember_choice
from linli.web.looks import has_account


def change(request: HttpRequest) -> HttpResponse:
    """Show the next pages in this language, and lead back. Whoever only opens the address, as after a refused form, is led back too."""
    response = set_language(request)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        if has_account(request):
            people.keep_language(by=actor_of(request), language=language)
        else:
            remember_choice(response, language)
    return response
