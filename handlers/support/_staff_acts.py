"""What people of the desk have done with cases by a button or a word, in a support room or in a private chat."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Session

from handlers.permissions import member_for
from handlers.support import _deeds
from handlers.support._deeds import Deed
from handlers.support._rulings import answer_named, likeliest
from handlers.support._turns import key_of
from handlers.talk import CANCEL, Act, Do, Talk
from models import support
from models.message import ACTION_BYTES, Address, Choice, Reply
from models.people import staff
from models.support import Case

if TYPE_CHECKING:
    from handlers.support import Support

log = logging.getLogger(__name__)

OFFERED, LABEL = 12, 60
# What these do is shown on the card, where everybody sees it; nothing more need be said in the room.
SHOWN = {_deeds.CLAIM, _deeds.WAITS, _deeds.RESOLVE, _deeds.REOPEN, _deeds.HAND_OVER, _deeds.THIS_IS}


def _by_number(word: str) -> Do:
    def do(talk: Talk, argument: str) -> Reply:
        if talk.desk.is_closed(talk.ask.room):
            log.warning("%s may not do that in %s: people of another organisation are there", *_whose(talk))
            return talk.say("reply.shared")
        number, _, rest = argument.strip().partition(" ")
        if word in _CHOSEN and number.isdecimal() and (offer := _CHOSEN[word](talk, int(number), rest.strip())):
            return offer
        deed = Deed(word, int(number) if number.isdecimal() else 0, rest, talk.ask.id, talk.now)
        said = talk.desk.do(talk.session, talk.member, deed)
        if talk.at_desk and said.done and word in SHOWN:
            return Reply("", language=talk.language)
        told = talk.desk.say(said, talk.language, talk.now)
        # What was refused concerns its asker alone.
        return replace(told, private=not talk.at_desk or not said.done)

    return do


def _whose(talk: Talk) -> tuple[Address, Address]:
    return talk.ask.sender, talk.ask.room


def _which_colleague(talk: Talk, number: int, rest: str) -> Reply | None:
    """Ask to whom it is to be given, where that was not said."""
    case = support.case_of(talk.session, number)
    if rest or case is None or not case.is_live:
        return None
    choices = _colleagues(talk.session, talk.desk, case, talk.language, talk.now)[-OFFERED:]
    return _offered(talk, "desk.to_whom", number, choices)


def colleagues_for(session: Session, desk: "Support", person: Address, number: int) -> list[Choice]:
    """To whom the person may hand the case over: to nobody, where they are not of the desk."""
    case = support.case_of(session, number)
    if case is None or not case.is_live or member_for(session, person, _deeds.HAND_OVER) is None:
        return []
    return _colleagues(session, desk, case, "en", case.at)


def _colleagues(session: Session, desk: "Support", case: Case, language: str, at: datetime) -> list[Choice]:
    names = [member.name for member in staff(session) if member.name != case.holder]
    choices = [Choice(name[:LABEL], _action(_deeds.HAND_OVER, case.number or 0, name)) for name in names]
    if case.holder:
        nobody = desk.phrasing.say(language, at, "desk.to_all").text
        choices.append(Choice(nobody, f"{_deeds.HAND_OVER} {case.number} {_deeds.TO_ALL}"))
    return choices


def _which_answer(talk: Talk, number: int, rest: str) -> Reply | None:
    """Offer the answers that it may be, where none was named: by some words of it, or by the case's own question."""
    case = support.case_of(talk.session, number)
    if case is None or case.state == support.State.FORGOTTEN or answer_named(talk.desk, rest):
        return None
    found = likeliest(talk.desk, case, rest, talk.now)
    wordings = [(one, talk.wording(one.campaign)) for one in found]
    titles = [(talk.script(wording.word(one.campaign.answer[one.key].title)), one.named) for one, wording in wordings]
    choices = [Choice(title[:LABEL], _action(_deeds.THIS_IS, number, named)) for title, named in titles]
    return _offered(talk, "desk.which_answer", number, choices)


def _offered(talk: Talk, phrase: str, number: int, choices: Iterable[Choice]) -> Reply:
    cancel = Choice(talk.label("what_to_ask.no"), CANCEL)
    asked = talk.say(phrase, None, *choices, cancel, number=number)
    return replace(asked, behaviour="clarify", private=not talk.at_desk)


def _action(word: str, number: int, name: str) -> str:
    """What has a long name goes by a short key."""
    action = f"{word} {number} {name}"
    return action if len(action.encode()) <= ACTION_BYTES else f"{word} {number} {key_of(name)}"


_CHOSEN = {_deeds.HAND_OVER: _which_colleague, _deeds.THIS_IS: _which_answer}

STAFF_ACTS: Mapping[str, Act] = {
    word: Act(_by_number(word)) for word in (
        _deeds.CLAIM, _deeds.REPLY, _deeds.HAND_OVER, _deeds.WAITS, _deeds.RESOLVE, _deeds.REOPEN, _deeds.NOTE,
        _deeds.THIS_IS,
    )
}  # fmt: skip
