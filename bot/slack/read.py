"""Reads what Slack hands over: which person asks what, and where; everything else of Slack's events is left aside."""

import html
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.slack.views import FORM, Incomplete, Unknown, person_of, presser, submission, whole
from handlers.commands import EDITED, HELP, LANGUAGE, NO_TEXT
from handlers.facts import SUPPORT
from handlers.support import HAND_OVER, REPLY
from models.message import Address, Ask, Attachment

Payload = Mapping[str, Any]

ONCE = "once"  # how the block's id begins whose buttons are gone once one of them was pressed
ATTACHED, NAMED = 10, 120  # files of one message, and letters of a file's name
_LINK = re.compile(r"<(?:https?://|mailto:|tel:)[^|>]*\|([^>]*)>|<((?:https?://|mailto:|tel:)[^>]*)>")
_NAMED = re.compile(r"<[@#!][^|>]*\|([^>]*)>|<[@#!][^>]*>")
_PEOPLE_WRITE = {None, "file_share", "thread_broadcast", "me_message"}
_NOTHING_ASKED = {"app_rate_limited", "message_action", "shortcut", "view_closed"}


@dataclass(frozen=True)
class Seen:
    """What a person does that calls for something to be shown at once, and for no answer in the conversation."""

    what: Literal["home", "reply", "form"]
    person: Address
    trigger: str = ""
    ask: Ask | None = None  # what is asked instead, where it cannot be shown


def read(
    body: Payload, now: datetime, commands: Collection[str] = (), support_rooms: Sequence[Address] = ()
) -> Ask | Seen | Incomplete | None:
    """What the payload asks of Usher; None where it asks nothing. Raises `Unknown`.

    `commands` are the words that mean a command if nothing else stands after `/usher`.
    """
    kind = body.get("type")
    if kind == "event_callback":
        return _event(body, body["event"], now, support_rooms)
    if kind == "block_actions":
        return _press(body, now)
    if kind == "view_submission":
        return submission(body, now)
    if "command" in body:
        return _command(body, now, commands)
    if kind in _NOTHING_ASKED or "ssl_check" in body:
        return None
    raise Unknown(str(kind)[:40])


def _event(body: Payload, event: Payload, now: datetime, support_rooms: Sequence[Address]) -> Ask | Seen | None:
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
        return Ask(_key(event), person, person, _words(event), now, answer_at=place, attachments=_attached(event))
    if event["type"] == "app_mention":
        # What was written first may have been talk; changed into a reply it must not become one.
        return None if event.get("edited") and _at_desk(event, support_rooms) else _mention(person, event, now)
    return _overheard(body, person, event, now, support_rooms) if event["type"] == "message" else None


def _mention(person: Address, event: Payload, now: datetime) -> Ask:
    """Asked in a channel: answered in the thread, which begins there if there is none yet."""
    thread = event.get("thread_ts")
    room = Address("slack", _joined(event["channel"], thread or event["ts"]))
    replies_to = str(room) if thread else None
    return Ask(
        _key(event), person, room, _words(event) or HELP, now, replies_to=replies_to, attachments=_attached(event)
    )


def _overheard(
    body: Payload, person: Address, event: Payload, now: datetime, support_rooms: Sequence[Address]
) -> Ask | None:
    """Talk in the support room, which may be a reply. What mentions Usher comes as an event of its own as well."""
    place = Address("slack", _joined(event["channel"], event.get("thread_ts")))
    if not _at_desk(event, support_rooms) or _mentions_usher(body, event):
        return None
    replies_to = str(place) if event.get("thread_ts") else None
    room = place if replies_to else Address("slack", _joined(event["channel"], event["ts"]))
    return Ask(f"{_key(event)}:overheard", person, room, _words(event), now, replies_to=replies_to, overheard=True)


def _at_desk(event: Payload, support_rooms: Sequence[Address]) -> bool:
    return any(Address("slack", event["channel"]).within(room) for room in support_rooms)


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
    person = person_of(body["team_id"], body["user_id"])
    text = _meant(_plain(body.get("text", "")), commands)
    key = f"slack:command:{body['trigger_id']}"
    return Ask(key, person, person, text, now, name=body.get("user_name"), once=body.get("response_url"))


def _meant(text: str, commands: Collection[str]) -> str:
    """A lone word may be a command; only `language` and `support` say more with it. Anything longer is a question."""
    first, *more = text.lower().split() or [HELP]
    if more and f"/{first}" == SUPPORT and first in commands:
        return f"{SUPPORT} {text.split(maxsplit=1)[1]}"
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
    person, key = presser(body), f"slack:press:{body['trigger_id']}"
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


def is_hand_over(ask: Ask) -> bool:
    return ask.text.startswith(f"{HAND_OVER} ")


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


def _attached(event: Payload) -> tuple[Attachment, ...]:
    files = [one for one in event.get("files") or () if one.get("mode") != "tombstone"]
    return tuple(Attachment(_name_of(one), _link_of(one)) for one in files[:ATTACHED])


def _name_of(file: Payload) -> str:
    """In one line; of a file from another organisation nothing but its id may be known."""
    name = file.get("name") or file.get("title") or file.get("filetype") or "file"
    return " ".join(whole(str(name)).split())[:NAMED] or "file"


def _link_of(file: Payload) -> str | None:
    link = whole(str(file.get("permalink") or ""))
    return link if link.startswith("https://") and not re.search(r"\s", link) else None


def _plain(text: str) -> str:
    """What was typed: Slack escapes three characters, and writes links and names in a form of its own."""
    text = _LINK.sub(lambda found: found[1] or re.sub("^(mailto|tel):", "", found[2]), text)
    text = _NAMED.sub(lambda found: found[1] or " ", text)
    return whole(html.unescape(text))


def _sender(body: Payload, event: Payload) -> Address:
    """In a channel shared with another organisation people have a team of their own. "E…" is no team but a firm."""
    teams = (event.get("user_team"), event.get("team"), body["team_id"])
    return person_of(next(team for team in teams if team and not team.startswith("E")), event["user"])


def _joined(channel: str, thread: str | None) -> str:
    return f"{channel}:{thread}" if thread else channel
