"""The addresses of OpenRosa 1.0. The token in the address is the way in; every answer is in OpenRosa's own form, refusals too."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from linli.campaigns.forms import collect
from linli.campaigns.queries import TeamDoors
from linli.foundation.errors import DomainError, NotFound
from linli.gateway import queries
from linli.gateway.models import AppUser
from linli.gateway.openrosa import answers, forms, receiving
from linli.gateway.openrosa.errors import MethodNotAllowed, NoAnswers

View = Callable[..., HttpResponse]


def endpoint(*methods: str) -> Callable[[View], View]:
    """An address that takes these methods. No cookie counts here, so no form token is asked for either."""

    def make(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def answered(request: HttpRequest, token: str, **path: Any) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise MethodNotAllowed
                return view(request, queries.app_user(token), **path)
            except DomainError as error:
                response = answers.refusal(error)
                if response.status_code == 405:
                    response.headers["Allow"] = ", ".join(methods)
                return response
            except (SuspiciousOperation, BadRequest, MultiPartParserError):
                return answers.refusal(NoAnswers())

        return answered

    return make


@endpoint("GET", "HEAD")
def form_list(request: HttpRequest, user: AppUser) -> HttpResponse:
    """The one form of the team; none where there is nothing to visit (any more), so that Collect takes it off the phone."""
    if forms.doors_of(user) is None:
        return answers.form_list([])
    form, here = forms.form_of(user), request.build_absolute_uri("forms/")
    if request.GET.get("formID", form.form_id) != form.form_id:
        # Asked for one form, a server lists no other.
        return answers.form_list([])
    listed = {
        "formID": form.form_id,
        "name": user.team.campaign.name,
        "version": form.version,
        "hash": answers.hash_of(forms.xform_of(user)),
        "downloadUrl": f"{here}{form.form_id}.xml",
        "manifestUrl": f"{here}{form.form_id}/manifest",
    }
    return answers.form_list([listed])


@endpoint("GET", "HEAD")
def form(request: HttpRequest, user: AppUser, form_id: str) -> HttpResponse:
    _doors(user, form_id)
    return answers.of_type(forms.xform_of(user), answers.XML)


@endpoint("GET", "HEAD")
def manifest(request: HttpRequest, user: AppUser, form_id: str) -> HttpResponse:
    content = forms.doors_csv(_doors(user, form_id))
    listed = {
        "filename": collect.DOORS,
        "hash": answers.hash_of(content),
        "downloadUrl": request.build_absolute_uri(f"media/{collect.DOORS}"),
    }
    return answers.manifest([listed])


@endpoint("GET", "HEAD")
def doors(request: HttpRequest, user: AppUser, form_id: str) -> HttpResponse:
    return answers.of_type(forms.doors_csv(_doors(user, form_id)), "text/csv; charset=utf-8")


def _doors(user: AppUser, form_id: str) -> TeamDoors:
    found = forms.doors_of(user)
    if found is None or form_id != forms.form_of(user).form_id:
        raise NotFound
    return found


@endpoint("POST", "HEAD")
def submission(request: HttpRequest, user: AppUser) -> HttpResponse:
    """HEAD is how Collect asks, before it sends, how much it may."""
    if request.method == "HEAD":
        return answers.of_type(b"", answers.XML, status=204)
    arrived = receiving.receive(request, user)
    known = arrived.fate in {"stored", "known"}
    told = _("Thank you, it arrived.") if known else _("It arrived. The desk will look at it.")
    return answers.told(" ".join([told, *arrived.refused]), 201)


@csrf_exempt
def nothing(request: HttpRequest, rest: str) -> HttpResponse:
    """Every other address below this one: refused in OpenRosa's form."""
    return answers.refusal(NotFound())
