"""The one table of what Usher does on request; who may ask for it, and where, is checked here before it is done."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from handlers import calendar, checks, enrolment, owndata, permissions, reminders, seats, status, support
from handlers.enrolment import ACT_FOR
from handlers.talk import CANCEL, Act, Gone, NotEnrolled, NotStaff, NotTheirs, Talk, WhichCampaign, WhichParticipant
from models.message import Choice, Reply

log = logging.getLogger(__name__)

OFFERED = 10  # choices in one message


def _cancel(talk: Talk, argument: str) -> Reply:
    talk.settle_draft()
    return talk.say("cancelled")


def _act_for(talk: Talk, argument: str) -> Reply:
    """Choose for whom one acts, and do what waited for that."""
    chosen, waits = enrolment.choose(talk, argument)
    word, _, rest = waits.partition(" ")
    if chosen is None:
        return _which_participant(talk, waits)
    return perform(talk, word, rest) if word in ACTS else chosen


ACTS: Mapping[str, Act] = {
    CANCEL: Act(_cancel),
    ACT_FOR: Act(_act_for, continues=True),
    **enrolment.ACTS,
    **seats.ACTS,
    **status.ACTS,
    **checks.ACTS,
    **reminders.ACTS,
    **calendar.ACTS,
    **owndata.ACTS,
    **support.ACTS,
}


def perform(talk: Talk, word: str, argument: str, known: Reply | None = None) -> Reply:
    """Do what the action asks for, if its sender may have it done here.

    `known` is what the circular says of it, where it was asked for in free words: those for whom it cannot be done read
    that first.
    """
    try:
        _check(talk, word)
        if not permissions.fits(word, in_public=talk.ask.in_public, at_desk=talk.at_desk):
            return _after(known, talk.say("desk.elsewhere" if permissions.needs_staff(word) else "only_private"))
        return _done(talk, word, argument)
    except NotEnrolled:
        return _after(known, enrolment.not_enrolled(talk, f"{word} {argument}".strip()))
    except (NotStaff, NotTheirs, Gone) as refused:
        return _refused(talk, refused)
    except WhichParticipant:
        return _which_participant(talk, f"{word} {argument}".strip())
    except WhichCampaign as several:
        named = ((talk.wording(one).word(one.name), one.key) for one in several.campaigns[:OFFERED])
        choices = (Choice(talk.script(name), f"{word} {key}") for name, key in named)
        return replace(talk.say("which.campaign", None, *choices), behaviour="clarify")


def _check(talk: Talk, word: str) -> None:
    """Raises `NotStaff` for what only the desk may have done: elsewhere as well nobody else is told more than that."""
    if permissions.needs_staff(word) and not permissions.may(permissions.staff_roles(talk.member), word):
        raise NotStaff


def _done(talk: Talk, word: str, argument: str) -> Reply:
    """Do it for somebody who may have it done. Raises `NotEnrolled` for who belongs to no participant."""
    act = ACTS[word]
    if permissions.needs_member(word):
        _ = talk.contact
    if not act.continues:
        talk.settle_draft()
    return act.do(talk, argument)


def _refused(talk: Talk, refused: NotStaff | NotTheirs | Gone) -> Reply:
    if isinstance(refused, Gone):
        return talk.say("no_longer")
    if isinstance(refused, NotStaff):
        log.warning("%s may not do that: not of the support desk", talk.ask.sender)
        return talk.say("reply.refused", who=talk.ask.sender)
    log.warning("%s may not act for %s: refused", talk.ask.sender, refused.participant)
    return talk.say("not_theirs")


def _which_participant(talk: Talk, action: str) -> Reply:
    """Ask for whom; what was wanted is done once that is said."""
    mark = talk.expect(ACT_FOR, {"action": action})
    choices = (Choice(f"{one.code} · {one.name}"[:60], f"{ACT_FOR} {one.code} {mark}")
               for one in talk.participants[:OFFERED])  # fmt: skip
    return replace(talk.say("which.participant", None, *choices), behaviour="clarify")


def _after(known: Reply | None, said: Reply) -> Reply:
    """What the circular says, which anybody may read, and then why nothing was done."""
    if known is None:
        return said
    return replace(known, text=f"{known.text}\n\n{said.text}", choices=(*known.choices, *said.choices))
