"""Loaded by pytest before Django's settings are read (`-p linli.config.testing`): tests never touch the data of a demo."""

import gc
import os
import sys

import pytest

# What is loaded and collected stays to the end: the collector looks through it neither while it grows nor in each test.
gc.disable()

# Where byte code is not kept, each process that a test starts compiles Django and all rooms anew: a second or more of a core.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

os.environ.setdefault("LINLI_DATA_DIR", "./.linli/test")
os.environ["LINLI_HOSTS"] = "testserver,127.0.0.1,localhost"
# What a developer has set for a demo or a city must not change what tests see.
for name in (
    "LINLI_DEMO",
    "LINLI_DATABASE_URL",
    "LINLI_OWNER_DATABASE_URL",
    "LINLI_KEYS",
    "LINLI_HTTPS",
    "LINLI_DEBUG",
):
    os.environ.pop(name, None)
for name in [name for name in os.environ if name.startswith(("LINLI_SMS", "LINLI_WECHAT"))]:
    os.environ.pop(name)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    gc.freeze()
    gc.enable()
