"""Reads what Slack hands over: which person asks what, and where; everything else of Slack's events is left aside."""

import html
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from handlers.commands import EDITED, HELP, LANGUAGE, NO_TEXT
from handlers.support import REPLY
from models.message import ACTION_BYTES, Address, Ask

Payload = Mapping[str, Any]

ONCE = "once"  # how the block's id begins whose buttons are gone once one of them was pressed
FORM = "form"  # how the id of a button begins for which a form is opened; its modal has the same name
REPLY_VIEW = "reply"  # the modal in which a member of the support team writes a reply
_LINK = re.compile(r"<(?:https?://|mailto:|tel:)[^|>]*\|([^>]*)>|<((?:https?://|mailto:|tel:)[^>]*)>")
_NAMED = re.compile(r"<[@#!][^|>]*\|([^>]*)>|<[@#!][^>]*>")
_PEOPLE_WRITE = {None, "file_share", "thread_broadcast", "me_message"}
_NOTHING_ASKED = {"app_rate_limited", "message_action", "shortcut", "view_closed"}
_TS, _REFERENCE = re.compile(r"\d{1,20}\.\d{1,20}"), re.compile(r"slack:\w{1,30}:[\d.]{1,40}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z]{2,8})?")


class Unknown(Exception):  # noqa: N818 - named after the situation
    """A kind of payload that Usher's app never asks Slack for."""


@dataclass(frozen=True)
class Seen:
    """What a person does that calls for something to be shown at once, and for no answer in the conversation."""

    what: Literal["home", "reply", "form"]
    person: Address
    trigger: str = ""
    ask: Ask | None = None  # what is asked instead, where it cannot be shown


@dataclass(frozen=True)
class Incomplete:
    """A form that was sent with nothing in some of its fields, and the language that it was shown in."""

    fields: tuple[str, ...]
    language: str


def read(
    body: Payload, now: datetime, commands: Collection[str] = (), support_room: Address | None = None
) -> Ask | Seen | Incomplete | None:
    """What the payload asks of Usher; None where it asks nothing. Raises `Unknown`.

    `commands` are the words that mean a command if nothing else stands after `/usher`.
    """
    kind = body.get("type")
    if kind == "event_callback":
        return _event(body, body["event"], now, support_room)
    if kind == "block_actions":
        return _press(body, now)
    if kind == "view_submission":
        return _submission(body, now)
    if "command" in body:
        return _command(body, now, commands)
    if kind in _NOTHING_ASKED or "ssl_check" in body:
        return None
    raise Unknown(str(kind)[:40])


def _event(body: Payload, event: Payload, now: datetime, support_room: Address | None) -> Ask | Seen | None:
    if event.get("subtype") == "message_changed":
        return _edited(body, event, now)
    # A file of Usher's own need not say that a bot has sent it.
    ours = event.get("bot_id") or event.get("user") in _ushers(body)
    if ours or not event.get("user") or event.get("subtype") not in _PEOPLE_WRITE:
        return None
    person = _sender(body, event)
    if event["type"] == "app_home_opened":
        return Seen("home", person) if event.get("tab") == "home" else None
    if event["type"] == "message" and event.get("channel_type") == "im":
        place = Address("slack", _joined(event["channel"], event.get("thread_ts")))
        return Ask(_key(event), person, person, _words(event), now, answer_at=place)
    if event["type"] == "app_mention":
        return _mention(person, event, now)
    return _overheard(body, person, event, now, support_room) if event["type"] == "message" else None


def _mention(person: Address, event: Payload, now: datetime) -> Ask:
    """Asked in a channel: answered in the thread, which begins there if there is none yet."""
    thread = event.get("thread_ts")
    room = Address("slack", _joined(event["channel"], thread or event["ts"]))
    return Ask(_key(event), person, room, _words(event) or HELP, now, replies_to=str(room) if thread else None)


def _overheard(
    body: Payload, person: Address, event: Payload, now: datetime, support_room: Address | None
) -> Ask | None:
    """Talk in the support room, which may be a reply. What mentions Usher comes as an event of its own as well."""
    place = Address("slack", _joined(event["channel"], event.get("thread_ts")))
    if support_room is None or not place.within(support_room) or _mentions_usher(body, event):
        return None
    replies_to = str(place) if event.get("thread_ts") else None
    room = place if replies_to else Address("slack", _joined(event["channel"], event["ts"]))
    return Ask(f"{_key(event)}:overheard", person, room, _words(event), now, replies_to=replies_to, overheard=True)


def _edited(body: Payload, event: Payload, now: datetime) -> Ask | None:
    """A person changed what they wrote to Usher alone. That Slack shows a link in it is a change of Slack's own."""
    message, before = event["message"], event.get("previous_message", {})
    changed = message.get("edited") and message.get("text") != before.get("text")
    if event.get("channel_type") != "im" or not changed or message.get("bot_id") or not message.get("user"):
        return None
    person = _sender(body, {**message, "user_team": event.get("user_team") or message.get("user_team")})
    channel, ts = event["channel"], message["ts"]
    place = Address("slack", _joined(channel, message.get("thread_ts")))
    return Ask(f"slack:edited:{channel}:{ts}", person, person, EDITED, now, answer_at=place)


def _command(body: Payload, now: datetime, commands: Collection[str]) -> Ask:
    """A slash command: only its sender sees it and its answer, so it belongs to the sender's own conversation."""
    person = _person(body["team_id"], body["user_id"])
    text = _meant(_plain(body.get("text", "")), commands)
    key = f"slack:command:{body['trigger_id']}"
    return Ask(key, person, person, text, now, name=body.get("user_name"), once=body.get("response_url"))


