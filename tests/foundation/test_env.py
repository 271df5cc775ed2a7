"""Settings from the environment."""

import pytest

from linli.config import env


@pytest.mark.parametrize("setting", [one for one in env.SETTINGS if one.default], ids=lambda one: one.name)
def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch, setting: env.Setting) -> None:
    monkeypatch.setenv(setting.name, "")
    assert env.get(setting.name) == setting.default
