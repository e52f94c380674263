"""Finds the turn that a button to support belongs to, and what was offered under it."""

import hashlib

from sqlmodel import Session

from handlers.facts import NO_SUPPORT, SUPPORT
from handlers.talk import CANCEL
from models.conversation import Turn, turn_asked, turns
from models.message import Address, Reply

SHORT_KEY = "#"  # how one begins
FAR_BACK = 500  # turns of a room among which the question behind a pressed button is looked for


def reference(ask_id: str) -> str:
    """A short name of a turn for the action of a button: it only means something in the turn's own room."""
    return hashlib.sha256(ask_id.encode()).hexdigest()[:16]


def turn_meant(session: Session, room: Address, sender: Address, named: str) -> Turn | None:
    """The sender's turn in this room that the button belongs to; None for another's, a forged or a very old one."""
    mine = (turn for turn in turns(session, room, FAR_BACK) if turn.sender == str(sender))
    return next((turn for turn in mine if reference(turn.ask_id) == named), None)


def offers_choices(reply: Reply) -> bool:
    """Whether it asked back what was meant."""
    return reply.behaviour == "clarify"


def asked_in_words(session: Session, turn: Turn) -> str | None:
    """What a turn asks whose own text is that of a button, or a file; None where its text tells it."""
    if not turn.asked.startswith("/"):
        return None
    if turn.files:
        return ", ".join(line.rpartition(" http")[0] or line for line in turn.files.splitlines())
    before = turn_asked(session, turn.in_reply_to) if turn.in_reply_to else None
    if before is None or before.room != turn.room:
        return None
    label = next((one.label for one in before.reply.choices if one.action == turn.asked), turn.asked)
    return f"{asked_in_words(session, before) or before.asked} → {label}"


def key_of(name: str) -> str:
    """A short key of a name that is too long for an action."""
    return f"{SHORT_KEY}{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def alternatives(reply: Reply) -> bool:
    """Whether one of its choices is made, and they are gone then; quick starts can be pressed again and again."""
    words = {choice.action.partition(" ")[0] for choice in reply.choices if choice.action != SUPPORT}
    return bool(words & {SUPPORT, NO_SUPPORT, CANCEL})


def short(text: str, length: int = 200) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
