"""Enrols people by a code or by digits that were mailed, and says in words why it does not."""

import logging
import re
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from handlers.enrolment._firms import FIRMS, as_name, firms, named
from handlers.enrolment._keys import JOIN, find_code, find_digits
from handlers.talk import Gone, Talk
from models import contacts
from models.codes import (
    LINK,
    Enrolled,
    SpentCode,
    TooManyGuesses,
    WrongCode,
    ask_by_mail,
    confirm_by_mail,
    redeem,
    redeem_link,
)
from models.message import ACTION_BYTES, Address, Choice, Reply
from models.participants import NotAnAddress

log = logging.getLogger(__name__)

_OFFERED = {"status": "/status", "seats": "/seats", "calendar": "/calendar", "firms": FIRMS}
_MINUTE = timedelta(minutes=1)
# As it stands among words: in "my address is amy@firm.example." and, without spaces, in a Chinese sentence.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)


def join(talk: Talk, argument: str) -> Reply:
    """Enrol by what was sent: a code, an address, or the digits that went there; without any, say how it is done."""
    code = find_code(argument)
    if talk.ask.in_public:
        return _shown_to_others(talk, code) if code else talk.say("only_private")
    if code:
        return _link_by(talk, code) if code.startswith(f"{LINK}-") else _enrol_by_code(talk, code)
    return _by_mail(talk, argument)


def how(talk: Talk) -> Reply:
    """Say how one enrols, and wait for it. Who is enrolled reads as what."""
    if not talk.participants:
        return _again(talk, "join.how" if talk.mails else "join.how.by_code")
    mine = firms(talk, "")
    talk.expect(JOIN)
    return replace(mine, text=f"{mine.text}\n\n{talk.label('join.another')}")


def not_enrolled(talk: Talk, action: str) -> Reply:
    """Say that for this one must be enrolled, and how; what was wanted is offered again once that is done."""
    wanted = {"action": action} if len(action.encode()) <= ACTION_BYTES else None
    if not talk.ask.in_public:
        talk.expect(JOIN, wanted)
    phrase = "not_enrolled" if talk.mails else "not_enrolled.by_code"
    return talk.say(phrase, None, Choice(talk.label("join"), JOIN, form=True))


def _begun(talk: Talk) -> Mapping[str, str]:
    """What the asker wanted when they were asked to enrol."""
    with suppress(Gone):
        draft = talk.draft()
        return draft.fields if draft.action == JOIN else {}
    return {}


def _again(talk: Talk, phrase: str, **fields: object) -> Reply:
    """Say it, and go on waiting."""
    wanted = {name: told for name, told in _begun(talk).items() if name == "action"}
    talk.expect(JOIN, wanted)
    return talk.say(phrase, None, **fields)


def _by_mail(talk: Talk, argument: str) -> Reply:
    if "@" in argument:
        return _mail_digits(talk, argument)
    if digits := find_digits(argument):
        return _enrol_by_digits(talk, digits)
    if not argument.strip():
        return how(talk)
    return _again(talk, "join.unread.mail" if talk.mails else "join.unread")


def _shown_to_others(talk: Talk, code: str) -> Reply:
    """A code in a group is not used, and whoever sent it hears why."""
    log.warning("%s showed a code where others read: not used", talk.ask.sender)
    return talk.say("join.seen.link" if code.startswith(f"{LINK}-") else "join.seen")


def _enrol_by_code(talk: Talk, code: str) -> Reply:
    before = _mine(talk)
    try:
        enrolled = redeem(talk.session, code, talk.ask.sender, talk.machine_now, as_name(talk.ask.name))
    except (WrongCode, SpentCode, TooManyGuesses) as refusal:
        return _refused(talk, refusal, "join.wrong", "join.spent")
    return _joined(talk, enrolled, before)


