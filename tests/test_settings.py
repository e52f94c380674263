"""A wrong setting stops the start with one sentence that names it and shows a right one."""

import logging
import stat
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, load

KEY = "k" * 32
AS_OF = "2023-04-12T10:00:00+08:00"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(**environ: str) -> str:
    with pytest.raises(SettingsError) as raised:
        load(environ)
    return str(raised.value)


def test_with_nothing_set_everything_has_its_default() -> None:
    settings = load({})
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8080, None)
    assert settings.database_url.get_secret_value() == "sqlite:///var/usher.db"
    assert (settings.campaigns, settings.log_level) == (Path("campaigns"), "INFO")
    assert (settings.demo, settings.demo_any_host, settings.as_of) == (False, False, None)


def test_the_process_own_environment_is_read_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    assert load().port == 8123


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=8001\nHOST=localhost\n")
    settings = load({"PORT": "8002"})
    assert (settings.port, settings.host) == (8002, "localhost")


def test_an_empty_value_means_the_default_whatever_the_file_says(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"DEMO=1\nAS_OF={AS_OF}\nPUBLIC_URL=\n")
    settings = load({"AS_OF": "", "SECRET_KEY": ""})
    assert (settings.demo, settings.as_of, settings.public_url) == (True, None, None)


@pytest.mark.parametrize(
    ("name", "value", "example"),
    [
        ("PORT", "eighty", "PORT=8080"),
        ("PORT", "65536", "PORT=8080"),
        ("PUBLIC_URL", "usher.example.org", "PUBLIC_URL=https://usher.example.org"),
        ("TRUSTED_PROXIES", "proxy.example.org", "TRUSTED_PROXIES=127.0.0.1,10.0.0.0/8"),
        ("TRUSTED_PROXIES", "127.0.0.1,", "TRUSTED_PROXIES=127.0.0.1,10.0.0.0/8"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "TRUSTED_PROXIES=127.0.0.1,10.0.0.0/8"),
        ("TRUSTED_PROXIES", "*", "TRUSTED_PROXIES=127.0.0.1,10.0.0.0/8"),
        ("DATABASE_URL", "var/usher.db", "DATABASE_URL=sqlite:///var/usher.db"),
        ("DATABASE_URL", "mysql://localhost/usher", "DATABASE_URL=sqlite:///var/usher.db"),
        ("DATABASE_URL", "sqlite://", "DATABASE_URL=sqlite:///var/usher.db"),
        ("DATABASE_URL", "postgresql://localhost", "DATABASE_URL=sqlite:///var/usher.db"),
        ("CHECK_EVERY", "0", "CHECK_EVERY=10"),
        ("CHECK_EVERY", "5m", "CHECK_EVERY=10"),
        ("DEMO", "perhaps", "DEMO=1"),
        ("DEMO_ANY_HOST", "perhaps", "DEMO_ANY_HOST=1"),
        ("AS_OF", "yesterday", f"AS_OF={AS_OF}"),
        ("AS_OF", "2023-04-12T10:00:00", f"AS_OF={AS_OF}"),
        ("SECRET_KEY", "short", "openssl rand -hex 32"),
        ("LOG_LEVEL", "chatty", "LOG_LEVEL=INFO"),
    ],
)
def test_a_wrong_value_is_named_with_an_example_in_one_sentence(name: str, value: str, example: str) -> None:
    sentence = refused(**{name: value})
    assert sentence.startswith(f"{name} must be ")
    assert example in sentence
    assert "\n" not in sentence


def test_proxies_are_addresses_and_networks_and_nobodys_unless_named() -> None:
    assert load({}).trusted_proxies == ()
    assert load({"TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8,::1"}).trusted_proxies == (
        "127.0.0.1/32", "10.0.0.0/8", "::1/128",
    )  # fmt: skip


def test_a_level_may_be_written_small() -> None:
    assert load({"LOG_LEVEL": "debug"}).log_level == "DEBUG"


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load({}).__setattr__("port", 1)


@pytest.mark.parametrize("secret", ["SECRET_KEY", "DATABASE_URL"])
def test_secrets_are_not_printed(secret: str) -> None:
    given = {"SECRET_KEY": KEY, "DATABASE_URL": "postgresql://usher:opensesame@localhost/usher"}
    shown = repr(load(given))
    assert given[secret] not in shown


def test_a_slip_of_the_pen_in_the_file_is_mentioned(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / ".env").write_text("DATABSE_URL=sqlite:///x.db\nPOSTGRES_USER=somebody-elses\n")
    with caplog.at_level(logging.WARNING):
        load({})
    assert caplog.messages == ["DATABSE_URL in .env is no setting of Usher: is DATABASE_URL meant?"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"HOST=\xff\xfe")
    assert refused().startswith("The file .env cannot be read")


# The demonstration


def test_a_clock_that_is_set_needs_a_demonstration() -> None:
    assert refused(AS_OF=AS_OF) == "AS_OF is for demonstrations only: leave it out, or set DEMO=1 as well."


def test_a_demonstration_may_set_its_clock() -> None:
    settings = load({"DEMO": "1", "AS_OF": AS_OF})
    assert settings.as_of == datetime.fromisoformat(AS_OF)
    assert settings.as_of.utcoffset() == timedelta(hours=8)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "usher.example.org"])  # noqa: S104 - must be refused
