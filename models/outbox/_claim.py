"""Takes what may be sent now, for one copy of Usher at a time, in order and at the pace of each platform."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, case, exists, func, null, or_, select, tuple_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.message import Channel
from models.outbox._rows import FREED, NOW, Lane, Message, State, pace
from models.store import in_turn

LEASE = timedelta(seconds=60)  # machine time; a send that takes longer is given up before
BURST = 5  # messages that a channel may send at once before its pace counts
REPEATS = 5  # attempts after which it is not sent again without knowing: a chat must not be flooded


@dataclass(frozen=True)
class Sender:
    """Who claims: a copy of Usher, its `lease` on a message, and the ids of the messages that it is `busy` with.

    What it is busy with it neither gives up nor takes once more, even when its lease is over.
    """

    copy: str
    lease: timedelta = LEASE
    busy: Collection[int] = ()


def open_channels(session: Session, names: Collection[str], campaign_now: datetime, now: datetime) -> list[str]:
    """Those of the channels that may have something to do for a sender now: cheap to ask, again and again."""
    at = {"campaign_now": campaign_now, "now": now}
    return [name for name in names if session.connection().execute(_OPEN, at | {"name": name}).scalar()]


def next_at(session: Session, campaign_now: datetime, now: datetime) -> datetime | None:
    """The machine time at which something that is due and has to wait may be sent next, if that is known."""
    at = {"campaign_now": campaign_now, "now": now}
    waits = [session.connection().execute(soonest, at).scalar() for soonest in (_NEXT_TRY, _NEXT_FREE)]
    return min((wait for wait in waits if wait), default=None)


def claim(
    session: Session, channel: Channel, sender: Sender, *, limit: int, campaign_now: datetime, now: datetime
) -> list[Message]:
    """Take up to `limit` messages that may be sent now, oldest due first and one of each address.

    What is no longer useful expires; what a dead copy was sending becomes uncertain, or is sent again if it `repeats`.
    """
    in_turn(session, f"lane:{channel.name}")  # the copies claim of one channel in turn, each for an instant
    connection = session.connection()
    at = {"name": channel.name, "campaign_now": campaign_now, "now": now, "busy": list(sender.busy)}
    connection.execute(_GIVE_UP, at)
    connection.execute(_EXPIRE, at)
    interval = timedelta(seconds=channel.interval)
    saved_up = now - (BURST - 1) * interval
    free_at = max(connection.execute(_FREE_AT, at).scalar() or saved_up, saved_up)
    room = min(limit, (now - free_at) // interval + 1) if interval else limit
    if free_at > now or room < 1:
        return []
    lease = {"copy": sender.copy, "until": now + sender.lease, "room": room}
    taken = sorted(session.scalars(_TAKE, at | lease), key=lambda message: (message.due, message.id or 0))
    pauses = {message.address: timedelta(seconds=channel.pause(message.to)) for message in taken}
    paces = {address: now + pause for address, pause in pauses.items() if pause}
    if interval and taken:
        paces[channel.name] = free_at + len(taken) * interval
    pace(session, paces)
    return taken


_OF = col(Message.channel) == bindparam("name")
_PENDING = col(Message.state) == str(State.PENDING)
_DUE = and_(_PENDING, col(Message.due) <= bindparam("campaign_now"))
_LEFT = and_(col(Message.state) == str(State.SENDING), col(Message.lease_until) < NOW)
_NOT_BUSY = col(Message.id).not_in(bindparam("busy", expanding=True))
_SHUT = col(Lane.free_at) > NOW

_OPEN = select(
    and_(
        or_(exists().where(_OF, _DUE, col(Message.not_before) <= NOW), exists().where(_OF, _LEFT)),
        ~exists().where(col(Lane.name) == bindparam("name"), _SHUT),
    )
)
_NEXT_TRY = select(func.min(col(Message.not_before))).where(_DUE, col(Message.not_before) > NOW)
_NEXT_FREE = select(func.min(col(Lane.free_at))).where(
    _SHUT,
    or_(
        exists().where(_DUE, col(Message.address) == col(Lane.name)),
        exists().where(_DUE, col(Message.channel) == col(Lane.name)),
    ),
)

_AGAIN_BY_ITSELF = and_(col(Message.repeats), col(Message.attempts) < REPEATS)
_GIVE_UP = (
    update(Message)
    .where(_OF, _LEFT, _NOT_BUSY)
    .values(
        state=case((_AGAIN_BY_ITSELF, str(State.PENDING)), else_=str(State.UNCERTAIN)),
        settled_at=case((_AGAIN_BY_ITSELF, null()), else_=NOW),
        reason="the copy of Usher that was sending it has ended",
        **FREED,
    )
)
_EXPIRE = (
    update(Message)
    .where(_OF, _DUE, col(Message.useful_until) <= bindparam("campaign_now"))
    .values(state=str(State.EXPIRED), reason="no longer useful", settled_at=NOW)
)
_FREE_AT = select(col(Lane.free_at)).where(col(Lane.name) == bindparam("name"))

_other = aliased(Message)
_SAME_ADDRESS = col(_other.address) == col(Message.address)
# Two questions rather than one with "or": each is answered by the index.
_OTHER_IS_SENT = exists().where(_SAME_ADDRESS, col(_other.state) == str(State.SENDING))
_OTHER_IS_FIRST = exists().where(
    _SAME_ADDRESS,
    col(_other.state) == str(State.PENDING),
    tuple_(col(_other.due), col(_other.id)) < tuple_(col(Message.due), col(Message.id)),
)
_free = (
    select(col(Message.id))
    .where(_OF, _DUE, col(Message.not_before) <= NOW, _NOT_BUSY, ~_OTHER_IS_SENT, ~_OTHER_IS_FIRST)
    .where(~exists().where(col(Lane.name) == col(Message.address), _SHUT))
    .order_by(col(Message.due), col(Message.id))
    .limit(bindparam("room"))
    .with_for_update(skip_locked=True, of=Message)
    .cte("free")  # PostgreSQL may run a plain subquery more than once, and then takes more than the limit
)
_TAKE = (
    update(Message)
    .where(col(Message.id).in_(select(_free.c.id)))
    .values(
        state=str(State.SENDING),
        copy_name=bindparam("copy"),
        lease_until=bindparam("until"),
        attempts=col(Message.attempts) + 1,
    )
    .returning(Message)
    .execution_options(synchronize_session=False, populate_existing=True)
)
