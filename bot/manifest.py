"""`python -m bot slack-manifest`: prints what Slack asks for when Usher is made an app there, to be pasted as it is."""

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.settings import Settings

Manifest = dict[str, Any]

# Every scope and its reason; docs/channels.md says the same. No other is asked for.
SCOPES = {
    "app_mentions:read": "hear who writes @Usher in a channel",
    "chat:write": "answer: direct messages, threads, messages only the asker sees, choices shown as made",
    "commands": "take the command /usher",
    "files:write": "send the files that belong to an answer: calendar entries, lists",
    "im:history": "hear what people write to Usher in a direct message",
}
SUPPORT_SCOPES = {
    "groups:history": "hear replies in the private channel of the support team",
    "groups:read": "see whether that channel is shared with another organisation",
}
EVENTS = ("app_home_opened", "app_mention", "message.im")
SUPPORT_EVENTS = ("message.groups",)

EVENTS_PATH = "/slack/events"
COMMAND = "/usher"
# A newcomer needs the manifest to get these, so no lack of them must keep it from being printed.
_NOT_YET = {"SLACK_BOT_TOKEN": "xoxb-0", "SLACK_SIGNING_SECRET": "0", "SLACK_API_URL": "http://127.0.0.1"}


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("slack-manifest", help="print the manifest that makes Usher a Slack app")
    command.add_argument("--socket-mode", action="store_true", help="Usher fetches events; no public address is needed")
    command.add_argument("--support-room", action="store_true", help="the support team has a private channel in Slack")
    command.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    from bot.settings import load

    settings = load({**os.environ, **_NOT_YET}, signs=False)
    socket_mode = given.socket_mode or bool(settings.slack_app_token)
    support_room = given.support_room or in_slack(settings)
    made = manifest(None if socket_mode else _address(settings), support_room=support_room)
    sys.stdout.write(f"{json.dumps(made, indent=2)}\n")
    return 0


def manifest(public_url: str | None, *, support_room: bool) -> Manifest:
    """The whole manifest. Without an address Usher fetches events itself, which Slack calls Socket Mode."""
    url = {"request_url": f"{public_url.rstrip('/')}{EVENTS_PATH}"} if public_url else {}
    return {
        "display_information": _shown(),
        "features": _features({"url": url["request_url"]} if url else {}),
        "oauth_config": {"scopes": {"bot": sorted(scopes(support_room=support_room))}},
        "settings": {
            "event_subscriptions": {**url, "bot_events": events(support_room=support_room)},
            "interactivity": {"is_enabled": True, **url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not public_url,
            "token_rotation_enabled": False,
        },
    }


def scopes(*, support_room: bool) -> dict[str, str]:
    """Every scope that is needed, with its reason."""
    return SCOPES | (SUPPORT_SCOPES if support_room else {})


def events(*, support_room: bool) -> list[str]:
    return sorted(EVENTS + (SUPPORT_EVENTS if support_room else ()))


def in_slack(settings: "Settings") -> bool:
    """Whether the support team has its channel there."""
    from bot.rooms import desk_rooms

    return any(room.channel == "slack" for room in desk_rooms(settings))


def _shown() -> Manifest:
    return {
        "name": "Usher",
        "description": "Answers questions about a circular, with its own words.",
        "long_description": (
            "Ask in English or Chinese about deadlines, briefings and what is to be done. Every answer was written and "
            "reviewed beforehand, and comes with the words of the circular that it rests on. What the circular does "
            "not say can be passed on to the support team, whose reply comes back here."
        ),
        "background_color": "#1d3557",
    }


def _features(url: Manifest) -> Manifest:
    tabs = {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False}
    command = {
        "command": COMMAND,
        **url,
        "description": "Ask about the circular; only you see the answer",
        "usage_hint": "[your question]",
        "should_escape": False,
    }
    return {
        "app_home": tabs,
        "bot_user": {"display_name": "Usher", "always_online": True},
        "slash_commands": [command],
    }


def _address(settings: "Settings") -> str:
    """Where Slack reaches Usher; raises `SettingsError` where nobody outside can."""
    from bot.settings import SettingsError

    if not settings.public_url:
        raise SettingsError(
            "Slack must know how to reach Usher: set PUBLIC_URL, for example PUBLIC_URL=https://usher.example.org, or "
            "have Usher fetch events itself, which needs no address: python -m bot slack-manifest --socket-mode"
        )
    if not settings.public_url.startswith("https://"):
        raise SettingsError(
            f"PUBLIC_URL={settings.public_url} is no address for Slack, which sends to https:// only: put a proxy with "
            "https before Usher, or call python -m bot slack-manifest --socket-mode"
        )
    return settings.public_url