def test_a_demonstration_is_for_this_machine_only(host: str) -> None:
    sentence = refused(DEMO="1", HOST=host)
    assert sentence.startswith(f"HOST={host} ")
    assert "DEMO_ANY_HOST=1" in sentence


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_every_name_of_this_machine_will_do(host: str) -> None:
    assert load({"DEMO": "1", "HOST": host}).host == host


def test_a_container_may_say_that_any_host_is_meant() -> None:
    assert load({"DEMO": "1", "HOST": "0.0.0.0", "DEMO_ANY_HOST": "1"}).demo_any_host  # noqa: S104 - it is only a setting here


def test_without_a_demonstration_any_host_will_do() -> None:
    assert load({"HOST": "0.0.0.0"}).host == "0.0.0.0"  # noqa: S104 - it is only a setting here


@pytest.mark.parametrize(
    ("given", "example"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_API_URL=http://127.0.0.1"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_API_URL": "https://slack.example.org"}, "SLACK_API_URL=http://127.0.0.1"),
        ({"TELEGRAM_BOT_TOKEN": "1:a"}, "TELEGRAM_API_URL=http://127.0.0.1"),
        ({"SMTP_URL": "smtp://bot:opensesame@mail.example.org"}, "SMTP_URL=smtp://127.0.0.1"),
        ({"SMTP_URL": "mail.example.org"}, "SMTP_URL=smtp://127.0.0.1"),
    ],
)
def test_a_demonstration_writes_to_nobody_outside(given: dict[str, str], example: str) -> None:
    sentence = refused(DEMO="1", **given)
    assert sentence.startswith(f"{next(iter(given))} would let a demonstration write to real people")
    assert example in sentence
    assert not any(value in sentence for value in given.values())


def test_a_token_in_the_file_counts_as_well(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TELEGRAM_BOT_TOKEN=1:a\n")
    assert refused(DEMO="1").startswith("TELEGRAM_BOT_TOKEN would let a demonstration write")


@pytest.mark.parametrize(
    "given",
    [
        {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": "http://127.0.0.1:8099/api/"},
        {"TELEGRAM_BOT_TOKEN": "1:a", "TELEGRAM_API_URL": "http://localhost:8099"},
        {"SMTP_URL": "smtp://[::1]:1025", "MAIL_FROM": "usher@example.org"},
    ],
)
def test_a_demonstration_may_write_to_a_server_on_this_machine(given: dict[str, str]) -> None:
    assert load({"DEMO": "1", **given}).demo


@pytest.mark.parametrize("demo", ["1", "true", "TRUE", "yes", "on", "y", "t"])
def test_a_demonstration_that_is_named_in_another_way_writes_to_nobody_either(demo: str) -> None:
    assert refused(DEMO=demo, TELEGRAM_BOT_TOKEN="1:a").startswith("TELEGRAM_BOT_TOKEN would let a demonstration")


# The key


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    first, second = load({}), load({})
    file = tmp_path / "var" / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert [path.name for path in file.parent.iterdir()] == ["secret_key"]


def test_the_key_stands_beside_the_database(tmp_path: Path) -> None:
    load({"DATABASE_URL": f"sqlite:///{tmp_path / 'elsewhere' / 'usher.db'}"})
    assert (tmp_path / "elsewhere" / "secret_key").exists()


def test_a_given_key_is_taken_and_none_is_made(tmp_path: Path) -> None:
    assert load({"SECRET_KEY": KEY}).secret_key.get_secret_value() == KEY
    assert list(tmp_path.iterdir()) == []


def test_with_postgresql_a_key_is_needed() -> None:
    sentence = refused(DATABASE_URL="postgresql://localhost/usher")
    assert sentence.startswith("SECRET_KEY is needed with PostgreSQL")
    assert load({"DATABASE_URL": "postgresql://localhost/usher", "SECRET_KEY": KEY}).sqlite_file is None


def test_a_key_that_was_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret_key").write_text("")
    assert refused().startswith("The key in var/secret_key is too short")


def test_a_folder_where_nothing_can_be_kept_is_named() -> None:
    sentence = refused(DATABASE_URL="sqlite:///no/such/usher.db")
    assert sentence.startswith("DATABASE_URL: nothing can be kept in the folder no/such (No such file or directory)")


# .env.example


def example() -> dict[str, str]:
    lines = (Path(__file__).parents[1] / ".env.example").read_text().splitlines()
    return dict(
        line[1:].split("=", 1) for line in lines if line.startswith("#") and line[1:2].isupper() and "=" in line
    )


def default_of(name: str) -> str:
    default = Settings.model_fields[name.lower()].default
    value = default.get_secret_value() if hasattr(default, "get_secret_value") else default
    return str(value) if value else ""


def test_the_example_file_has_every_setting_with_its_default() -> None:
    assert example() == {name.upper(): default_of(name) for name in Settings.model_fields}


def test_the_example_file_gives_a_reason_for_each() -> None:
    lines = (Path(__file__).parents[1] / ".env.example").read_text().splitlines()
    for before, line in pairwise(lines):
        if line.startswith(tuple(f"#{name}=" for name in example())):
            assert before.startswith("# "), f"{line} has no reason above it"


def test_what_signs_nothing_needs_no_key_and_makes_none(tmp_path: Path) -> None:
    settings = load({"DATABASE_URL": f"sqlite:///{tmp_path / 'usher.db'}"}, None, signs=False)
    assert not settings.secret_key
    assert list(tmp_path.iterdir()) == []
