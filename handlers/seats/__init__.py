"""Registers people for briefings, and changes and gives back their seats."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from handlers.phrasing import Phrasing
from handlers.seats import _tell as words
from handlers.seats._change import booked, give_back, leave, move_seat, take_offer, unbooked
from handlers.seats._mine import by_words, in_words, leave_by_words, show, show_one, wished
from handlers.seats._notices import Notices
from handlers.seats._plan import hold, queue, swap_attendee, wait_myself, with_people
from handlers.seats._scene import short_name
from handlers.seats._tell import BOOKED, SEATS
from handlers.talk import Act, Do, Gone, NotTheirs, Talk
from models.message import Reply
from models.seats import (
    Moment,
    NoSuchSeat,
    NotAMember,
    Rules,
    Seat,
    Waiting,
    hand_over,
    lapse,
    line_of,
    seats_of,
    stirs,
)

__all__ = ["ACTS", "BOOKED", "SEATS", "Notices", "give_up", "leaving", "left", "short_name", "tick"]


def _checked(do: Do) -> Do:
    """What a race has changed between the look and the act is told as what it is."""

    def done(talk: Talk, argument: str) -> Reply:
        try:
            return do(talk, argument)
        except NoSuchSeat as error:
            raise Gone from error
        except NotAMember as error:
            raise NotTheirs(str(error)) from error

    return done


def _held_once(do: Do) -> Do:
    """A second tap finds nothing to do any more: it is shown what holds now."""

    def done(talk: Talk, argument: str) -> Reply:
        try:
            return do(talk, argument)
        except Gone:
            shown = show(talk, "")
            return replace(shown, text=f"{talk.say('seats.as_it_is').text}\n\n{shown.text}")

    return done


ACTS: Mapping[str, Act] = {
    SEATS: Act(show),
    words.ONE: Act(show_one),
    words.TAKE: Act(_checked(wished)),
    words.WITH: Act(_checked(with_people)),
    words.HOLD: Act(_held_once(_checked(hold)), continues=True),
    words.QUEUE: Act(_held_once(_checked(queue)), continues=True),
    words.SWAP: Act(_checked(by_words(words.SWAP, swap_attendee))),
    words.MOVE: Act(_checked(by_words(words.MOVE, move_seat))),
    words.FREE: Act(_checked(by_words(words.FREE, give_back))),
    words.WAIT: Act(_checked(in_words(words.WAIT, wait_myself))),
    words.UNWAIT: Act(_checked(leave_by_words(leave))),
    words.ACCEPT: Act(_checked(take_offer)),
    words.BOOKED: Act(_checked(in_words(words.BOOKED, booked))),
    words.UNBOOKED: Act(_checked(unbooked)),
}


def leaving(talk: Talk, participant: str) -> str:
    """What becomes of the asker's seats if they leave the participant, as a sentence; nothing where they have none."""
    campaigns = talk.phrasing.campaigns.values()
    mine: list[Seat | Waiting] = []
    for campaign in campaigns:
        mine += seats_of(talk.session, campaign.key, participant)
        mine += line_of(talk.session, campaign.key, participant)
    theirs = dict.fromkeys(row.attendee_name for row in mine if row.contact_id == talk.contact_id)
    if not theirs:
        return ""
    names = talk.label("comma").join(theirs)
    return talk.label("seats.leaving", names=names)


def left(talk: Talk, participant: str) -> None:
    """Give back and hand on the seats of the asker, who leaves the participant."""
    notices = Notices.of(talk)
    give_up(notices, talk.contact_id, participant)


def give_up(notices: Notices, contact_id: int, participant: str, by: str | None = None) -> None:
    """The same for whoever leaves or is removed, by whom of support: the seats of the firm stay with the firm."""
    served = notices.phrasing.campaigns.values()
    rules = {(one.key, briefing.key): Rules.of(one, briefing) for one in served for briefing in one.briefings}
    at = Moment(notices.now, notices.machine_now, by)
    done = hand_over(notices.session, rules, contact_id, participant, at)
    for seat in done.freed:
        notices.gone(seat)
    notices.offered(done.offered)


def tick(session: Session, phrasing: Phrasing, now: datetime, machine_now: datetime, mails: bool) -> None:
    """Let offers lapse whose time is over, and offer what is free to those who wait."""
    notices = Notices(session, phrasing, now, machine_now, mails)
    at = Moment(now, machine_now)
    served = phrasing.campaigns.values()
    every = {(one.key, briefing.key): Rules.of(one, briefing) for one in served for briefing in one.briefings}
    for place in sorted(every):  # in the order in which everybody takes more than one of them
        if stirs(session, every[place], at):
            done = lapse(session, every[place], at)
            notices.lapsed(done.lapsed)
            notices.offered(done.offered)
