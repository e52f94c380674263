"""Passes a question to the people of the support team when the circular has no answer."""

import hashlib

from sqlmodel import Session

from models.conversation import Turn, turns
from models.message import Address

FAR_BACK = 500  # turns of a room among which the question behind a pressed button is looked for


def reference(ask_id: str) -> str:
    """A short name of a turn for the action of a button: it only means something in the turn's own room."""
    return hashlib.sha256(ask_id.encode()).hexdigest()[:16]


def turn_meant(session: Session, room: Address, named: str) -> Turn | None:
    """The turn of this room that the button belongs to; None for another room's, a forged or a very old one."""
    return next((turn for turn in turns(session, room, FAR_BACK) if reference(turn.ask_id) == named), None)
