"""Passes a question to the people of the support team when the circular has no answer."""

import hashlib
from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from models.conversation import Turn, packed, record, turns
from models.message import Address, Ask, Reply
from models.support import open_case

FAR_BACK = 500  # turns of a room among which the question behind a pressed button is looked for


def reference(ask_id: str) -> str:
    """A short name of a turn for the action of a button: it only means something in the turn's own room."""
    return hashlib.sha256(ask_id.encode()).hexdigest()[:16]


def turn_meant(session: Session, room: Address, named: str) -> Turn | None:
    """The turn of this room that the button belongs to; None for another room's, a forged or a very old one."""
    return next((turn for turn in turns(session, room, FAR_BACK) if reference(turn.ask_id) == named), None)


def ask_support(
    session: Session, ask: Ask, answered: Reply, said: Callable[[int], Reply], recorded_at: datetime
) -> Reply:
    """Keep the ask, open a case about it, and reply what `said` gives for its number.

    The case holds what the circulars would have `answered`: support sees it beside the question.
    """
    campaign = answered.answer.partition("/")[0] if answered.answer else None
    turn = record(session, ask, answered, recorded_at=recorded_at, subject=answered.answer, campaign=campaign)
    reply = said(open_case(session, turn, recorded_at).number or 0)
    turn.reply_json = packed(reply)
    session.add(turn)
    return reply
