"""WeChat template messages of the city's service account (服务号模板消息): `cgi-bin/message/template/send`.

`client_msg_id` is the once-only key: for ten minutes WeChat sends one message for it and an openid. After a crash a message is
repeated within two minutes. What remains: one that was taken, and whose answer was lost again and again for ten minutes, may come
twice.
"""

from linli.gateway import wechat
from linli.gateway.channels.port import ChannelDown, ChannelRefused, ChannelUnreachable, Outgoing, Receipt
from linli.gateway.channels.templates import template_for
from linli.gateway.wechat import WechatRefused

# Nobody is there to be reached: a wrong openid, somebody who does not follow the account, or who turned its messages off.
UNREACHABLE = frozenset({40003, 43004, 43101})
# What will not get better either: an unknown template, variables that do not fit it.
FINAL = frozenset({40037, 41030, 47003})
# It was taken before under this `client_msg_id`. The documents leave open whether WeChat says this or repeats its first answer.
TAKEN_BEFORE = 45065
# How many characters WeChat takes in a variable, by the letters its name begins with (thing3, phrase1 …).
LENGTHS = {"thing": 20, "character_string": 32, "phrase": 5, "name": 10, "letter": 32, "const": 20}


class ServiceAccount:
    def send(self, message: Outgoing) -> Receipt:
        if not message.recipient:
            raise ChannelUnreachable("no WeChat account is connected")
        template, variables = template_for("LINLI_WECHAT_TEMPLATES", message)
        body = {
            "touser": message.recipient,
            "template_id": template,
            "client_msg_id": str(message.id),
            "data": {name: {"value": fitting(name, value)} for name, value in variables.items()},
        }
        if link := message.params.get("link"):
            body["url"] = link
        try:
            answer = wechat.call("POST", "/cgi-bin/message/template/send", body=body)
        except WechatRefused as refused:
            if refused.code == TAKEN_BEFORE:
                return Receipt(str(message.id))
            if refused.code in UNREACHABLE:
                raise ChannelUnreachable(str(refused)) from None
            if refused.code in FINAL:
                raise ChannelRefused(str(refused)) from None
            raise ChannelDown(str(refused)) from None
        return Receipt(str(answer.get("msgid") or message.id)[:100])


def fitting(name: str, value: str) -> str:
    """A value as long as WeChat takes it."""
    most = LENGTHS.get(name.rstrip("0123456789"))
    return value if most is None or len(value) <= most else f"{value[: most - 1]}…"