def _mail_digits(talk: Talk, argument: str) -> Reply:
    """Have six digits mailed. Whether there is a firm with such addresses shows in nothing that is said."""
    if not talk.mails:
        return _again(talk, "join.no_mail")
    found = _ADDRESS.search(argument)
    try:
        asked = ask_by_mail(talk.session, talk.ask.sender, found[0] if found else "", talk.machine_now)
    except NotAnAddress:
        return _again(talk, "join.bad_mail")
    except TooManyGuesses as guesses:
        return _again(talk, "join.mailed.enough", wait=_duration(talk, guesses.wait))
    minutes = (asked.expires_at - talk.machine_now) // _MINUTE
    if asked.digits:
        said = talk.say("join.mail", None, digits=asked.digits, minutes=minutes)
        useful_until = talk.now + timedelta(minutes=minutes)
        talk.post(asked.key, Address("mail", asked.email), said, about="enrolment", useful_until=useful_until)
    return _again(talk, "join.mailed", email=asked.email, minutes=minutes)


def _enrol_by_digits(talk: Talk, digits: str) -> Reply:
    before = _mine(talk)
    try:
        enrolled = confirm_by_mail(talk.session, talk.ask.sender, digits, talk.machine_now)
    except (WrongCode, SpentCode, TooManyGuesses) as refusal:
        return _refused(talk, refusal, "join.digits.wrong", "join.digits.spent")
    if not enrolled.contact.name and (name := as_name(talk.ask.name)):
        contacts.rename(talk.session, enrolled.contact.id or 0, name)
    return _joined(talk, enrolled, before)


def _link_by(talk: Talk, code: str) -> Reply:
    """Make this chat and the one where the code was made one person."""
    known, before, hint = contacts.known(talk.session, talk.ask.sender), talk.participants, code[: len(LINK) + 5]
    if before and _begun(talk).get("sure") != hint:
        # It would give whoever made it all that is the asker's here: nobody is talked into that with one message.
        talk.expect(JOIN, {"sure": hint})
        return replace(talk.say("link.sure", firms=named(talk, before)), behaviour="clarify")
    try:
        contact = redeem_link(talk.session, code, talk.ask.sender, talk.machine_now)
    except (WrongCode, SpentCode, TooManyGuesses) as refusal:
        return _refused(talk, refusal, "linked.wrong", "linked.spent")
    offers = _offers(talk)
    if known and known.id == contact.id:
        return talk.say("linked.again", None, *offers)
    mine = contacts.participants_of(talk.session, talk.ask.sender)
    return replace(talk.say("linked", None, *offers, firms=named(talk, mine)), renews=True)


def _refused(talk: Talk, refusal: WrongCode | SpentCode | TooManyGuesses, wrong: str, spent: str) -> Reply:
    """Say why nothing was done and what helps, and go on waiting."""
    if isinstance(refusal, TooManyGuesses):
        return _again(talk, "join.wait", wait=_duration(talk, refusal.wait))
    if isinstance(refusal, SpentCode) and refusal.why == "removed":
        return _again(talk, "join.removed")
    return _again(talk, wrong if isinstance(refusal, WrongCode) else spent)


def _joined(talk: Talk, enrolled: Enrolled, before: Set[str]) -> Reply:
    """Who they are now, for which firms, and what can be done."""
    gained = [one for one in enrolled.participants if one.code not in before]
    if len(enrolled.participants) == 1:
        contacts.choose(talk.session, talk.ask.sender, enrolled.participants[0].code, talk.machine_now)
    head = talk.label("joined" if gained else "joined.again", firms=named(talk, gained or enrolled.participants))
    name = enrolled.contact.name
    called = talk.label("joined.name", name=name) if name else talk.label("firms.no_name")
    can = talk.say("joined.can", None, *_offers(talk))
    return replace(can, text=f"{head}\n\n{called}\n\n{can.text}", renews=bool(gained))


def _mine(talk: Talk) -> Set[str]:
    return {one.code for one in talk.participants}


def _offers(talk: Talk) -> Sequence[Choice]:
    """What can be done now, first what was wanted before; nothing more is waited for."""
    wanted = _begun(talk).get("action")
    talk.settle_draft()
    offers = [Choice(talk.label(f"joined.{name}"), action) for name, action in _OFFERED.items()]
    return [*([Choice(talk.label("joined.go_on"), wanted)] if wanted else []), *offers]


def _duration(talk: Talk, wait: timedelta) -> str:
    """In words, never less than it is."""
    minutes = max(1, -(-wait // _MINUTE))
    return talk.label("wait.minute") if minutes == 1 else talk.label("wait.minutes", count=minutes)
