"""Finds another way for a reminder that could not be delivered: another address, another person, or nobody."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from models.message import Address
from models.outbox import Message, State
from models.participants import Participant
from models.reminders._items import Item, Letters, Times
from models.reminders._reach import Reach, people_of, reach_of, rooms
from models.reminders._rows import ABOUT, DROPPED, Reminder
from models.reminders._timetable import Moment, Timetable
from models.reminders._wishes import wishes_of
from models.store import in_turn

# In this order: a chat of theirs, a chat of a colleague, mail; the web page, which cannot knock, is the last.
_ROUNDS = (("slack", "telegram"), ("mail",), ("web",))
_IN_VAIN = [str(state) for state in (State.FAILED, State.CANCELLED, State.EXPIRED)]


class Lost(NamedTuple):
    """What nobody of the participant can be told of any more."""

    participant: Participant
    moment: Moment


def reroute(
    session: Session, timetable: Timetable, message: Message, channels: Collection[str], times: Times
) -> list[Lost]:
    """Plan what a failed message told for the person's next address, else for the participant's next person.

    A colleague is asked in only where a rule is for the first of a participant: else they have their own message. Gives
    what is lost: nobody of the participant was told of it, nor can be.
    """
    in_turn(session, "reminders")  # two last ways that fail at once would each count on the other
    told = select(Reminder).where(Reminder.message_key == message.key, Reminder.state != DROPPED)
    letters = Letters(session, message.key.partition(":")[2], times)
    lost = []
    for row in session.exec(told.order_by(col(Reminder.id))).all():
        moment = timetable.by_key.get((row.campaign, row.rule, row.lead))
        if moment is None or moment.at != row.due or times.campaign >= moment.until:
            continue
        others = _others(session, row, message)
        found = list(_next(session, row, moment, others, channels, times.campaign))
        letters.add(Item(moment, row.participant, to, times.campaign, contact_id) for contact_id, to in found)
        if not found and not any(state not in _IN_VAIN for _, _, state in others):
            lost.append(Lost(session.get_one(Participant, row.participant), moment))
    letters.post()
    return lost


def instead(
    session: Session, row: Reminder, moment: Moment, message: Message, channels: Collection[str], times: Times
) -> Iterator[Item]:
    """What is told in place of something that is not told where it was planned: in the room that the participant has
    now, to its people if it has none; where a rule is for the first of a participant, to the next.
    """
    room = rooms(session, [row.participant]).get(row.participant) if row.contact_id is None else None
    if room:
        yield Item(moment, row.participant, room, times.campaign)
    elif row.contact_id is None or moment.rule.reach == "first":
        others = _others(session, row, message)
        found = _next(session, row, moment, others, channels, times.campaign)
        yield from (Item(moment, row.participant, to, times.campaign, contact_id) for contact_id, to in found)


Other = tuple[int | None, str, str]  # a contact, the address where they were told of the same, what became of it


def _others(session: Session, row: Reminder, message: Message) -> Sequence[Other]:
    """Who else was told of the same in this planning, and the same person elsewhere."""
    slot = message.key.split(":")[1]
    same = (
        columns(
            col(Reminder.contact_id),
            col(Message.address),
            case((col(Reminder.state) == DROPPED, str(State.CANCELLED)), else_=col(Message.state)),
        )
        .join(Message, col(Message.key) == col(Reminder.message_key))
        .where(
            col(Reminder.campaign) == row.campaign,
            col(Reminder.rule) == row.rule,
            col(Reminder.lead) == row.lead,
            col(Reminder.participant) == row.participant,
            col(Reminder.message_key) >= f"{ABOUT}:{slot}:",
            col(Reminder.message_key) < f"{ABOUT}:{slot};",
        )
    )
    return [(contact_id, address, state) for contact_id, address, state in session.connection().execute(same)]


def _next(
    session: Session,
    row: Reminder,
    moment: Moment,
    others: Sequence[Other],
    channels: Collection[str],
    now: datetime,
) -> Iterator[tuple[int, Address]]:
    """Who is told next, and where: one person; everybody where the participant's room has failed."""
    people = people_of(session, [row.participant]).get(row.participant, [])
    wishes = wishes_of(session, people)
    awake = (one for one in people if wishes.when(one, moment, now))
    willing = [one for one in awake if not wishes.has_stopped(one, row.campaign, row.rule)]
    reach = reach_of(session, willing, channels)
    if row.contact_id is None and moment.rule.reach == "all":
        yield from ((one, where[0]) for one in willing if (where := reach.where(one, wishes)))
        return
    if moment.rule.reach == "all":
        willing = [one for one in willing if one == row.contact_id]
    order = sorted(willing, key=lambda one: one != row.contact_id)
    tried = {address for _, address, _ in others}
    yield from [pair for pair in _ways(reach, order) if str(pair[1]) not in tried][:1]


def _ways(reach: Reach, order: Sequence[int]) -> Iterator[tuple[int, Address]]:
    for names in _ROUNDS:
        for contact_id in order:
            mine = reversed(reach.addresses.get(contact_id, ()))
            yield from ((contact_id, to) for to in mine if to.channel in names)
