"""Decides once more, when a reminder is sent, whether it still holds: what is done, moved or muted is not told."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from models.contacts import Contact, Membership
from models.outbox import Message, withdraw
from models.participants import Participant
from models.people import Preference
from models.reminders._firms import Held, firms
from models.reminders._items import Item, Letters, Times
from models.reminders._reach import ORDER, rooms
from models.reminders._reroute import instead
from models.reminders._rows import DROPPED, TOLD, Reminder
from models.reminders._timetable import Moment, Timetable
from models.reminders._wishes import wishes_of

CHANGED, PASSED, LEFT = "the date or the rule has changed", "no longer useful", "acts for the participant no longer"
DONE, STOPPED, ASLEEP = "nothing of it is open any more", "stopped by the person", "put off by the person"
NO_ROOM = "the participant is reminded elsewhere by now"
_HANDED_ON = (LEFT, STOPPED, ASLEEP, NO_ROOM)  # somebody else may be told instead


@dataclass(frozen=True)
class Told:
    """One moment for one participant, with what is open there: tasks, or seats."""

    moment: Moment
    participant: Participant
    tasks: Sequence[str]
    seats: Sequence[Held]


@dataclass(frozen=True)
class Letter:
    """A message that is to be sent, and all that it tells. Without a contact it is for a participant's room.

    `languages` are those that its reader may wish, the one they chose themselves first.
    """

    message: Message
    told: Sequence[Told]
    contact: Contact | None
    languages: Sequence[str]


def decide(
    session: Session,
    timetable: Timetable,
    messages: Sequence[Message],
    times: Times,
    channels: Collection[str] = ORDER,
) -> list[Letter]:
    """Those of the claimed messages that are to be sent, with what they tell; the others are withdrawn, with a reason.

    What their reader put off meanwhile is planned anew for then; what is not theirs to be told any more, for whoever
    is told instead.
    """
    deciding = _Deciding(session, timetable, messages, times, channels)
    return [letter for message in messages if (letter := deciding.letter(message))]


class _Deciding:
    def __init__(
        self,
        session: Session,
        timetable: Timetable,
        messages: Sequence[Message],
        times: Times,
        channels: Collection[str],
    ) -> None:
        self._session, self._times, self._channels = session, times, channels
        rows = select(Reminder).where(col(Reminder.message_key).in_([message.key for message in messages]))
        self._rows: dict[str, list[Reminder]] = defaultdict(list)
        for row in session.exec(rows.where(Reminder.state != DROPPED).order_by(col(Reminder.id))):
            self._rows[row.message_key].append(row)
        every = [row for rows in self._rows.values() for row in rows]
        known = ((row, timetable.by_key.get((row.campaign, row.rule, row.lead))) for row in every)
        self._moments = {row.id: moment for row, moment in known if moment and moment.at == row.due}
        ids = {row.contact_id for row in every if row.contact_id}
        codes = {row.participant for row in every}
        self._contacts = {one.id: one for one in session.exec(select(Contact).where(col(Contact.id).in_(ids)))}
        self._participants = {
            one.code: one for one in session.exec(select(Participant).where(col(Participant.code).in_(codes)))
        }
        acting = select(Membership.contact_id, Membership.participant).where(
            col(Membership.contact_id).in_(ids), col(Membership.until).is_(None)
        )
        self._acting = {(contact_id, code) for contact_id, code in session.exec(acting)}
        self._languages = _chosen(session, [message.address for message in messages])
        self._wishes = wishes_of(session, ids)
        self._firms = {key: firms(session, key, codes) for key in {row.campaign for row in every}}
        self._rooms = rooms(session, codes) if any(row.contact_id is None for row in every) else {}

    def letter(self, message: Message) -> Letter | None:
        told: list[Told] = []
        reasons: dict[int | None, str] = {}
        put_off = Letters(self._session, message.key.partition(":")[2], self._times)
        for row in self._rows[message.key]:
            reason = self._against(row, message)
            at = None if reason else self._at(row)
            if reason is None and at != self._times.campaign:
                reason = ASLEEP
            if at and reason:
                put_off.add([Item(self._moments[row.id], row.participant, message.to, at, row.contact_id)])
            elif reason in _HANDED_ON:
                moment = self._moments[row.id]
                put_off.add(instead(self._session, row, moment, message, self._channels, self._times))
            if reason:
                reasons[row.id] = reason
            else:
                told.append(self._told(row))
        put_off.post()
        if reasons:
            values = [{"which": which, "why": reason} for which, reason in reasons.items()]
            self._session.connection().execute(_DROP, values)
        if not told:
            first = next(iter(reasons.values()), CHANGED)
            withdraw(self._session, message, first, self._times.machine)
            return None
        contact = self._contacts.get(self._rows[message.key][0].contact_id)
        return Letter(message, told, contact, list(self._wished(message, contact, told)))

    def _against(self, row: Reminder, message: Message) -> str | None:
        """Why it is not told any more; None where it holds."""
        moment = self._moments.get(row.id)
        if moment is None:
            return CHANGED
        if self._times.campaign >= moment.until:
            return PASSED
        if row.contact_id is None:
            stays = self._rooms.get(row.participant) == message.to
            return self._done(row, moment) if stays else NO_ROOM
        if (row.contact_id, row.participant) not in self._acting:
            return LEFT
        if self._wishes.has_stopped(row.contact_id, row.campaign, row.rule):
            return STOPPED
        return self._done(row, moment)

    def _done(self, row: Reminder, moment: Moment) -> str | None:
        concerned = self._firms[row.campaign].concerns(moment.rule, row.participant, row.contact_id)
        return None if concerned else DONE

    def _at(self, row: Reminder) -> datetime | None:
        """When it is told, if its reader wishes to be told while it is of use."""
        now = self._times.campaign
        return self._wishes.when(row.contact_id, self._moments[row.id], now) if row.contact_id else now

    def _told(self, row: Reminder) -> Told:
        moment = self._moments[row.id]
        firms = self._firms[row.campaign]
        is_open = moment.rule.whom.who == "open"
        tasks = firms.open_tasks(moment.rule, row.participant) if is_open else []
        seats = [] if is_open else firms.seats_of(moment.rule, row.participant)
        return Told(moment, self._participants[row.participant], tasks, seats)

    def _wished(self, message: Message, contact: Contact | None, told: Sequence[Told]) -> Iterator[str]:
        if chosen := self._languages.get(message.address):
            yield chosen
        if contact and contact.language:
            yield contact.language
        yield from (one.participant.language for one in told if one.participant.language)


def note_told(session: Session, letter: Letter, version: str) -> None:
    """Keep from what it was worded: which content of the campaign, and the language."""
    session.connection().execute(_TOLD, {"of_message": letter.message.key, "from_version": version})


def _chosen(session: Session, addresses: Sequence[str]) -> dict[str, str]:
    chosen = select(Preference.address, Preference.language).where(col(Preference.address).in_(addresses))
    return dict(session.exec(chosen).all())


# Prepared once: it runs for every reminder.
_TOLD = (
    update(Reminder)
    .where(col(Reminder.message_key) == bindparam("of_message"), col(Reminder.state) != DROPPED)
    .values(state=TOLD, version=bindparam("from_version"))
)
_DROP = (
    update(Reminder)
    .where(col(Reminder.id) == bindparam("which"))
    .values(state=DROPPED, reason=bindparam("why"))
    .execution_options(synchronize_session=False)
)
