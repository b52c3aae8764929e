"""Settings come from the environment; a wrong one is named with what is expected."""

import pytest

from tenure.settings import SettingInvalid, read_settings


def test_the_defaults_suit_one_machine(tmp_path):
    settings = read_settings({"TENURE_HOME": str(tmp_path)})

    assert settings.database_url == f"sqlite:///{tmp_path}/tenure.sqlite"
    assert (settings.host, settings.port, settings.proxies) == ("127.0.0.1", 8080, 0)
    assert settings.uses_sqlite


def test_a_postgresql_address_gets_its_driver():
    settings = read_settings({"TENURE_DATABASE_URL": "postgresql://u:p@h/d"})

    assert settings.database_url == "postgresql+psycopg://u:p@h/d"
    assert not settings.uses_sqlite


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TENURE_DATABASE_URL", "mysql://x", "must be sqlite:///FILE or postgresql"),
        ("TENURE_PORT", "eighty", "must be a whole number"),
        ("TENURE_PORT", "70000", "between 0 and 65535"),
        ("TENURE_TIME_ZONE", "Mars/Olympus", "a name like Asia/Shanghai"),
        ("TENURE_LANGUAGE", "fr", "zh, en or empty"),
        ("TENURE_LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING or ERROR"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_expected(name, value, expected):
    with pytest.raises(SettingInvalid, match=expected) as refused:
        read_settings({name: value})

    assert name in str(refused.value)
