"""The providers outside, played by a server on loopback as their documents describe them. What they were asked is kept."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SECRET = "a-secret-of-the-test"


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Provider:
    """A provider: `answers` are given first, in turn; then what `behave` makes of a request."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    # Texts and messages that arrived at somebody.
    reached: list[dict[str, Any]] = field(default_factory=list)

    # The next request is taken, and its answer gets lost on the way.
    losing: bool = False
    # Seconds between each two bytes of an answer.
    drip: float = 0.0

    def answer(self, asked: Asked) -> tuple[int, Any]:
        self.asked.append(asked)
        if self.losing:
            self.losing = False
            self.behave(asked)
            return 502, b""
        return self.answers.pop(0) if self.answers else self.behave(asked)

    def behave(self, asked: Asked) -> tuple[int, Any]:
        raise NotImplementedError

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]


@dataclass
class Aliyun(Provider):
    """SendSms takes whatever comes, also twice; QuerySendDetails lists what it took."""

    def behave(self, asked: Asked) -> tuple[int, Any]:
        if asked.headers["x-acs-action"] == "SendSms":
            self.reached.append(asked.query)
            return 200, {
                "Code": "OK",
                "Message": "OK",
                "BizId": f"9006197469364984{len(self.reached):02}^0",
                "RequestId": "R",
            }
        rows = [
            {
                "OutId": one["OutId"],
                "PhoneNum": one["PhoneNumbers"],
                "SendStatus": one.get("status", 3),
                "ErrCode": "DELIVERED",
            }
            for one in self.reached
            if one["PhoneNumbers"] == asked.query["PhoneNumber"]
        ]
        size, page = int(asked.query["PageSize"]), int(asked.query["CurrentPage"])
        shown = rows[size * (page - 1) : size * page]
        return 200, {"Code": "OK", "TotalCount": str(len(rows)), "SmsSendDetailDTOs": {"SmsSendDetailDTO": shown}}


@dataclass
class OwnGateway(Provider):
    """Takes a message once for its key."""

    def behave(self, asked: Asked) -> tuple[int, Any]:
        if asked.headers["authorization"] != f"Bearer {SECRET}":
            return 401, {"error": "unauthorized"}
        if asked.body["id"] not in [one["id"] for one in self.reached]:
            self.reached.append(asked.body)
        return 200, {"id": f"own-{asked.body['id']}"}


@dataclass
class Wechat(Provider):
    """The service account's API: one token while it is good, one message for a `client_msg_id`, each code once."""

    token: int = 1
    codes: dict[str, str] = field(default_factory=dict)

    def behave(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/cgi-bin/stable_token":
            good = asked.body["secret"] == SECRET
            return 200, {"access_token": f"T{self.token}", "expires_in": 7200} if good else {"errcode": 40125}
        if asked.path == "/sns/oauth2/access_token":
            openid = self.codes.pop(asked.query["code"], None)
            return 200, {"openid": openid, "scope": "snsapi_base"} if openid else {
                "errcode": 40163,
                "errmsg": "code been used",
            }
        if asked.query["access_token"] != f"T{self.token}":
            return 200, {"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"}
        if asked.path == "/cgi-bin/ticket/getticket":
            return 200, {"errcode": 0, "errmsg": "ok", "ticket": "TICKET", "expires_in": 7200}
        known = [one["client_msg_id"] for one in self.reached]
        if asked.body["client_msg_id"] not in known:
            self.reached.append(asked.body)
            known.append(asked.body["client_msg_id"])
        return 200, {"errcode": 0, "errmsg": "ok", "msgid": 200228332 + known.index(asked.body["client_msg_id"])}


@contextmanager
def listening(provider: Provider) -> Iterator[None]:
    """The provider on loopback, while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers["Content-Length"] or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(
                self.command, parts.path, dict(parse_qsl(parts.query)), headers, json.loads(raw) if raw else None
            )
            status, said = provider.answer(asked)
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not provider.drip:
                self.wfile.write(body)
                return
            with suppress(ConnectionError):
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(provider.drip)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
