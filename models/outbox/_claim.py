"""Takes what may be sent now, for one copy of Usher at a time, in order and at the pace of each platform."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, case, exists, func, null, or_, select, tuple_, update
from sqlalchemy.orm import aliased
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, UTCDateTime, col

from models.message import Channel
from models.outbox._rows import FREED, NOW, Lane, Message, State, pace
from models.store import in_turn

LEASE = timedelta(seconds=60)  # machine time; a send that takes longer is given up before
AHEAD = timedelta(seconds=0.25)  # for how long messages of a channel with a pace are claimed together
EARLY = timedelta(seconds=0.15)  # how long before a channel's turn that is done, so that none of it is lost
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
    at = {"campaign_now": campaign_now, "now": now, "soon": now + EARLY}
    return [name for name in names if session.connection().execute(_OPEN, at | {"name": name}).scalar()]


def next_at(session: Session, campaign_now: datetime, now: datetime) -> datetime | None:
    """The machine time at which something that is due and has to wait may be sent next, if that is known."""
    at = {"campaign_now": campaign_now, "now": now, "soon": now + EARLY}
    run = session.connection().execute
    opens = run(_NEXT_OPEN, at).scalar()
    waits = [run(_NEXT_TRY, at).scalar(), run(_NEXT_FREE, at).scalar(), opens and opens - EARLY]
    return min((wait for wait in waits if wait), default=None)


def claim(
    session: Session, channel: Channel, sender: Sender, *, limit: int, campaign_now: datetime, now: datetime
) -> list[Message]:
    """Take up to `limit` messages that may be sent now, oldest due first and one of each address.

    Of a channel with a pace some are taken ahead: each may be sent from its `not_before` on, one interval after the
    other. What is no longer useful expires; what a dead copy was sending becomes uncertain, or is sent again if it
    `repeats`.
    """
    in_turn(session, f"lane:{channel.name}")  # the copies claim of one channel in turn, each for an instant
    connection = session.connection()
    at = {"name": channel.name, "campaign_now": campaign_now, "now": now, "busy": list(sender.busy)}
    connection.execute(_GIVE_UP, at)
    connection.execute(_EXPIRE, at)
    interval = timedelta(seconds=channel.interval)
    begin = max(connection.execute(_FREE_AT, at).scalar() or now, now)
    room = min(limit, AHEAD // interval + 1) if interval else limit
    if begin > (now + EARLY if interval else now) or room < 1:
        return []
    lease = {"copy": sender.copy, "until": now + sender.lease, "room": room}
    taken = sorted(session.scalars(_TAKE, at | lease), key=lambda message: (message.due, message.id or 0))
    paces: dict[str, datetime] = {}
    for number, message in enumerate(taken):
        turn = begin + number * interval
        set_committed_value(message, "not_before", turn)  # for the sender alone: nothing of it is written
        if pause := channel.pause(message.to):
            paces[message.address] = turn + timedelta(seconds=pause)
    if interval and taken:
        paces[channel.name] = begin + len(taken) * interval
    pace(session, paces)
    return taken


_OF = col(Message.channel) == bindparam("name")
_PENDING = col(Message.state) == str(State.PENDING)
_DUE = and_(_PENDING, col(Message.due) <= bindparam("campaign_now"))
_LEFT = and_(col(Message.state) == str(State.SENDING), col(Message.lease_until) < NOW)
_NOT_BUSY = col(Message.id).not_in(bindparam("busy", expanding=True))
_SHUT = col(Lane.free_at) > NOW
_STILL_SHUT = col(Lane.free_at) > bindparam("soon", type_=UTCDateTime())  # the lane of a channel

_FIRST_TO_SEND = (
    select(col(Message.id))
    .where(_OF, _DUE, col(Message.not_before) <= NOW)
    .order_by(col(Message.due), col(Message.id))  # so that the right index is taken, however many wait for later
    .limit(1)
    .scalar_subquery()
)
_OPEN = select(
    and_(
        or_(_FIRST_TO_SEND.is_not(None), exists().where(_OF, _LEFT)),
        ~exists().where(col(Lane.name) == bindparam("name"), _STILL_SHUT),
    )
)
# The first of an order that an index has: with ever so many that wait, no more than a few rows are looked at.
_NEXT_TRY = (
    select(col(Message.not_before))
    .where(_PENDING, col(Message.not_before) > NOW, col(Message.due) <= bindparam("campaign_now"))
    .order_by(col(Message.not_before))
    .limit(1)
)
_NEXT_FREE = (
    select(col(Lane.free_at))
    .where(_SHUT, exists().where(col(Message.address) == col(Lane.name), _DUE))
    .order_by(col(Lane.free_at))
    .limit(1)
)
_FIRST_DUE = (
    select(func.min(col(Message.due)))
    .where(_PENDING, col(Message.channel) == col(Lane.name))
    .correlate(Lane)
    .scalar_subquery()
)
_NEXT_OPEN = select(func.min(col(Lane.free_at))).where(
    _STILL_SHUT,
    ~col(Lane.name).contains(":"),  # the lane of a whole channel
    bindparam("campaign_now", type_=UTCDateTime()) >= _FIRST_DUE,
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
    .where(_OF, _PENDING, col(Message.useful_until) <= bindparam("campaign_now"))
    .values(state=str(State.EXPIRED), reason="no longer useful", settled_at=NOW)
)
_FREE_AT = select(col(Lane.free_at)).where(col(Lane.name) == bindparam("name"))

_other = aliased(Message)
_SAME_ADDRESS = col(_other.address) == col(Message.address)
# Asked of one row after the other, in the order of the index, until there are enough: as "not exists" PostgreSQL
# would first compare all that wait with all that wait. Two questions rather than one with "or", for the index.
_OTHER_IS_SENT = select(col(_other.id)).where(_SAME_ADDRESS, col(_other.state) == str(State.SENDING)).limit(1)
_OTHER_IS_FIRST = (
    select(col(_other.id))
    .where(
        _SAME_ADDRESS,
        col(_other.state) == str(State.PENDING),
        tuple_(col(_other.due), col(_other.id)) < tuple_(col(Message.due), col(Message.id)),
    )
    .limit(1)
)
_LANE_IS_SHUT = select(col(Lane.name)).where(col(Lane.name) == col(Message.address), _SHUT).limit(1)
_NOTHING_BEFORE = [
    asked.correlate(Message).scalar_subquery().is_(None) for asked in (_OTHER_IS_SENT, _OTHER_IS_FIRST, _LANE_IS_SHUT)
]
_free = (
    select(col(Message.id))
    .where(_OF, _DUE, col(Message.not_before) <= NOW, _NOT_BUSY, *_NOTHING_BEFORE)
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
