"""Has a participant's reminders come to a channel or group of its own, after saying who reads them there."""

from collections.abc import Iterator
from dataclasses import replace

from handlers.reminders._scene import firm
from handlers.reminders._settings import channel_name
from handlers.talk import CANCEL, Gone, Talk, WhichParticipant
from models.message import Address, Choice, Reply
from models.participants import Participant
from models.reminders import leave_room, name_room, rooms

HERE, SURE, OFF = "/remindhere", "yes", "off"
OFFERED = 10


def remind_here(talk: Talk, argument: str) -> Reply:
    """`/remindhere [PARTICIPANT] [yes|off]`: ask in the room, then have the reminders come there, or no more.

    In a private chat it can be taken back, and is explained.
    """
    words = [] if talk.reading else argument.split()
    what = words.pop() if words and words[-1] in (SURE, OFF) else ""
    if len(words) > 1:
        raise Gone
    code = words[0].upper() if words else None
    if what == OFF:
        return _back(talk, code)
    if not talk.ask.in_public:
        return _explain(talk)
    try:
        participant = talk.acting(code)
    except WhichParticipant:  # asked where all can see it, for the choice is to be made here
        choices = (Choice(firm(one)[:60], f"{HERE} {one.code}") for one in talk.participants[:OFFERED])
        return _aloud(talk, "which.participant", *choices)
    return _done(talk, participant) if what == SURE else _ask(talk, participant)


def _ask(talk: Talk, participant: Participant) -> Reply:
    if rooms(talk.session, [participant.code]).get(participant.code) == _here(talk):
        return _aloud(talk, "reminders.room.already", _off(talk, participant), firm=firm(participant))
    yes = Choice(talk.label("reminders.room.yes"), f"{HERE} {participant.code} {SURE}")
    no = Choice(talk.label("reminders.room.no"), CANCEL)
    return replace(_aloud(talk, "reminders.room.sure", yes, no, firm=firm(participant)), behaviour="clarify")


def _done(talk: Talk, participant: Participant) -> Reply:
    name_room(talk.session, participant.code, _here(talk), talk.contact_id, talk.machine_now)
    return _aloud(talk, "reminders.room.done", _off(talk, participant), firm=firm(participant), word=f"{HERE} {OFF}")


def _back(talk: Talk, code: str | None) -> Reply:
    """In a room only what comes there is taken back."""
    mine = {one.code: one for one in talk.participants}
    if code is not None:
        mine = {code: talk.acting(code)}
    named = {one: room for one, room in rooms(talk.session, list(mine)).items()
             if not talk.ask.in_public or room == _here(talk)}  # fmt: skip
    if not named:
        return _tell(talk, "reminders.room.none")
    if len(named) > 1:
        return replace(_tell(talk, "which.participant", *(_off(talk, mine[one]) for one in named)), behaviour="clarify")
    (one,) = named
    leave_room(talk.session, one)
    return _tell(talk, "reminders.room.back.done", firm=firm(mine[one]))


def _explain(talk: Talk) -> Reply:
    named = rooms(talk.session, [one.code for one in talk.participants])
    mine = [one for one in talk.participants if one.code in named]
    said = talk.say("reminders.room.how", None, *(_off(talk, one) for one in mine), word=HERE)
    return replace(said, text="\n\n".join((said.text, *_where(talk, mine, named))))


def _where(talk: Talk, mine: list[Participant], named: dict[str, Address]) -> Iterator[str]:
    for one in mine:
        channel = channel_name(talk, named[one.code].channel)
        yield talk.label("reminders.list.room", firm=firm(one), channel=channel)


def _here(talk: Talk) -> Address:
    """The room itself: in Slack what is said to Usher stands in a thread of it."""
    room = talk.ask.room
    return Address("slack", room.id.partition(":")[0]) if room.channel == "slack" else room


def _off(talk: Talk, participant: Participant) -> Choice:
    return Choice(talk.label("reminders.room.back", code=participant.code), f"{HERE} {participant.code} {OFF}")


def _tell(talk: Talk, phrase: str, *choices: Choice, **fields: object) -> Reply:
    """To all who are there, and in a private chat to the one."""
    if talk.ask.in_public:
        return _aloud(talk, phrase, *choices, **fields)
    return talk.say(phrase, None, *choices, **fields)


def _aloud(talk: Talk, phrase: str, *choices: Choice, **fields: object) -> Reply:
    return replace(talk.say(phrase, None, *choices, **fields), private=False)
