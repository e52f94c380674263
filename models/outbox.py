"""Keeps every message that is not a direct answer, from the moment it is caused until its outcome is known.

The states: pending → sending → sent | pending (tried again later) | failed | cancelled | expired | uncertain.
`due` and `useful_until` are campaign time; `not_before`, leases and the pace of the platforms are machine time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import exists, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import Field, Index, Session, SQLModel, col, select

from models.conversation import packed, unpacked
from models.message import Address, Channel, Reply
from models.reach import close, follow, move
from models.store import announce, in_turn, keep_first

LEASE = timedelta(seconds=60)  # machine time; a send that takes longer is given up before
NEWS = "outbox"  # the topic that is announced when there may be something to send
BURST = 5  # messages that a channel may send at once before its pace counts


class State(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNCERTAIN = "uncertain"


class Message(SQLModel, table=True):
    """One message to one address. `key` says what it is: the same key is posted once, ever.

    `about` names what it belongs to (`case:7`). `repeats`: where nobody knows whether it arrived, it is sent again.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(None, "state", "channel", "due"),
        Index(None, "address", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    channel: str
    address: str
    reply_json: str
    about: str | None = Field(default=None, index=True)
    repeats: bool = False
    due: datetime
    useful_until: datetime | None = None
    posted_at: datetime
    not_before: datetime
    state: str = State.PENDING
    attempts: int = 0
    copy_name: str | None = None
    lease_until: datetime | None = None
    settled_at: datetime | None = None
    reference: str | None = Field(default=None, index=True)
    reason: str | None = None

    @property
    def to(self) -> Address:
        return Address.of(self.address)

    @property
    def reply(self) -> Reply:
        return unpacked(self.reply_json)


class Lane(SQLModel, table=True):
    """When the next message may go to a channel (`telegram`) or to one address of it. Machine time."""

    name: str = Field(primary_key=True)
    free_at: datetime


@dataclass(frozen=True)
class Posting:
    """A message to be posted: `Message` says what its parts mean."""

    key: str
    to: Address
    reply: Reply
    due: datetime
    about: str | None = None
    repeats: bool = False
    useful_until: datetime | None = None


def post(session: Session, posting: Posting, posted_at: datetime) -> Message:
    """Have a message sent, in the transaction that causes it. The same key again gives the first message."""
    to = follow(session, posting.to)
    message = Message(
        key=posting.key,
        channel=to.channel,
        address=str(to),
        reply_json=packed(posting.reply),
        about=posting.about,
        repeats=posting.repeats,
        due=posting.due,
        useful_until=posting.useful_until,
        posted_at=posted_at,
        not_before=posted_at,
    )
    announce(session, NEWS)
    return keep_first(session, message, select(Message).where(Message.key == posting.key))


def cancel(session: Session, key: str, reason: str, now: datetime) -> bool:
    """Do not send it after all; False where it has been sent, is being sent, or never was posted."""
    waiting = update(Message).where(col(Message.key) == key, col(Message.state) == State.PENDING)
    cancelled = waiting.values(state=State.CANCELLED, reason=reason, settled_at=now)
    return session.connection().execute(cancelled).rowcount > 0


def open_channels(session: Session, campaign_now: datetime, now: datetime) -> list[str]:
    """The channels that have something to do for a sender: cheap to ask, for the time in which nothing is due."""
    due = (
        (col(Message.state) == State.PENDING) & (col(Message.due) <= campaign_now) & (col(Message.not_before) <= now)
    ) | ((col(Message.state) == State.SENDING) & (col(Message.lease_until) < now))
    return list(session.exec(select(Message.channel).where(due).distinct()))


def claim(
    session: Session, channel: Channel, *, limit: int, copy: str, campaign_now: datetime, now: datetime
) -> list[Message]:
    """Take up to `limit` messages that may be sent now, oldest due first and one of each address.

    What is no longer useful expires; what a dead copy was sending becomes uncertain, or is sent again if it `repeats`.
    """
    name, interval = channel.name, channel.interval
    _give_up_leases(session, name, copy, now)
    _expire(session, name, campaign_now, now)
    lane = _lane(session, name, now)
    earliest = now - timedelta(seconds=BURST * interval)
    free_at = max(lane.free_at, earliest)
    room = limit if not interval else min(limit, int((now - free_at).total_seconds() / interval) + 1)
    if free_at > now or room < 1:
        return []
    taken = _take(session, name, room, copy, campaign_now, now)
    lane.free_at = free_at + timedelta(seconds=interval * len(taken))
    session.add(lane)
    for message in taken:
        _pace(session, message.address, now + timedelta(seconds=channel.pause(message.to)))
    return sorted(taken, key=lambda message: (message.due, message.id or 0))


def next_at(session: Session, campaign_now: datetime, now: datetime) -> datetime | None:
    """The machine time at which something that is due may be sent next, if that is known."""
    due = (col(Message.state) == State.PENDING) & (col(Message.due) <= campaign_now)
    later = select(Message.not_before).where(due, col(Message.not_before) > now)
    waits = session.exec(later.order_by(col(Message.not_before)).limit(1)).all()
    lanes = select(Lane.free_at).where(
        col(Lane.free_at) > now,
        exists().where(due, or_(col(Message.address) == col(Lane.name), col(Message.channel) == col(Lane.name))),
    )
    waits = [*waits, *session.exec(lanes.order_by(col(Lane.free_at)).limit(1))]
    return min(waits, default=None)


def note_sent(session: Session, ident: int, reference: str, now: datetime) -> None:
    _settle(session, ident, State.SENT, now, reference=reference, reason=None)


def note_uncertain(session: Session, ident: int, reason: str, now: datetime) -> None:
    """Nobody knows whether it arrived: it is sent again once its lease is over if it `repeats`."""
    message = session.get(Message, ident)
    if message and message.repeats:
        note_again(session, ident, reason, message.lease_until or now, counts=True)
    else:
        _settle(session, ident, State.UNCERTAIN, now, reason=reason)


def note_failed(session: Session, ident: int, reason: str, now: datetime, *, closes: bool = False) -> None:
    """It will not be sent. `closes`: nothing can be sent to this address any more."""
    _settle(session, ident, State.FAILED, now, reason=reason)
    message = session.get(Message, ident)
    if closes and message:
        close(session, message.to, reason, now)


def note_again(
    session: Session, ident: int, reason: str, not_before: datetime, *, counts: bool, to: Address | None = None
) -> None:
    """It was not sent, and is tried again from `not_before`, there or at `to`. `counts`: as one of its attempts."""
    again = update(Message).where(col(Message.id) == ident, col(Message.state) == State.SENDING)
    if to:
        again = again.values(address=str(to))
    attempts = col(Message.attempts) if counts else col(Message.attempts) - 1
    values = {"state": State.PENDING, "attempts": attempts, "not_before": not_before, "reason": reason}
    session.connection().execute(again.values(copy_name=None, lease_until=None, **values))
    announce(session, NEWS)


def hold(session: Session, to: Address, until: datetime) -> None:
    """Send nothing to this address and by its channel before `until`: the platform has said so."""
    in_turn(session, f"lane:{to.channel}")
    for name in (to.channel, str(to)):
        _pace(session, name, until)


def redirect(session: Session, old: Address, new: Address, now: datetime) -> None:
    """From now on what is meant for `old` goes to `new`, also what waits already."""
    move(session, old, new, now)
    waiting = update(Message).where(col(Message.address) == str(old), col(Message.state) == State.PENDING)
    session.connection().execute(waiting.values(address=str(new)))


def sent_as(session: Session, reference: str) -> Message | None:
    """The message that was sent with that reference."""
    return session.exec(select(Message).where(Message.reference == reference).limit(1)).first()


def _give_up_leases(session: Session, channel: str, copy: str, now: datetime) -> None:
    given_up = (
        update(Message)
        .where(col(Message.channel) == channel, col(Message.state) == State.SENDING)
        .where(col(Message.lease_until) < now, col(Message.copy_name) != copy)
    )
    reason = "the copy of Usher that was sending it has ended"
    freed = {"copy_name": None, "lease_until": None, "reason": reason}
    connection = session.connection()
    connection.execute(given_up.where(col(Message.repeats)).values(state=State.PENDING, **freed))
    connection.execute(given_up.values(state=State.UNCERTAIN, settled_at=now, **freed))


def _expire(session: Session, channel: str, campaign_now: datetime, now: datetime) -> None:
    useless = update(Message).where(
        col(Message.channel) == channel,
        col(Message.state) == State.PENDING,
        col(Message.useful_until) <= campaign_now,
    )
    reason = "no longer useful"
    session.connection().execute(useless.values(state=State.EXPIRED, reason=reason, settled_at=now))


def _take(session: Session, channel: str, room: int, copy: str, campaign_now: datetime, now: datetime) -> list[Message]:
    earlier = aliased(Message)
    open_before = exists().where(
        col(earlier.address) == col(Message.address),
        col(earlier.id) < col(Message.id),
        or_(
            col(earlier.state) == State.SENDING,
            (col(earlier.state) == State.PENDING) & (col(earlier.due) <= campaign_now),
        ),
    )
    paced = exists().where(col(Lane.name) == col(Message.address), col(Lane.free_at) > now)
    free = (
        select(Message.id)
        .where(col(Message.channel) == channel, col(Message.state) == State.PENDING)
        .where(col(Message.due) <= campaign_now, col(Message.not_before) <= now, ~open_before, ~paced)
        .order_by(col(Message.due), col(Message.id))
        .limit(room)
        .with_for_update(skip_locked=True, of=Message)
    )
    claimed = (
        update(Message)
        .where(col(Message.id).in_(free.scalar_subquery()))
        .values(state=State.SENDING, copy_name=copy, lease_until=now + LEASE, attempts=col(Message.attempts) + 1)
        .returning(Message)
    )
    return list(session.scalars(claimed, execution_options={"populate_existing": True}))


def _lane(session: Session, name: str, now: datetime) -> Lane:
    """The channel's own lane. It stays locked: the copies claim of one channel in turn, each for an instant."""
    in_turn(session, f"lane:{name}")
    return session.get(Lane, name) or Lane(name=name, free_at=now - timedelta(days=1))


def _pace(session: Session, name: str, free_at: datetime) -> None:
    lane = session.get(Lane, name, populate_existing=True) or Lane(name=name, free_at=free_at)
    lane.free_at = max(lane.free_at, free_at)
    session.add(lane)


def _settle(session: Session, ident: int, state: State, now: datetime, **values: str | None) -> None:
    settled = update(Message).where(col(Message.id) == ident)
    session.connection().execute(
        settled.values(state=state, settled_at=now, copy_name=None, lease_until=None, **values)
    )
    announce(session, NEWS)  # the next message to that address may go
