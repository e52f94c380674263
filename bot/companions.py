"""Checks that no setting stands alone that is of no use without another: that would stop the start."""

from typing import TYPE_CHECKING

from bot.secret_key import SettingsError

if TYPE_CHECKING:
    from bot.settings import Settings


def check_companions(settings: "Settings") -> None:
    """What is of no use alone stops the start, with what is missing."""
    slack, telegram = settings.slack_bot_token, settings.telegram_bot_token
    for has, needs, missing in (
        (slack and "SLACK_BOT_TOKEN", settings.slack_signing_secret or settings.slack_app_token,
         "SLACK_SIGNING_SECRET (for HTTP) or SLACK_APP_TOKEN (for Socket Mode)"),
        (settings.slack_signing_secret and "SLACK_SIGNING_SECRET", slack, "SLACK_BOT_TOKEN"),
        (settings.slack_app_token and "SLACK_APP_TOKEN", slack, "SLACK_BOT_TOKEN"),
        (settings.telegram_webhook_secret and "TELEGRAM_WEBHOOK_SECRET", telegram, "TELEGRAM_BOT_TOKEN"),
        (settings.telegram_webhook_secret and "TELEGRAM_WEBHOOK_SECRET", settings.public_url, "PUBLIC_URL"),
        (settings.smtp_url and "SMTP_URL", settings.mail_from, "MAIL_FROM"),
        (settings.mail_from and "MAIL_FROM", settings.smtp_url, "SMTP_URL"),
        (_room(settings, "slack:"), slack, "SLACK_BOT_TOKEN"),
        (_room(settings, "telegram:"), telegram, "TELEGRAM_BOT_TOKEN"),
        (settings.support_second_tier and "SUPPORT_SECOND_TIER", settings.support_room, "SUPPORT_ROOM"),
    ):  # fmt: skip
        if has and not needs:
            raise SettingsError(f"{has} is set, and is of no use without {missing}: set that as well, or leave it out.")


def _room(settings: "Settings", channel: str) -> str:
    """The setting that names a room of that channel, if one does."""
    named = {"SUPPORT_ROOM": settings.support_room or "", "SUPPORT_SECOND_TIER": settings.support_second_tier or ""}
    written = [f"{name}={room.strip()}" for name, rooms in named.items() for room in rooms.split(",")]
    return next((one for one in written if one.partition("=")[2].startswith(channel)), "")
