"""Listens in the support rooms: an explicit reply goes out, any other talk stays inside and is kept with its case."""

import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlmodel import Session

from handlers.permissions import member_for
from handlers.support._deeds import REPLY, Deed
from models import support
from models.message import Ask, Reply
from models.people import staff_member
from models.support import By

if TYPE_CHECKING:
    from handlers.support import Support

log = logging.getLogger(__name__)

_OUTWARD = re.compile(r"(?is)\s*(?:reply|回覆|回复)\s*[:：]\s*(.*)")


def outward(session: Session, desk: "Support", ask: Ask, language: str) -> Reply | None:
    """What is answered to it: nothing, but to who meant to reply."""
    meant = _OUTWARD.fullmatch(ask.text)
    number = support.case_behind(session, ask.replies_to) if ask.replies_to else None
    if meant is None:
        _keep_talk(session, desk, ask, number)
        return None
    if desk.is_closed(ask.room):
        log.warning("%s may not reply in %s: people of another organisation are there", ask.sender, ask.room)
        return replace(desk.phrasing.say(language, ask.at, "reply.shared"), private=True)
    if number is None:
        return desk.phrasing.say(language, ask.at, "reply.to_what")
    member = member_for(session, ask.sender, REPLY)
    if member is None:
        log.warning("%s may not reply to case %s: no member of the support team", ask.sender, number)
        return replace(desk.phrasing.say(language, ask.at, "reply.refused", who=ask.sender), private=True)
    said = desk.do(session, member, Deed(REPLY, number, meant[1], ask.id, ask.at))
    return replace(desk.say(said, language, ask.at), private=not said.done)


def _keep_talk(session: Session, desk: "Support", ask: Ask, number: int | None) -> None:
    """Keep it with the case under whose card it was said. What was said before people of elsewhere is not kept."""
    if number is None or not ask.text.strip() or ask.text.startswith("/") or desk.is_closed(ask.room):
        return
    member = staff_member(session, ask.sender)
    by = By(member.name if member else ask.name or str(ask.sender), ask.at, desk.machine_time())
    support.talk(session, number, ask.text, f"talk:{ask.id}", by)
