"""What Slack tells the bot when somebody writes, presses a button, opens the Home or gives a command."""

import html
import re
import secrets
import uuid
from typing import Any

from tests.slack_blocks import Json
from tests.slack_workspace import APP, BOT, TEAM, Channel, Message, User, View, Workspace, elements

VERIFICATION_TOKEN = "k" * 24
_TOLD: tuple[str, ...] = ("text", "value", "style")  # what a press tells of its button
_PLACES = {"public": "channel", "private": "group", "im": "im"}
_LINK = re.compile(r"(?P<link>https?://[^\s<>]+)|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")


def as_sent(typed: str) -> str:
    """Words as Slack passes them on: escaped, links and mail addresses in angle brackets, mentions left as they are."""
    parts = re.split(r"(<[@#!][^<>]+>)", typed)
    return "".join(part if number % 2 else _marked(part) for number, part in enumerate(parts))


def _marked(words: str) -> str:
    def bracketed(found: re.Match[str]) -> str:
        return f"<{found[0]}>" if found["link"] else f"<mailto:{found[0]}|{found[0]}>"

    return _LINK.sub(bracketed, html.escape(words, quote=False))


def callback(event: Json, sender_team: str = TEAM, shared: bool = False) -> Json:
    """An event in its envelope, as the Events API sends it."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "api_app_id": APP,
        "event": event | ({"user_team": sender_team, "source_team": sender_team} if shared else {}),
        "type": "event_callback",
        "event_id": "Ev0" + secrets.token_hex(5).upper(),
        "event_time": int(float(event["event_ts"])),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": BOT,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": shared,
        "event_context": "4-" + secrets.token_urlsafe(60),
    }


def message_event(message: Message, writer: User, channel: Channel, **other: Any) -> Json:
    event = _written(message, writer) | {"type": "message", "channel_type": _PLACES[channel.kind]} | other
    return callback(event, writer.team, channel.shared)


def mention_event(message: Message, writer: User, channel: Channel) -> Json:
    return callback(_written(message, writer) | {"type": "app_mention"}, writer.team, channel.shared)


def _written(message: Message, writer: User) -> Json:
    line = {"type": "rich_text_section", "elements": [{"type": "text", "text": html.unescape(message.text)}]}
    event: Json = {
        "client_msg_id": str(uuid.uuid4()),
        "user": writer.id,
        "text": message.text,
        "team": writer.team,
        "ts": message.ts,
        "event_ts": message.ts,
        "channel": message.channel,
        "blocks": [{"type": "rich_text", "block_id": secrets.token_urlsafe(4), "elements": [line]}],
    }
    return event | (
        {"thread_ts": message.thread_ts, "parent_user_id": message.parent_user} if message.thread_ts else {}
    )


def changed_event(message: Message, writer: User, channel: Channel, before: str) -> Json:
    """A message was edited: this event has no user and no text of its own, only those within."""
    inner = _written(message, writer) | {"type": "message", "edited": {"user": writer.id, "ts": message.ts}}
    for name in ("channel", "event_ts"):
        del inner[name]
    event = {
        "type": "message",
        "subtype": "message_changed",
        "message": inner,
        "previous_message": inner | {"text": before},
        "channel": channel.id,
        "hidden": True,
        "ts": message.ts[:-1] + "9",
        "event_ts": message.ts[:-1] + "9",
        "channel_type": _PLACES[channel.kind],
    }
    return callback(event, writer.team, channel.shared)


def file_event(message: Message, writer: User, channel: Channel, name: str) -> Json:
    file = {"id": "F0" + secrets.token_hex(4).upper(), "name": name, "title": name, "user": writer.id, "mode": "hosted"}
    file |= {"url_private": f"https://files.slack.com/files-pri/{TEAM}/{name}", "size": "1024", "filetype": "pdf"}
    return message_event(message, writer, channel, subtype="file_share", files=[file], upload=False)


def bot_event(message: Message, channel: Channel) -> Json:
    """Another bot has written."""
    event = {
        "type": "message",
        "subtype": "bot_message",
        "bot_id": "B0OTHER",
        "username": "Other",
        "text": message.text,
    }
    event |= {"ts": message.ts, "event_ts": message.ts, "channel": channel.id, "channel_type": _PLACES[channel.kind]}
    return callback(event, TEAM, channel.shared)


def home_event(slack: Workspace, user: User, tab: str = "home") -> Json:
    now = f"{slack.now():.6f}"
    event = {"type": "app_home_opened", "user": user.id, "channel": f"D{user.id[1:]}", "tab": tab, "event_ts": now}
    view = slack.home(user)
    return callback(event | ({"view": view} if view else {}))


def command(slack: Workspace, user: User, channel: Channel, name: str, words: str) -> dict[str, str]:
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM,
        "team_domain": "usher-test",
        "channel_id": channel.id,
        "channel_name": channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": html.escape(words, quote=False),
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": slack.url_of_link(slack.new_link(user, channel.id)),
        "trigger_id": slack.new_trigger(user),
    }


def press(slack: Workspace, user: User, place: Message | View, words: str) -> Json:
    """The press of the button, or the choice of the option, that shows these words."""
    blocks = place.blocks if isinstance(place, Message) else place.content["blocks"]
    payload = _interaction(slack, user, "block_actions") | {"actions": [_action(blocks, words, f"{slack.now():.6f}")]}
    if isinstance(place, View):
        shown = {"type": "view", "view_id": place.id}
        return payload | {"container": shown, "view": place.json(), "trigger_id": slack.new_trigger(user)}
    channel = slack.channels[place.channel]
    container: Json = {
        "type": "message",
        "message_ts": place.ts,
        "channel_id": channel.id,
        "is_ephemeral": bool(place.only_for),
    }
    payload |= {"container": container | ({"thread_ts": place.thread_ts} if place.thread_ts else {})}
    payload |= {"channel": {"id": channel.id, "name": channel.name}, "state": {"values": {}}}
    payload |= {"response_url": slack.url_of_link(slack.new_link(user, channel.id, place))}
    # An ephemeral message does not travel with its press.
    payload |= {} if place.only_for else {"message": place.json()}
    return payload | {"trigger_id": slack.new_trigger(user)}


def _action(blocks: list[Json], words: str, now: str) -> Json:
    seen: list[str] = []
    for block in blocks:
        for element in elements(block):
            action = {"block_id": block["block_id"], "action_id": element["action_id"], "type": element["type"]}
            if element["type"] == "button":
                seen.append(element["text"]["text"])
                kept = {name: element[name] for name in _TOLD if name in element}
            else:
                seen.extend(option["text"]["text"] for option in _options(element))
                kept = _value(element, words)
            if words in seen:
                return action | kept | {"action_ts": now}
    raise AssertionError(f"there is nothing to press that says {words!r}, only {seen}")


def submission(slack: Workspace, user: User, view: View, typed: dict[str, str]) -> Json:
    """`typed` is by "block_id/action_id". What is left out stays empty, where it may."""
    left, values = dict(typed), dict[str, Json]()
    for block in view.content["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            words = left.pop(f"{block['block_id']}/{element['action_id']}", element.get("initial_value"))
            assert words or block.get("optional"), f"Slack lets nobody submit without {block['label']['text']!r}"
            values[block["block_id"]] = {element["action_id"]: {"type": element["type"]} | _value(element, words)}
    assert not left, f"the window has no {', '.join(left)}, only {values}"
    seen = view.json() | {"state": {"values": values}}
    return (
        _interaction(slack, user, "view_submission")
        | {"view": seen, "response_urls": []}
        | {"trigger_id": slack.new_trigger(user)}
    )


def _value(element: Json, words: str | None) -> Json:
    if element["type"] == "plain_text_input":
        return {"value": words}
    if element["type"] == "datepicker":
        return {"selected_date": words or element.get("initial_date")}
    if element["type"] in ("checkboxes", "multi_static_select"):
        return {"selected_options": [_option(element, each) for each in (words or "").splitlines()]}
    return {"selected_option": _option(element, words) if words else element.get("initial_option")}


def _options(element: Json) -> list[Json]:
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    return [*element.get("options", []), *grouped]


def _option(element: Json, words: str) -> Json | None:
    return next((option for option in _options(element) if option["text"]["text"] == words), None)


def _interaction(slack: Workspace, user: User, kind: str) -> Json:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team},
        "api_app_id": APP,
        "token": VERIFICATION_TOKEN,
        "team": {"id": TEAM, "domain": "usher-test"},
        "enterprise": None,
        "is_enterprise_install": False,
    }
