"""A person connects their WeChat by its web authorisation (网页授权, `snsapi_base`), and pages inside WeChat are signed for its script.

`state` is random, stands in the session beside whose it is, is taken out by the first answer that comes back, and written down when it
is spent: a forged, foreign or repeated answer finds nothing, and WeChat is not even asked. The code itself is taken once by WeChat.
"""

import hmac
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST, require_safe

from linli.config import env
from linli.foundation import clock
from linli.foundation.access import Actor, ActorKind, actor_of
from linli.foundation.errors import InvalidInput, NotFound, SignInNeeded
from linli.foundation.idempotency import carry_out, once
from linli.foundation.policy import with_forms_to
from linli.gateway import actions, channels, wechat
from linli.gateway.channels import ChannelDown
from linli.gateway.errors import WechatBegunElsewhere, WechatDown
from linli.gateway.models import Way
from linli.people import actions as people_actions
from linli.people import queries as people

IN_SESSION = "wechat"
# WeChat's code is good for five minutes; somebody may read first what they agree to.
GOOD_FOR = timedelta(minutes=10)
LONGEST_ADDRESS = 2000


def _person(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if actor.kind is not ActorKind.PERSON:
        raise SignInNeeded
    if not wechat.configured():
        raise NotFound
    return actor


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    actor = _person(request)
    context = {
        "connected": bool(people.person_of(actor).openid),
        "inside": wechat.is_inside(request.headers.get("User-Agent", "")),
        "sends": channels.connected(Way.WECHAT),
    }
    answer = render(request, "gateway/wechat.html", context)
    # Pressing the button leads on to WeChat.
    where = urlsplit(env.get("LINLI_WECHAT_OPEN"))
    answer.headers["Content-Security-Policy"] = with_forms_to(f"{where.scheme}://{where.netloc}")
    return answer


@require_POST
def connect(request: HttpRequest) -> HttpResponse:
    """To WeChat, which comes back with a code."""
    actor = _person(request)
    state = secrets.token_hex(24)
    ends = (clock.now() + GOOD_FOR).timestamp()
    request.session[IN_SESSION] = {"state": state, "person": str(actor.id), "ends": ends}
    back = f"{env.get('LINLI_URL')}{reverse('wechat_done')}"
    return HttpResponseRedirect(wechat.authorisation(redirect=back, state=state))


@require_GET
@never_cache
@sensitive_variables("code", "openid")
def done(request: HttpRequest) -> HttpResponse:
    """Back from WeChat."""
    actor = _person(request)
    begun: dict[str, Any] = request.session.pop(IN_SESSION, {})
    code, state = request.GET.get("code", ""), request.GET.get("state", "")
    if (
        not begun
        or not hmac.compare_digest(str(begun["state"]).encode(), state.encode())
        or begun["person"] != str(actor.id)
        or begun["ends"] <= clock.now().timestamp()
        or not code
    ):
        raise WechatBegunElsewhere
    _spend(state, actor)
    try:
        openid = wechat.openid_of(code)
    except wechat.WechatRefused:
        raise WechatBegunElsewhere from None
    except ChannelDown:
        raise WechatDown from None
    people_actions.connect_wechat(openid=openid, by=actor)
    messages.success(request, _("WeChat is connected. Choose below what comes that way."))
    return redirect("messages_settings")


def _spend(state: str, actor: Actor) -> None:
    """Sessions are kept in signed cookies: an old one brings a state back that was taken out. So each is written down, once."""
    new: list[bool] = []
    carry_out(once(actor, f"wechat {state}", {}), lambda: new.append(True))
    if not new:
        raise WechatBegunElsewhere


@require_POST
def disconnect(request: HttpRequest) -> HttpResponse:
    actor = _person(request)
    openid = people.person_of(actor).openid
    if openid:
        actions.forget_wechat(openid=openid, by=actor)
    people_actions.disconnect_wechat(by=actor)
    messages.success(request, _("WeChat is disconnected, and forgotten here."))
    return redirect("wechat")


@require_GET
@never_cache
@sensitive_variables("ticket")
def signature(request: HttpRequest) -> HttpResponse:
    """What `wx.config` needs for the page whose address stands in the header `X-Page`: of this site alone.

    In a header, because an address may open a case, and queries are logged.
    """
    if not wechat.configured():
        raise NotFound
    url = request.headers.get("X-Page", "").partition("#")[0]
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidInput(field="url") from None
    if (parts.scheme, parts.netloc) != (request.scheme, request.get_host()) or len(url) > LONGEST_ADDRESS:
        raise InvalidInput(field="url")
    try:
        ticket = wechat.ticket()
    except (ChannelDown, wechat.WechatRefused):
        raise WechatDown from None
    nonce, timestamp = secrets.token_hex(8), int(clock.now().timestamp())
    return JsonResponse(
        {
            "appId": env.get("LINLI_WECHAT_APP"),
            "timestamp": timestamp,
            "nonceStr": nonce,
            "signature": wechat.signature(ticket=ticket, nonce=nonce, timestamp=timestamp, url=url),
        }
    )
