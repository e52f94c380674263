"""The workspace behind the local Slack of the tests: its people, channels, messages and windows."""

import copy
import re
import secrets
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from tests.slack_blocks import Json

TEAM, APP, BOT, BOT_ID = "T0USHER", "A0USHER", "U0USHER", "B0USHER"
SCOPES = (
    "app_mentions:read,channels:history,channels:read,chat:write,commands,groups:history,groups:read,im:history,im:read,"
    "im:write,users:read,files:write"
)
_INTERACTIVE = ("button", "static_select", "multi_static_select", "radio_buttons", "checkboxes", "datepicker")


@dataclass
class User:
    id: str
    name: str
    team: str = TEAM  # another workspace's user is here through a shared channel
    locale: str = "en-GB"
    tz: str = "Asia/Hong_Kong"


@dataclass
class Channel:
    id: str
    kind: Literal["public", "private", "im"] = "public"
    members: set[str] = field(default_factory=set)
    shared: bool = False  # with another organisation: Slack Connect
    archived: bool = False

    @property
    def name(self) -> str:
        return "directmessage" if self.kind == "im" else self.id.lower()


@dataclass
class Message:
    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    only_for: str | None = None  # an ephemeral message's reader
    parent_user: str = ""  # who began the thread
    edited: bool = False
    files: list["Upload"] = field(default_factory=list)

    def json(self) -> Json:
        told: Json = {"type": "message", "user": self.user, "team": TEAM, "ts": self.ts, "text": self.text}
        told |= {"bot_id": BOT_ID, "app_id": APP} if self.user == BOT else {}
        told |= {"blocks": self.blocks} if self.blocks else {}
        told |= {"subtype": "file_share", "files": [file.json() for file in self.files]} if self.files else {}
        told |= {"thread_ts": self.thread_ts} if self.thread_ts else {}
        return told | ({"edited": {"user": self.user, "ts": self.ts}} if self.edited else {})


