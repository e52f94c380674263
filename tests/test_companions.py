"""A token that is of no use alone, or in another's place, stops the start with a sentence that says what is missing."""

import pytest

from bot.settings import SettingsError, load

SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s"}
TELEGRAM = {"TELEGRAM_BOT_TOKEN": "1:a"}
MAIL = {"SMTP_URL": "smtp://mail.example.org", "MAIL_FROM": "Usher <usher@example.org>"}


def refused(**given: str) -> str:
    with pytest.raises(SettingsError) as raised:
        load(given, None, signs=False)
    return str(raised.value)


@pytest.mark.parametrize(
    ("given", "alone", "missing"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET (for HTTP) or SLACK_APP_TOKEN"),
        ({"SLACK_SIGNING_SECRET": "s"}, "SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN"),
        ({"SLACK_APP_TOKEN": "xapp-1"}, "SLACK_APP_TOKEN", "SLACK_BOT_TOKEN"),
        ({"TELEGRAM_WEBHOOK_SECRET": "s"}, "TELEGRAM_WEBHOOK_SECRET", "TELEGRAM_BOT_TOKEN"),
        (TELEGRAM | {"TELEGRAM_WEBHOOK_SECRET": "s"}, "TELEGRAM_WEBHOOK_SECRET", "PUBLIC_URL"),
        ({"SMTP_URL": MAIL["SMTP_URL"]}, "SMTP_URL", "MAIL_FROM"),
        ({"MAIL_FROM": MAIL["MAIL_FROM"]}, "MAIL_FROM", "SMTP_URL"),
        ({"SUPPORT_ROOM": "slack:C1"}, "SUPPORT_ROOM=slack:C1", "SLACK_BOT_TOKEN"),
        ({"SUPPORT_ROOM": "telegram:-1"}, "SUPPORT_ROOM=telegram:-1", "TELEGRAM_BOT_TOKEN"),
        ({"SUPPORT_ROOM": "web, telegram:-1"}, "SUPPORT_ROOM=telegram:-1", "TELEGRAM_BOT_TOKEN"),
        ({"SUPPORT_SECOND_TIER": "slack:C1"}, "SUPPORT_SECOND_TIER=slack:C1", "SLACK_BOT_TOKEN"),
    ],
)
def test_what_is_of_no_use_alone_is_told_with_what_is_missing(given: dict[str, str], alone: str, missing: str) -> None:
    sentence = refused(**given)
    assert sentence.startswith(f"{alone} is set, and is of no use without {missing}")
    assert not any(value in sentence for name, value in given.items() if "TOKEN" in name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-secret"),
        ("SLACK_APP_TOKEN", "xoxb-1-secret"),
        ("TELEGRAM_BOT_TOKEN", "secret"),
        ("TELEGRAM_WEBHOOK_SECRET", "not, allowed"),
        ("SMTP_URL", "mail.example.org:secret"),
        ("MAIL_FROM", "nobody"),
        ("SLACK_API_URL", "slack.example.org"),
        ("SUPPORT_ROOM", "slack:general"),
        ("SUPPORT_ROOM", "slack:C1,slack:general"),
        ("SUPPORT_SECOND_TIER", "web"),
        ("SUPPORT_HOURS", "Mon-Fri 9-18"),
        ("SUPPORT_HOURS", "Mon-Fri 18:00-09:00"),
        ("SUPPORT_ALARMS", "77"),
        ("SUPPORT_ALARMS", "soon 60"),
    ],
)
def test_a_value_of_another_kind_is_named_and_not_repeated(name: str, value: str) -> None:
    sentence = refused(**{name: value})
    assert sentence.startswith(f"{name} must be ")
    assert value not in sentence


@pytest.mark.parametrize(
    "given",
    [
        SLACK,
        {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SUPPORT_ROOM": "slack:C0SUPPORT"},
        TELEGRAM | {"SUPPORT_ROOM": "telegram:-1001234567890"},
        TELEGRAM | {"TELEGRAM_WEBHOOK_SECRET": "s", "PUBLIC_URL": "https://usher.example.org"},
        MAIL | {"SUPPORT_ROOM": "web"},
    ],
)
def test_what_goes_together_is_taken(given: dict[str, str]) -> None:
    settings = load(given, None, signs=False)
    assert settings.slack_api_url == "https://slack.com/api/"
    assert "xoxb-1" not in repr(settings)
