"""Reads the windows of Slack that people send: a form, a reply of the desk, a choice. All in them is a claim."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers.support import HAND_OVER
from models.message import ACTION_BYTES, Address, Ask

Payload = Mapping[str, Any]

FORM = "form"  # how the id of a button begins for which a form is opened; its modal has the same name
CHOICE_VIEW = "choice"  # the modal in which they choose to whom a case is given
REPLY_VIEW = "reply"  # the modal in which a member of the support team writes a reply
_TS, _REFERENCE = re.compile(r"\d{1,20}\.\d{1,20}"), re.compile(r"slack:\w{1,30}:[\d.]{1,40}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z]{2,8})?")


class Unknown(Exception):  # noqa: N818 - named after the situation
    """A kind of payload that Usher's app never asks Slack for."""


@dataclass(frozen=True)
class Incomplete:
    """A form that was sent with nothing in some of its fields, and the language that it was shown in."""

    fields: tuple[str, ...]
    language: str


def submission(body: Payload, now: datetime) -> Ask | Incomplete:
    view = body["view"]
    if view.get("callback_id") == REPLY_VIEW:
        return _reply(body, now)
    if view.get("callback_id") == CHOICE_VIEW:
        return _chosen(body, now)
    if view.get("callback_id") == FORM:
        return _form(body, now)
    raise Unknown("a window of another version")


def _reply(body: Payload, now: datetime) -> Ask:
    """The modal was sent: its words are a reply to the case that it was opened for."""
    view = body["view"]
    meant = json.loads(view["private_metadata"])
    words = next(iter(next(iter(view["state"]["values"].values())).values()))["value"] or ""
    room = Address.of(meant["room"])
    return Ask(f"slack:view:{view['id']}", presser(body), room, f"{meant['action']} {words}", now)


def _chosen(body: Payload, now: datetime) -> Ask:
    """One of several was chosen: its action is asked for at the card. Whether its sender may is looked up there."""
    view, room = body["view"], Address.of(json.loads(body["view"]["private_metadata"])["room"])
    action = view["state"]["values"]["choice"]["chosen"]["selected_option"]["value"]
    if not action.startswith(f"{HAND_OVER} ") or len(action.encode()) > ACTION_BYTES:
        raise ValueError("a choice that nobody was offered")
    return Ask(f"slack:view:{view['id']}", presser(body), room, action, now)


def _form(body: Payload, now: datetime) -> Ask | Incomplete:
    """A form was sent: what was written in it completes the action that it was opened for.

    That action, and all else that the window brought back, is a claim. So it is asked by who sent the form, in their
    own conversation, and answered there.
    """
    view, person = body["view"], presser(body)
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
    return whole(value or "")


def presser(body: Payload) -> Address:
    return person_of(body["user"].get("team_id") or body["team"]["id"], body["user"]["id"])


def person_of(team: str, user: str) -> Address:
    return Address("slack", f"{team}:{user}")


def whole(text: str) -> str:
    """Half a character, which JSON can hold, could not be written down."""
    return text.encode(errors="replace").decode().strip()
