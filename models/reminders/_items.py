"""Puts what one person is reminded of together into one message, which is worded when it is sent."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from models.message import Address
from models.outbox import Unworded, post_unworded
from models.reminders._rows import ABOUT, PLANNED, Reminder
from models.reminders._timetable import LeadKey, Moment
from models.reminders._waiting import prolong, waiting
from models.store import add_many


@dataclass(frozen=True)
class Times:
    """`campaign` decides what is due, `machine` says when it was recorded."""

    campaign: datetime
    machine: datetime


@dataclass(frozen=True)
class Item:
    """One moment for one participant: told to a person, or without `contact_id` in the participant's room."""

    moment: Moment
    participant: str
    to: Address
    due: datetime
    contact_id: int | None = None

    @property
    def whose(self) -> str:
        return f"room:{self.participant}" if self.contact_id is None else str(self.contact_id)


class Letters:
    """What was gathered of one planning, a message for each person and time. `slot` names the planning, once ever."""

    def __init__(self, session: Session, slot: str, times: Times) -> None:
        self._session, self._slot, self._times = session, slot, times
        self._items: dict[str, list[Item]] = defaultdict(list)

    def add(self, items: Iterable[Item]) -> None:
        for item in items:
            later = "" if item.due <= self._times.campaign else f":{item.due:%Y%m%dT%H%M%S}"
            self._items[f"{ABOUT}:{self._slot}:{item.whose}{later}"].append(item)

    def post(self) -> int:
        """Hand it all to the outbox; tells how many messages that were."""
        if not self._items:
            return 0
        self._join_waiting()
        messages = [
            Unworded(key, items[0].to, items[0].due, max(item.moment.until for item in items))
            for key, items in self._items.items()
        ]
        post_unworded(self._session, messages, ABOUT, self._times.machine)
        together: dict[LeadKey, list[dict[str, object]]] = defaultdict(list)
        moments = {}
        for key, items in self._items.items():
            for item in items:
                row: dict[str, object] = {
                    "message_key": key,
                    "participant": item.participant,
                    "contact_id": item.contact_id,
                }
                together[item.moment.key].append(row)
                moments[item.moment.key] = item.moment
        for named, rows in together.items():
            add_many(self._session, Reminder, rows, _same(moments[named]))
        self._items.clear()
        return len(messages)

    def _join_waiting(self) -> None:
        """What is put off to a moment at which its reader is reminded anyway becomes a part of that message."""
        later = {key: items for key, items in self._items.items() if items[0].due > self._times.campaign}
        contacts = {one.contact_id for items in later.values() for one in items[:1] if one.contact_id}
        if not contacts:
            return
        known = waiting(self._session, contacts, {items[0].due for items in later.values()})
        for key, items in later.items():
            if there := known.get((items[0].contact_id or 0, str(items[0].to), items[0].due)):
                self._items[there] = self._items.pop(key)
                prolong(self._session, there, max(item.moment.until for item in items))


def _same(moment: Moment) -> dict[str, object]:
    campaign, rule, lead = moment.key
    named = {"campaign": campaign, "rule": rule, "lead": lead}
    return named | {"due": moment.at, "until": moment.until, "state": PLANNED}
