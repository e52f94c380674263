"""Plans a person's reminders anew when they put them off, or wish them again: none is lost, and none comes twice."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from sqlalchemy import update
from sqlmodel import Session, col, select

from models.message import Address
from models.outbox import Message, State, cancel
from models.reminders._decide import ASLEEP
from models.reminders._items import Item, Letters, Times
from models.reminders._people import Crowd, crowd
from models.reminders._rows import DROPPED, PLANNED, TOLD, Reminder
from models.reminders._timetable import Moment, Timetable

# A snooze ends a little after the hour that was wished: what comes due in that hour is planned first, and told with it.
SETTLING = timedelta(minutes=2)

Told = tuple[tuple[str, str, str], str]  # the key of a moment, and the participant


@dataclass(frozen=True)
class Person:
    """Whose reminders of which circular are planned anew; `slot` names the occasion, once ever."""

    contact_id: int
    participants: Sequence[str]
    campaign: str
    channels: Collection[str]
    slot: str


@dataclass(frozen=True)
class Anew:
    """What was planned anew: the moments, and how many messages carry them."""

    moments: Sequence[Moment] = ()
    messages: int = 0


def put_off(session: Session, timetable: Timetable, whose: Person, times: Times) -> Anew:
    """After a snooze: plan for its end what waited, and once more what was told already and is of use even then.

    What comes due in the meantime is planned as ever, and comes then as well. If there would be nothing to tell, the
    next to come is told early: a reminder was wished for that time.
    """
    return _Planning(session, timetable, whose, times).put_off()


def take_up(session: Session, timetable: Timetable, whose: Person, times: Times) -> Anew:
    """After a snooze or a stop was taken back: plan at once what waited, and what would have been told meanwhile."""
    return _Planning(session, timetable, whose, times).take_up()


class _Planning:
    def __init__(self, session: Session, timetable: Timetable, whose: Person, times: Times) -> None:
        self._session, self._timetable, self._whose, self._times = session, timetable, whose, times
        session.flush()
        self._ahead = timetable.ahead(whose.campaign, times.campaign)
        self._current = timetable.current(whose.campaign, times.campaign)
        acting = {whose.contact_id: whose.participants}
        self._crowd: Crowd = crowd(session, acting, [*self._current, *self._ahead], whose.channels)
        self._waiting = self._rows_of(PLANNED, State.PENDING)

    def put_off(self) -> Anew:
        wakes = self._crowd.wishes.wakes_at(self._whose.contact_id, self._whose.campaign, self._times.campaign)
        if wakes is None:
            return Anew()
        items = self._items([*self._waited(self._waiting), *self._theirs(self._current)])
        coming = any(self._theirs(one for one in self._ahead if one.at <= wakes))
        if not items and not coming:
            items = self._items(self._theirs(self._first_of_each(one for one in self._ahead if one.at > wakes)))
        return self._plan(items, self._waiting)

    def take_up(self) -> Anew:
        told = {_told(row) for row, _ in self._rows_of(TOLD)}
        late = [(row, message) for row, message in self._waiting if message.due > self._times.campaign]
        soon = {_told(row) for row, _ in self._waiting} - {_told(row) for row, _ in late}
        missed = [one for one in self._theirs(self._current) if (one[0].key, one[1]) not in told | soon]
        return self._plan(self._items([*self._waited(late), *missed]), late)

    def _plan(self, items: Sequence[Item], instead: Sequence[tuple[Reminder, Message]]) -> Anew:
        if self._to is None:
            return Anew()
        _drop(self._session, [row for row, _ in instead])
        letters = Letters(self._session, self._whose.slot, self._times)
        letters.add(items)
        posted = letters.post()
        self._cancel_empty({message.key for _, message in instead})
        return Anew(list({item.moment.key: item.moment for item in items}.values()), posted)

    @cached_property
    def _to(self) -> Address | None:
        return self._crowd.where(self._whose.contact_id)

    def _items(self, wanted: Iterable[tuple[Moment, str]]) -> list[Item]:
        """Each once, when the person wishes to be told; not what they would sleep through."""
        found = {}
        for moment, participant in wanted:
            due = self._crowd.wishes.when(self._whose.contact_id, moment, self._times.campaign)
            if due and self._to:
                found[moment.key, participant] = Item(moment, participant, self._to, due, self._whose.contact_id)
        return list(found.values())

    def _theirs(self, moments: Iterable[Moment]) -> Iterator[tuple[Moment, str]]:
        """With the participants that it concerns, where it is they who are told."""
        for moment in moments:
            if self._crowd.wishes.has_stopped(self._whose.contact_id, *moment.key[:2]):
                continue
            for participant in self._whose.participants:
                if self._crowd.is_told(self._whose.contact_id, participant, moment):
                    yield moment, participant

    def _waited(self, rows: Iterable[tuple[Reminder, Message]]) -> Iterator[tuple[Moment, str]]:
        for row, _ in rows:
            moment = self._timetable.by_key.get((row.campaign, row.rule, row.lead))
            if moment and moment.at == row.due and self._times.campaign < moment.until:
                yield moment, row.participant

    @staticmethod
    def _first_of_each(moments: Iterable[Moment]) -> list[Moment]:
        first: dict[str, Moment] = {}
        for moment in moments:
            first.setdefault(moment.rule.key, moment)
        return list(first.values())

    def _rows_of(self, state: str, *of: State) -> list[tuple[Reminder, Message]]:
        """What they were, or are to be, reminded of, with the message; none that is being sent meanwhile."""
        mine = (
            select(Reminder, Message)
            .join(Message, col(Message.key) == col(Reminder.message_key))
            .where(
                Reminder.contact_id == self._whose.contact_id,
                Reminder.campaign == self._whose.campaign,
                Reminder.state == state,
            )
        )
        if of:
            mine = mine.where(col(Message.state).in_([str(one) for one in of])).with_for_update()
        return list(self._session.exec(mine.order_by(col(Reminder.id))).all())

    def _cancel_empty(self, keys: set[str]) -> None:
        held = select(Reminder.message_key).where(col(Reminder.message_key).in_(keys), Reminder.state != DROPPED)
        told = set(self._session.exec(held).all())
        for key in sorted(keys - told):
            cancel(self._session, key, ASLEEP, self._times.machine)


def _told(row: Reminder) -> Told:
    return (row.campaign, row.rule, row.lead), row.participant


def _drop(session: Session, rows: Sequence[Reminder]) -> None:
    ids = [row.id for row in rows]
    dropped = update(Reminder).where(col(Reminder.id).in_(ids)).values(state=DROPPED, reason=ASLEEP)
    session.connection().execute(dropped.execution_options(synchronize_session=False))
