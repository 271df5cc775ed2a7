"""A city with a service account, for tests of pages: the provider on loopback, and the settings that name it."""

import json
from collections.abc import Iterator

import pytest

from factories.providers import SECRET, Wechat, listening
from linli.gateway import wechat

INSIDE = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0 Mobile Safari/537.36 "
    "XWEB/1260 MicroMessenger/8.0.50.2701 NetType/WIFI Language/zh_CN"
)
TEMPLATES = {"progress": {"template": "T1", "data": {"thing1": "text"}}}


def settings(url: str) -> dict[str, str]:
    return {
        "NO_PROXY": "127.0.0.1",
        "LINLI_WECHAT_API": url,
        "LINLI_WECHAT_APP": "wx-app",
        "LINLI_WECHAT_SECRET": SECRET,
        "LINLI_WECHAT_TEMPLATES": json.dumps(TEMPLATES),
        "LINLI_WECHAT": "service_account",
    }


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wechat]:
    made = Wechat()
    wechat.forget()
    with listening(made):
        for name, value in settings(made.url).items():
            monkeypatch.setenv(name, value)
        yield made
    wechat.forget()
