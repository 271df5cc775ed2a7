"""Text messages by a gateway of one's own: one HTTP call with JSON, for a county's gateway, or a provider without an adapter here.

`POST` to LINLI_SMS_URL with `Authorization: Bearer <LINLI_SMS_SECRET>` and `Idempotency-Key`, body `{"id", "to", "text", "sign",
"template", "params"}`. It answers `{"id": "…"}` with a status of 2xx for what it took, once for each key; `{"refused": "code"}` for
what it never will; anything else is tried again.
"""

from linli.config import env
from linli.gateway.channels import provider
from linli.gateway.channels.port import ChannelDown, ChannelRefused, Outgoing, Receipt
from linli.gateway.channels.templates import registered, template_for


class PlainSms:
    def send(self, message: Outgoing) -> Receipt:
        if not message.recipient:
            raise ChannelRefused("there is no recipient")
        # A gateway that takes text needs no templates.
        named = template_for("LINLI_SMS_TEMPLATES", message) if registered("LINLI_SMS_TEMPLATES") else ("", {})
        answer = provider.call(
            "POST",
            provider.needed("LINLI_SMS_URL"),
            headers={
                "Authorization": f"Bearer {provider.needed('LINLI_SMS_SECRET')}",
                "Idempotency-Key": str(message.id),
            },
            body={
                "id": str(message.id),
                "to": message.recipient,
                "text": message.text,
                "sign": env.get("LINLI_SMS_SIGN"),
                "template": named[0],
                "params": named[1],
            },
        )
        if answer.said.get("refused"):
            raise ChannelRefused(provider.code(answer.said["refused"]))
        taken = answer.taken()
        if not taken.get("id"):
            raise ChannelDown("no id")
        return Receipt(str(taken["id"])[:100])
