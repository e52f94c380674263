"""Notes what became of a message: sent, to be tried again, failed, or nobody knows."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, null, update
from sqlmodel import Session, col

from models.message import Address
from models.outbox._claim import LEASE, REPEATS
from models.outbox._rows import FREED, NOW, Message, State
from models.pseudonyms import is_left
from models.reach import close


def note_sent(session: Session, message: Message, reference: str, now: datetime) -> None:
    """It is at its place. This holds also for one whose lease was over: what is known to be sent is not sent again."""
    values = {"which": message.id, "sent_as": reference, "now": now}
    session.connection().execute(_SENT, values)


def note_uncertain(session: Session, message: Message, reason: str, now: datetime) -> None:
    """Nobody knows whether it arrived: it is sent again once its lease is over if it `repeats`."""
    if message.repeats and message.attempts < REPEATS:
        # Ever longer after the lease: a platform that is ill for ten minutes takes it in the end.
        longer = (2 ** (message.attempts - 1) - 1) * LEASE
        note_again(session, message, reason, (message.lease_until or now) + longer, counts=True)
    else:
        _settle(session, message, State.UNCERTAIN, reason, now)


def note_failed(
    session: Session, message: Message, reason: str, now: datetime, *, closes: bool = False
) -> Message | None:
    """It will not be sent; gives it as it is now. `closes`: nothing can be sent to this address any more.

    None where this sender had lost it meanwhile: then another one notes what became of it.
    """
    if closes:
        close(session, message.to, reason, now)
    if not _settle(session, message, State.FAILED, reason, now):
        return None
    return session.get(Message, message.id, populate_existing=True)


def note_again(
    session: Session, message: Message, reason: str, not_before: datetime, *, counts: bool, to: Address | None = None
) -> None:
    """It was not sent, and is tried again from `not_before`, there or at `to`. `counts`: as one of its attempts."""
    attempts = message.attempts if counts else message.attempts - 1
    values = {"try_at": not_before, "so_far": attempts, "there": str(to or message.to), "why": reason}
    session.connection().execute(_AGAIN, _holding(message) | values)


def _settle(session: Session, message: Message, state: State, reason: str, now: datetime) -> bool:
    """False where this sender has lost it: its lease was over, and another copy has given it up."""
    values = {"ended": str(state), "why": reason, "now": now}
    return session.connection().execute(_SETTLE, _holding(message) | values).rowcount > 0


def _holding(message: Message) -> dict[str, Any]:
    return {"which": message.id, "by": message.copy_name, "leased": message.lease_until}


# Whoever lost it, because its lease was over, must not change what another copy makes of it.
_HELD = and_(
    col(Message.id) == bindparam("which"),
    col(Message.state) == str(State.SENDING),
    col(Message.copy_name) == bindparam("by"),
    col(Message.lease_until) == bindparam("leased"),
)
_SETTLE = (
    update(Message).where(_HELD).values(state=bindparam("ended"), reason=bindparam("why"), settled_at=NOW, **FREED)
)
_AGAIN = (
    update(Message)
    .where(_HELD)
    .values(
        state=str(State.PENDING),
        address=bindparam("there"),
        attempts=bindparam("so_far"),
        not_before=bindparam("try_at"),
        reason=bindparam("why"),
        **FREED,
    )
)
_SENT = (
    update(Message)
    .where(col(Message.id) == bindparam("which"), col(Message.state) != str(State.SENT))
    # Its addressee may have been forgotten meanwhile: the reference would name them.
    .values(
        state=str(State.SENT),
        reference=case((is_left(col(Message.address)), null()), else_=bindparam("sent_as")),
        reason=None,
        settled_at=NOW,
        **FREED,
    )
)