@dataclass
class Upload:
    """A file on its way: announced, then with its content, then shared."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    title: str = ""
    shared: bool = False

    def json(self) -> Json:
        return {"id": self.id, "name": self.name, "title": self.title or self.name, "size": self.length, "user": BOT}


@dataclass
class View:
    id: str
    user: str
    content: Json
    hash: str = field(default_factory=lambda: secrets.token_hex(8))

    def json(self) -> Json:
        empty = {"callback_id": "", "private_metadata": "", "external_id": "", "state": {"values": {}}}
        ours = {"id": self.id, "hash": self.hash, "team_id": TEAM, "app_id": APP, "bot_id": BOT_ID}
        return empty | self.content | ours | {"root_view_id": self.id, "app_installed_team_id": TEAM}


@dataclass
class Link:
    """A response URL."""

    user: str
    channel: str
    made_at: float
    original: Message | None = None
    used: int = 0


class Workspace:
    """Who and what is there. The public channel C0GEN is there from the start, with the bot in it."""

    def __init__(self) -> None:
        self.url = "https://usher-test.slack.com/"
        self.team = "Usher's tests"
        self.scopes = SCOPES
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        self.modals: dict[str, View] = {}
        self.links: dict[str, Link] = {}
        self.triggers: dict[str, tuple[str, float]] = {}
        self.exchanged: set[str] = set()
        self._messages: list[Message] = []
        self._numbers = count(1)
        self._ahead = 0.0
        self._last_ts = 0
        self.channel("C0GEN")

    def user(self, id: str, name: str = "", **other: str) -> User:  # noqa: A002 - Slack's own word
        """The user of this id, who comes into being on first mention."""
        if id not in self.users:
            self.users[id] = User(id, name or id[2:].lower(), **other)
            self.channels[im_of(id)] = Channel(im_of(id), "im", {id, BOT})
        return self.users[id]

    def channel(
        self,
        id: str,  # noqa: A002 - Slack's own word
        *members: User,
        kind: Literal["public", "private"] = "public",
        bot: bool = True,
        shared: bool = False,
    ) -> Channel:
        ids = {member.id for member in members} | ({BOT} if bot else set())
        self.channels[id] = Channel(id, kind, ids, shared)
        return self.channels[id]

    def age(self, seconds: float) -> None:
        """From now on, triggers and response URLs are older by so many seconds."""
        self._ahead += seconds

    def now(self) -> float:
        return time.time() + self._ahead

    def write(self, user: str, channel: str, text: str, **other: Any) -> Message:
        self._last_ts = max(self._last_ts + 1, int(self.now() * 1_000_000))
        ts = f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06}"
        other["blocks"] = with_ids(other.get("blocks", []))
        parents = {message.ts: message.user for message in self._messages}
        other["parent_user"] = parents.get(other.get("thread_ts") or "", "")
        self._messages.append(Message(channel, ts, user, text, **other))
        return self._messages[-1]

    def messages(self, channel: str) -> list[Message]:
        """What everybody in the channel sees, oldest first."""
        return [message for message in self._messages if message.channel == channel and message.only_for is None]

    def shown_to(self, user: User, channel: str | None = None) -> list[Message]:
        """What the bot has written that this user sees, oldest first: everywhere, or in one channel."""
        return [
            message
            for message in self._messages
            if message.user == BOT
            and channel in (None, message.channel)
            and user.id in self.channels[message.channel].members
            and message.only_for in (None, user.id)
        ]

    def home(self, user: User) -> Json | None:
        return self.homes[user.id].json() if user.id in self.homes else None

    def new_trigger(self, user: User) -> str:
        trigger = f"{next(self._numbers)}.{secrets.randbelow(10**8)}.{secrets.token_hex(16)}"
        self.triggers[trigger] = (user.id, self.now())
        return trigger

    def new_link(self, user: User, channel: str, original: Message | None = None) -> str:
        """The last part of a new response URL."""
        key = secrets.token_urlsafe(18)
        self.links[key] = Link(user.id, channel, self.now(), original)
        return key

    def url_of_link(self, key: str) -> str:
        raise NotImplementedError

    def put(self, user: User, channel: str, reply: Json, original: Message | None = None) -> None:
        """Show a checked reply: in the channel, to the user alone, or instead of the message where the button was."""
        if original in self._messages and reply.get("delete_original"):
            self._messages.remove(original)
        elif original in self._messages and reply.get("replace_original"):
            original.text, original.blocks = reply.get("text", ""), with_ids(reply.get("blocks", []))
            original.edited = True
        elif not reply.get("delete_original"):
            only_for = None if reply.get("response_type") == "in_channel" else user.id
            said = {"blocks": reply.get("blocks", []), "thread_ts": reply.get("thread_ts"), "only_for": only_for}
            self.write(BOT, channel, reply["text"], **said)

    def change(self, view: View, content: Json) -> View:
        view.content = content | {"blocks": with_ids(content["blocks"])}
        view.hash = secrets.token_hex(8)
        return view

    def new_view(self, user: str, content: Json, before: View | None = None) -> View:
        view = before or View(f"V0{next(self._numbers):06}", user, content)
        self.views[view.id] = self.change(view, content)
        return view


def im_of(user: str) -> str:
    return f"D{user[1:]}"


def with_ids(blocks: list[Json]) -> list[Json]:
    """As Slack keeps them: what the bot left without an id gets one."""
    kept = copy.deepcopy(blocks)
    for block in kept:
        block.setdefault("block_id", secrets.token_urlsafe(4))
        for element in elements(block):
            element.setdefault("action_id", secrets.token_urlsafe(4))
    return kept


def elements(block: Json) -> list[Json]:
    """The parts of a block that a user can press or fill in."""
    parts = [*block.get("elements", []), block.get("accessory"), block.get("element")]
    return [
        part for part in parts if part and re.sub("^plain_text_input|overflow$", "button", part["type"]) in _INTERACTIVE
    ]