def _meant(text: str, commands: Collection[str]) -> str:
    """A lone word may be a command, which only `language` says more with; anything longer is a question."""
    first, *more = text.lower().split() or [HELP]
    if first in commands and (not more or (f"/{first}" == LANGUAGE and len(more) == 1)):
        return f"/{first} {text.split()[1]}" if more else f"/{first}"
    return text or HELP


def _press(body: Payload, now: datetime) -> Ask | Seen | None:
    action = body["actions"][0]
    if action.get("type") != "button" or "value" not in action:
        return None
    ask = _pressed(body, action, now)
    if action.get("action_id", "").startswith(FORM):
        return Seen("form", ask.sender, body["trigger_id"], ask)
    if ask.pressed and ask.text.startswith(f"{REPLY} "):
        return Seen("reply", ask.sender, body["trigger_id"], ask)
    return ask


def _pressed(body: Payload, action: Payload, now: datetime) -> Ask:
    user, value, container = body["user"], action["value"], body.get("container", {})
    person, key = _presser(body), f"slack:press:{body['trigger_id']}"
    name = user.get("name") or user.get("username")
    if container.get("type") != "message":
        return Ask(key, person, person, value, now, name=name)
    channel, ts = container["channel_id"], container["message_ts"]
    if action.get("block_id", "").startswith(ONCE):
        # It is gone once it was pressed, so it is one event however often it is pressed before that.
        key = f"slack:press:{person.id}:{channel}:{ts}:{value}"
    if container.get("is_ephemeral"):
        return Ask(key, person, person, value, now, name=name, once=body.get("response_url"))
    thread = container.get("thread_ts") or body.get("message", {}).get("thread_ts")
    place = Address("slack", _joined(channel, thread))
    room = person if channel.startswith("D") else place
    pressed = str(Address("slack", _joined(channel, ts)))
    return Ask(key, person, room, value, now, name=name, answer_at=place, pressed=pressed)


def _submission(body: Payload, now: datetime) -> Ask | Incomplete:
    view = body["view"]
    if view.get("callback_id") == REPLY_VIEW:
        return _reply(body, now)
    if view.get("callback_id") == FORM:
        return _form(body, now)
    raise Unknown("a window of another version")


def _reply(body: Payload, now: datetime) -> Ask:
    """The modal was sent: its words are a reply to the case that it was opened for."""
    view = body["view"]
    meant = json.loads(view["private_metadata"])
    words = next(iter(next(iter(view["state"]["values"].values())).values()))["value"] or ""
    room = Address.of(meant["room"])
    return Ask(f"slack:view:{view['id']}", _presser(body), room, f"{meant['action']} {words}", now)


def _form(body: Payload, now: datetime) -> Ask | Incomplete:
    """A form was sent: what was written in it completes the action that it was opened for.

    That action, and all else that the window brought back, is a claim. So it is asked by who sent the form, in their
    own conversation, and answered there.
    """
    view, person = body["view"], _presser(body)
    meant = json.loads(view["private_metadata"])
    action, language = meant["action"], meant["language"]
    if len(action.encode()) > ACTION_BYTES or not _LANGUAGE.fullmatch(language):
        raise ValueError("a form for no action")
    written = {block["block_id"]: _written(view, block) for block in view["blocks"] if block["type"] == "input"}
    if empty := tuple(field for field, text in written.items() if not text):
        return Incomplete(empty, language)
    thread, pressed = (meant.get(name) or "" for name in ("thread", "pressed"))
    return Ask(
        f"slack:view:{view['id']}",
        person,
        person,
        f"{action} " + "\n".join(written.values()),
        now,
        language=language,
        name=body["user"].get("name") or body["user"].get("username"),
        answer_at=Address("slack", f"{person.id}:{thread}") if _TS.fullmatch(thread) else None,
        pressed=pressed if _REFERENCE.fullmatch(pressed) else None,
    )


def _written(view: Payload, block: Payload) -> str:
    value = view["state"]["values"][block["block_id"]][block["element"]["action_id"]]["value"]
    return _whole(value or "")


def _key(event: Payload) -> str:
    """The message itself: a mention that is edited comes again, as another event."""
    return f"slack:said:{event['channel']}:{event['ts']}"


def _mentions_usher(body: Payload, event: Payload) -> bool:
    return any(f"<@{usher}" in event.get("text", "") for usher in _ushers(body))


def _ushers(body: Payload) -> list[str]:
    """Usher's own ids: in a channel shared with another organisation there may be several."""
    return [one["user_id"] for one in body.get("authorizations") or () if one.get("is_bot")]


def _words(event: Payload) -> str:
    text = _plain(event.get("text") or "")
    return NO_TEXT if not text and event.get("files") else text


def _plain(text: str) -> str:
    """What was typed: Slack escapes three characters, and writes links and names in a form of its own."""
    text = _LINK.sub(lambda found: found[1] or re.sub("^(mailto|tel):", "", found[2]), text)
    text = _NAMED.sub(lambda found: found[1] or " ", text)
    return _whole(html.unescape(text))


def _whole(text: str) -> str:
    """Half a character, which JSON can hold, could not be written down."""
    return text.encode(errors="replace").decode().strip()


def _sender(body: Payload, event: Payload) -> Address:
    """In a channel shared with another organisation people have a team of their own. "E…" is no team but a firm."""
    teams = (event.get("user_team"), event.get("team"), body["team_id"])
    return _person(next(team for team in teams if team and not team.startswith("E")), event["user"])


def _presser(body: Payload) -> Address:
    return _person(body["user"].get("team_id") or body["team"]["id"], body["user"]["id"])


def _person(team: str, user: str) -> Address:
    return Address("slack", f"{team}:{user}")


def _joined(channel: str, thread: str | None) -> str:
    return f"{channel}:{thread}" if thread else channel
