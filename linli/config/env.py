"""Settings from the environment: each with its default and the reason it exists. `linli config` lists them."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    default: str
    reason: str
    secret: bool = False


SETTINGS = (
    Setting(
        "LINLI_DATA_DIR",
        "./.linli",
        "The one folder that holds all state: database, files, keys. Deleting it is a clean start.",
    ),
    Setting(
        "LINLI_DATABASE_URL",
        "",
        "PostgreSQL 15 or newer for the app's plain role; empty starts the embedded server.",
        True,
    ),
    Setting(
        "LINLI_OWNER_DATABASE_URL",
        "",
        "The same database for its owner, who alone migrates; needed with LINLI_DATABASE_URL.",
        True,
    ),
    Setting("LINLI_KEYS", "", "Keys as JSON; empty reads keys/keys.json in the data folder, made on first use.", True),
    Setting("LINLI_HOSTS", "127.0.0.1,localhost,[::1]", "Host names that the web server answers to, comma separated."),
    Setting("LINLI_ORIGINS", "", "Trusted origins (https://city.example) for forms behind a proxy, comma separated."),
    Setting("LINLI_HTTPS", "", "1 when a proxy in front speaks HTTPS: cookies become secure, HSTS is sent."),
    Setting(
        "LINLI_PROXIES",
        "0",
        "How many proxies of your own stand in front: the client is that far left in X-Forwarded-For.",
    ),
    Setting("LINLI_DEBUG", "", "1 shows error pages with source code. Never in a city."),
    Setting("LINLI_DEMO", "", "1 shows demo logins and phone codes on the pages. Never in a city."),
    Setting(
        "LINLI_WORKERS", "4", "Web processes: two for each core, since a connection stays with the process it came to."
    ),
    Setting("LINLI_THREADS", "4", "Threads, each with a database connection, in a web process."),
    Setting("LINLI_TIME_ZONE", "Asia/Shanghai", "The zone in which times are shown and working hours are counted."),
    Setting("LINLI_CITY", "chengdu", "The city pack whose calendar and emergency numbers apply."),
    Setting(
        "LINLI_SMS",
        "outbox",
        "How texts leave: `outbox` records only; `aliyun` (Alibaba Cloud); `http` (a gateway of one's own); an adapter's dotted path.",
    ),
    Setting(
        "LINLI_SMS_URL", "", "Where that gateway listens; empty is Alibaba Cloud's own address. Needed with `http`."
    ),
    Setting(
        "LINLI_SMS_KEY", "", "The AccessKey id of Alibaba Cloud: it may SendSms and QuerySendDetails, nothing else."
    ),
    Setting("LINLI_SMS_SECRET", "", "The AccessKey secret, or the bearer token of one's own gateway.", True),
    Setting("LINLI_SMS_SIGN", "", "The registered signature (签名) that each text begins with."),
    Setting(
        "LINLI_SMS_TEMPLATES",
        "",
        "Our messages and the provider's registered templates: JSON, or the path of a file with it (docs/gateway.md).",
    ),
    Setting(
        "LINLI_WECHAT",
        "outbox",
        "How WeChat messages leave: `outbox` records only; `service_account` sends template messages; an adapter's dotted path.",
    ),
    Setting(
        "LINLI_WECHAT_APP",
        "",
        "AppID of the city's service account (服务号): with it residents can connect WeChat, and pages inside WeChat share and locate.",
    ),
    Setting("LINLI_WECHAT_SECRET", "", "AppSecret of the service account.", True),
    Setting(
        "LINLI_WECHAT_TEMPLATES",
        "",
        "Our messages and the account's templates: JSON, or the path of a file with it (docs/gateway.md).",
    ),
    Setting("LINLI_WECHAT_API", "https://api.weixin.qq.com", "Where WeChat's API is: another one of its data centres."),
    Setting(
        "LINLI_WECHAT_OPEN", "https://open.weixin.qq.com", "Where WeChat asks people whether they want to be connected."
    ),
    Setting(
        "LINLI_WEBHOOK_ALLOW",
        "",
        "Hosts in one's own network (host or host:port) that webhooks may call, also by http.",
    ),
    Setting(
        "LINLI_URL", "http://127.0.0.1:8000", "Where people reach this server: the beginning of links in messages."
    ),
    Setting(
        "LINLI_REFERENCE_DATA",
        "../shared/data",
        "Real data for the tests marked `reference`; they skip where it is absent.",
    ),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


def get(name: str) -> str:
    """As it is set; a variable that is there and empty, as a file of settings leaves it, is not set."""
    return os.environ.get(name) or _BY_NAME[name].default


def flag(name: str) -> bool:
    return get(name).lower() in {"1", "true", "yes", "on"}


def number(name: str) -> int:
    return int(get(name))


def names(name: str) -> list[str]:
    return [part.strip() for part in get(name).split(",") if part.strip()]


def data_dir() -> Path:
    return Path(get("LINLI_DATA_DIR")).resolve()
