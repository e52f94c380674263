"""Reads what Slack hands over: which person asks what, and where; everything else of Slack's events is left aside."""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from handlers.commands import HELP, NO_TEXT
from handlers.support import REPLY
from models.message import Address, Ask

Payload = Mapping[str, Any]

ONCE = "once"  # how the block's id begins whose buttons are gone once one of them was pressed
REPLY_VIEW = "reply"  # the modal in which a member of the support team writes a reply
_LINK = re.compile(r"<(?:https?://|mailto:)[^|>]*\|([^>]*)>|<((?:https?://|mailto:)[^>]*)>")
_NAMED = re.compile(r"<[@#!][^|>]*\|([^>]*)>|<[@#!][^>]*>")
_PEOPLE_WRITE = {None, "file_share", "thread_broadcast", "me_message"}


@dataclass(frozen=True)
class Seen:
    """What a person does that calls for something to be shown at once, and for no answer in the conversation."""

    what: Literal["home", "reply"]
    person: Address
    trigger: str = ""
    ask: Ask | None = None  # what is asked instead, where it cannot be shown


def read(body: Payload, bot: str, now: datetime, support_room: Address | None = None) -> Ask | Seen | None:
    """What the payload asks of Usher; None where it asks nothing. `bot` is Usher's own user id."""
    kind = body.get("type")
    if kind == "event_callback":
        return _event(body, body["event"], bot, now, support_room)
    if kind == "block_actions":
        return _press(body, now)
    if kind == "view_submission" and body["view"].get("callback_id") == REPLY_VIEW:
        return _reply(body, now)
    return _command(body, now) if "command" in body else None


def _event(body: Payload, event: Payload, bot: str, now: datetime, support_room: Address | None) -> Ask | Seen | None:
    if event.get("bot_id") or not event.get("user") or event.get("subtype") not in _PEOPLE_WRITE:
        return None
    person = _person(event.get("user_team") or event.get("team") or body["team_id"], event["user"])
    if event["type"] == "app_home_opened":
        return Seen("home", person) if event.get("tab") == "home" else None
    key = f"slack:{body['event_id']}"
    if event["type"] == "message" and event.get("channel_type") == "im":
        place = Address("slack", _joined(event["channel"], event.get("thread_ts")))
        return Ask(key, person, person, _words(event, bot), now, answer_at=place)
    if event["type"] == "app_mention":
        return _mention(key, person, event, bot, now)
    return _overheard(key, person, event, bot, now, support_room) if event["type"] == "message" else None


def _mention(key: str, person: Address, event: Payload, bot: str, now: datetime) -> Ask:
    """Asked in a channel: answered in the thread, which begins there if there is none yet."""
    thread = event.get("thread_ts")
    room = Address("slack", _joined(event["channel"], thread or event["ts"]))
    text = _words(event, bot) or HELP
    return Ask(key, person, room, text, now, replies_to=str(room) if thread else None)


def _overheard(
    key: str, person: Address, event: Payload, bot: str, now: datetime, support_room: Address | None
) -> Ask | None:
    """Talk in the support room, which may be a reply. What mentions Usher comes as an event of its own as well."""
    place = Address("slack", _joined(event["channel"], event.get("thread_ts")))
    if support_room is None or not place.within(support_room) or f"<@{bot}>" in event.get("text", ""):
        return None
    replies_to = str(place) if event.get("thread_ts") else None
    room = place if replies_to else Address("slack", _joined(event["channel"], event["ts"]))
    return Ask(key, person, room, _words(event, bot), now, replies_to=replies_to, overheard=True)


def _command(body: Payload, now: datetime) -> Ask:
    """A slash command: only its sender sees it and its answer, so it belongs to the sender's own conversation."""
    person = _person(body["team_id"], body["user_id"])
    text = _plain(body.get("text", "")) or HELP
    key = f"slack:command:{body['trigger_id']}"
    return Ask(key, person, person, text, now, name=body.get("user_name"), once=body.get("response_url"))


def _press(body: Payload, now: datetime) -> Ask | Seen | None:
    action = body["actions"][0]
    if action.get("type") != "button" or "value" not in action:
        return None
    user, container = body["user"], body.get("container", {})
    person = _person(user.get("team_id") or body["team"]["id"], user["id"])
    name = user.get("name") or user.get("username")
    pressed, room, place = None, person, None
    if container.get("type") == "message" and not container.get("is_ephemeral"):
        channel, message = container["channel_id"], container["message_ts"]
        pressed = str(Address("slack", f"{channel}:{message}"))
        place = Address(
            "slack", _joined(channel, container.get("thread_ts") or body.get("message", {}).get("thread_ts"))
        )
        room = person if channel.startswith("D") else place
    once = body.get("response_url") if container.get("is_ephemeral") else None
    # A button that is gone once it was pressed is one event however often it is pressed before that.
    only_once = pressed and action.get("block_id", "").startswith(ONCE)
    key = f"slack:press:{person.id}:{pressed}:{action['value']}" if only_once else f"slack:press:{body['trigger_id']}"
    ask = Ask(key, person, room, action["value"], now, None, None, name, place, once, pressed)
    is_reply = action["value"].startswith(f"{REPLY} ")
    return Seen("reply", person, body["trigger_id"], ask) if is_reply else ask


def _reply(body: Payload, now: datetime) -> Ask:
    """The modal was sent: its words are a reply to the case that it was opened for."""
    view = body["view"]
    person = _person(body["user"].get("team_id") or body["team"]["id"], body["user"]["id"])
    meant = json.loads(view["private_metadata"])
    words = next(iter(next(iter(view["state"]["values"].values())).values()))["value"] or ""
    room = Address.of(meant["room"])
    return Ask(f"slack:view:{view['id']}", person, room, f"{meant['action']} {words}", now)


def _words(event: Payload, bot: str) -> str:
    text = _plain(event.get("text", "").replace(f"<@{bot}>", " "))
    return NO_TEXT if not text and event.get("files") else text


def _plain(text: str) -> str:
    """What was typed: Slack escapes three characters, and writes links and names in a form of its own."""
    text = _LINK.sub(lambda found: found[1] or found[2].removeprefix("mailto:"), text)
    text = _NAMED.sub(lambda found: found[1] or "", text)
    return html.unescape(text).strip()


def _person(team: str, user: str) -> Address:
    return Address("slack", f"{team}:{user}")


def _joined(channel: str, thread: str | None) -> str:
    return f"{channel}:{thread}" if thread else channel
