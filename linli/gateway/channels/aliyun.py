"""Text messages by Alibaba Cloud: `SendSms` and `QuerySendDetails` of Dysmsapi 2017-05-25, signed with ACS3-HMAC-SHA256.

The signature follows “V3 request structure and signature” of help.aliyun.com, whose worked example is a test.

The provider has no once-only key. Each message carries its id as `OutId`; before a message is tried again the provider is asked whether
it has it. What remains: a text that it took less than half a minute ago and does not list yet would go twice.
"""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from time import monotonic
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.views.decorators.debug import sensitive_variables

from linli.config import env
from linli.foundation import clock
from linli.gateway.channels import provider
from linli.gateway.channels.port import ChannelDown, ChannelRefused, Outgoing, Receipt
from linli.gateway.channels.templates import template_for

ENDPOINT = "https://dysmsapi.aliyuncs.com"
VERSION = "2017-05-25"
# What is wrong with the message or its number, and stays so. All else (limits, an empty account, a wrong key) is tried again.
FINAL = frozenset(
    {
        "isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT", "isv.BLACK_KEY_CONTROL_LIMIT", "isv.PARAM_LENGTH_LIMIT",
        "isv.PARAM_NOT_SUPPORT_URL", "isv.INVALID_PARAMETERS", "isv.INVALID_JSON_PARAM", "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.TEMPLATE_PARAMS_ILLEGAL", "isv.SMS_CONTENT_ILLEGAL", "isv.SMS_TEMPLATE_ILLEGAL", "isv.SMS_SIGNATURE_ILLEGAL",
        "isv.SMS_SIGN_ILLEGAL",
    }
)  # fmt: skip
# The provider lists texts by Beijing's days, for thirty of them.
ITS_ZONE = ZoneInfo("Asia/Shanghai")
LISTED_FOR = timedelta(days=29)
# How long an attempt may spend on asking, in seconds: the last question and the sending come on top, below `rules.LEASE`.
ASKING = 30.0
PAGE = 50
UNDELIVERED = 2


class AliyunSms:
    def send(self, message: Outgoing) -> Receipt:
        if not message.recipient:
            raise ChannelRefused("there is no recipient")
        template, variables = template_for("LINLI_SMS_TEMPLATES", message)
        if message.again and _has_gone(message):
            # Its list names no `BizId`; the provider's console finds the message by `OutId` as well.
            return Receipt(str(message.id))
        answer = _call(
            "SendSms",
            {
                "PhoneNumbers": message.recipient,
                "SignName": provider.needed("LINLI_SMS_SIGN"),
                "TemplateCode": template,
                "TemplateParam": json.dumps(variables, ensure_ascii=False),
                "OutId": str(message.id),
            },
        )
        return Receipt(str(answer.get("BizId") or message.id)[:100])


def _has_gone(message: Outgoing) -> bool:
    """Whether the provider has taken the message before. One that did not arrive does not count: it may go again."""
    today = clock.now().astimezone(ITS_ZONE).date()
    first = max((message.since or clock.now()).astimezone(ITS_ZONE).date(), today - LISTED_FOR)
    first = min(first, today)
    ends = monotonic() + ASKING
    return any(_listed(message, first + timedelta(days=day), ends) for day in range((today - first).days + 1))


def _listed(message: Outgoing, day: date, ends: float) -> bool:
    page, seen = 1, 0
    while True:
        if monotonic() > ends:
            raise ChannelDown("its lists take too long")
        asked = {"PhoneNumber": message.recipient, "SendDate": f"{day:%Y%m%d}", "PageSize": str(PAGE)}
        answer = _call("QuerySendDetails", asked | {"CurrentPage": str(page)})
        details = (answer.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
        mine = [one for one in details if one.get("OutId") == str(message.id)]
        if any(int(one.get("SendStatus") or 0) != UNDELIVERED for one in mine):
            return True
        seen, page = seen + len(details), page + 1
        if not details or seen >= int(answer.get("TotalCount") or 0):
            return False


@sensitive_variables()
def _call(action: str, query: Mapping[str, str]) -> dict[str, Any]:
    base = env.get("LINLI_SMS_URL") or ENDPOINT
    key, secret = provider.needed("LINLI_SMS_KEY"), provider.needed("LINLI_SMS_SECRET")
    headers = signed(
        host=urlsplit(base).netloc, action=action, version=VERSION, query=query, key=key, secret=secret,
        at=datetime.now(UTC), nonce=uuid4().hex,
    )  # fmt: skip
    answer = provider.call("POST", f"{base.rstrip('/')}/?{canonical(query)}", headers=headers)
    said = provider.code(answer.said.get("Code"))
    if said in FINAL:
        raise ChannelRefused(said)
    if said != "OK":
        raise ChannelDown(said)
    return answer.taken()


def signed(
    *, host: str, action: str, version: str, query: Mapping[str, str], key: str, secret: str, at: datetime, nonce: str
) -> dict[str, str]:
    """The headers of an RPC call whose parameters are all in its query and whose body is empty."""
    empty = sha256(b"").hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": empty,
        "x-acs-date": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join(["POST", "/", canonical(query), lines, names, empty])
    to_sign = f"ACS3-HMAC-SHA256\n{sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), sha256).hexdigest()
    return headers | {"Authorization": f"ACS3-HMAC-SHA256 Credential={key},SignedHeaders={names},Signature={signature}"}


def canonical(query: Mapping[str, str]) -> str:
    """The query as it is signed and sent: sorted, everything but unreserved characters (RFC 3986) in percents."""
    return "&".join(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query))
