"""Finds out where people are reached: on which of their addresses first, and whether on any."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from models.contacts import ContactAddress, Membership
from models.message import Address
from models.reach import Closed
from models.reminders._rows import ReminderRoom
from models.reminders._wishes import Wishes

# A chat knocks. The web page shows a message only to who comes back, so it is the last; and mail is what a person is
# reached by where the chats fail.
ORDER = ("slack", "telegram", "mail", "web")


@dataclass(frozen=True)
class Reach:
    """The open addresses of some people, in the order in which they were added."""

    addresses: Mapping[int, Sequence[Address]]

    def where(self, contact_id: int, wishes: Wishes) -> list[Address]:
        """Where to reach them, the best first: the channels that they wish, then the usual order."""
        wished = wishes.channels.get(contact_id, ())
        order = (*wished, *(name for name in ORDER if name not in wished))
        newest_first = reversed(self.addresses.get(contact_id, ()))
        return sorted(newest_first, key=lambda to: order.index(to.channel))

    def reaches(self, contact_id: int) -> bool:
        return bool(self.addresses.get(contact_id))


def reach_of(session: Session, contact_ids: Collection[int], channels: Collection[str]) -> Reach:
    """The addresses of these people on these channels, without those that are closed."""
    mine = (
        select(ContactAddress.contact_id, ContactAddress.address)
        .outerjoin(Closed, col(Closed.address) == col(ContactAddress.address))
        .where(col(ContactAddress.contact_id).in_(contact_ids), col(Closed.address).is_(None))
        .order_by(col(ContactAddress.since), col(ContactAddress.address))
    )
    found: dict[int, list[Address]] = defaultdict(list)
    for contact_id, address in session.connection().execute(mine):
        to = Address.of(address)
        if to.channel in channels and to.channel in ORDER:
            found[contact_id].append(to)
    return Reach(found)


def people_of(session: Session, participants: Collection[str]) -> dict[str, list[int]]:
    """Who acts for each of them now, those first who were enrolled first."""
    acting = (
        select(Membership.participant, Membership.contact_id)
        .where(col(Membership.participant).in_(participants), col(Membership.until).is_(None))
        .order_by(col(Membership.since), col(Membership.id))
    )
    found: dict[str, list[int]] = defaultdict(list)
    for participant, contact_id in session.connection().execute(acting):
        found[participant].append(contact_id)
    return found


def rooms(session: Session, participants: Collection[str] | None = None) -> dict[str, Address]:
    """The open rooms of their own in which participants are reminded; of these, or of all."""
    named = (
        select(ReminderRoom.participant, ReminderRoom.address)
        .outerjoin(Closed, col(Closed.address) == col(ReminderRoom.address))
        .where(col(Closed.address).is_(None))
    )
    if participants is not None:
        named = named.where(col(ReminderRoom.participant).in_(participants))
    return {participant: Address.of(address) for participant, address in session.connection().execute(named)}
