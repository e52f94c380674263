"""Lays out the card of a case: all that the people of the desk need to know to answer it, in one message."""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Session

from handlers.support._background import Background
from handlers.support._deeds import CLAIM, HAND_OVER, REOPEN, REPLY, RESOLVE, THIS_IS, WAITS
from handlers.support._turns import short
from models.message import Choice, Reply, Source
from models.outbox import Message
from models.pseudonyms import is_pseudonym
from models.support import Case, State, case_of_reply
from models.wording import Wording

if TYPE_CHECKING:
    from handlers.support import Support

# One message of every platform, which is never split: its buttons stand under all of it, and it is changed as a whole.
LONGEST = 3_800
SAID, LEAST = 1_200, 80  # letters of Usher's own answer, which is shortened first; fewer than the least say nothing


@dataclass
class _Room:
    """How much may still be written."""

    left: int

    def takes(self, text: str) -> bool:
        size = size_of(text) + 2
        if not text or size > self.left:
            return False
        self.left -= size
        return True


def card(session: Session, desk: "Support", case: Case, at: datetime) -> Reply:
    wording = desk.wording(case.campaign, at)
    known = Background(session, desk, case, wording)
    return Reply(
        "\n\n".join(_laid_out(known, room := _Room(LONGEST))),
        choices=tuple(_choices(case, wording)),
        sources=tuple(source for source in known.sources if room.takes(_as_shown(source))),
        language=wording.language,
        about=None if is_pseudonym(case.sender) else case.asker,
    )


def undelivered(session: Session, desk: "Support", message: Message) -> Reply:
    """That a reply did not reach its asker, and what other way there is."""
    number, reason = (message.about or "").removeprefix("case:"), short(message.reason or "")
    case = case_of_reply(session, message.key)
    known = Background(session, desk, case, desk.wording(case.campaign, message.due)) if case else None
    other = known.other_way(message) if known else ""
    return desk.phrasing.say("en", message.due, "undelivered", number=number, reason=reason, other=other)


def _laid_out(known: Background, room: _Room) -> Iterator[str]:
    """Its parts as they are read. Room is given first to what must be there, and to the question before all else."""
    head, replies, how = known.head, known.replies, known.say("card.how") if known.case.is_live else ""
    for needed in (head, replies, how):
        room.takes(needed)
    question = _question(known, room)
    told = [text if room.takes(text) else "" for text in (known.added, known.standing)]
    added, standing = told
    yield from filter(None, (head, question, added, replies, _said(known, room), standing, how))


def _question(known: Background, room: _Room) -> str:
    question, cut = known.case.question, known.say("card.cut")
    if room.takes(question):
        return question
    question = cut_to(question, room.left - size_of(cut) - 4)
    room.left = 0
    return f"{question}…\n{cut}"


def _said(known: Background, room: _Room) -> str:
    head = known.say("card.said" if known.was_answered else "card.said.would")
    most = min(SAID, room.left - size_of(head) - 4)
    if most < LEAST or not known.case.said:
        return ""
    said = f"{head}\n{short(cut_to(known.case.said, most), SAID)}"
    room.takes(said)
    return said


def _choices(case: Case, wording: Wording) -> Iterator[Choice]:
    for label, action, form in _actions(case):
        yield Choice(wording.say(label), f"{action} {case.number}", form=form)


def _actions(case: Case) -> Iterator[tuple[str, str, bool]]:
    """What can be done with the case as it stands."""
    if case.state == State.FORGOTTEN:
        return
    if not case.is_live:
        yield "card.reopen", REOPEN, False
        return
    if case.holder is None:
        yield "card.claim", CLAIM, False
    yield "card.reply", REPLY, False
    yield "card.this_is", THIS_IS, False
    yield "card.hand_over", HAND_OVER, True
    if case.state == State.OPEN:
        yield "card.waits", WAITS, False
    yield "card.resolve", RESOLVE, False


def size_of(text: str) -> int:
    """As it is sent, escaped, and in the units in which an emoji counts as two."""
    return len(html.escape(text, quote=False).encode("utf-16-le", "surrogatepass")) // 2


def cut_to(text: str, most: int) -> str:
    """Its beginning, of that size at most."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size_of(text[:middle]) <= most else (low, middle - 1)
    return text[:low].rstrip()


def _as_shown(source: Source) -> str:
    return f"Source · {source.clause} “{source.quote}”"
