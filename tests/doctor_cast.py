"""What the doctor's tests share: settings that lead to the local platforms, and what is found with them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from bot.clock import machine_time
from bot.doctor.finding import Mark
from bot.doctor.rounds import examine
from bot.settings import load
from tests.slack_blocks import Json, Refused
from tests.slack_platform import Platform
from tests.slack_workspace import BOT
from tests.telegram_platform import TelegramPlatform

PUBLIC = {"PUBLIC_URL": "https://usher.example.org"}
HISTORY: Json = {
    "scopes": ["channels:history", "groups:history", "im:history", "mpim:history"],
    "args": {name: {"type": "string", "required": name == "channel"} for name in ("channel", "limit", "oldest")},
}


def slack_settings(slack: Platform) -> dict[str, str]:
    tokens = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_SIGNING_SECRET": slack.signing_secret}
    return PUBLIC | tokens | {"SLACK_API_URL": slack.api_url}


def telegram_settings(telegram: TelegramPlatform) -> dict[str, str]:
    return {"TELEGRAM_BOT_TOKEN": telegram.token, "TELEGRAM_API_URL": telegram.url.removesuffix("/bot")}


async def found(
    about: str,
    folder: Path,
    *settings: Mapping[str, str],
    now: Callable[[], datetime] = machine_time,
    seconds: float = 10,
    **more: str,
) -> list[str]:
    """What is found about one subject, as it is told."""
    given = {"DATABASE_URL": f"sqlite:///{folder / 'usher.db'}"}
    for part in (*settings, more):
        given |= part
    findings = await examine(load(given, None, signs=False), now, seconds)
    return [str(finding) for finding in findings if finding.about == about]


def marked(findings: list[str], mark: Mark) -> str:
    """The one finding that has this mark."""
    (told,) = [line for line in findings if line.startswith(f"{mark} ")]
    return told


def with_history(slack: Platform) -> None:
    """Let the platform answer conversations.history as Slack's documentation tells: each kind of channel its scope."""

    def answer(said: Json) -> Json:
        channel = slack.channels.get(said["channel"])
        if channel is None or (channel.kind == "private" and BOT not in channel.members):
            raise Refused("channel_not_found")
        needed = "channels:history" if channel.kind == "public" else "groups:history"
        if needed not in slack.scopes.split(","):
            raise Refused("missing_scope", needed=needed, provided=slack.scopes)
        return {"messages": [], "has_more": False}

    slack._conversations_history = answer  # type: ignore[attr-defined]  # found by its name
