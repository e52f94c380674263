"""Makes and sends codes for the tests of them, each in a transaction that is kept whatever comes of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, SQLModel, select

from models import codes
from models.codes import Enrolled, SpentCode, TooManyGuesses, WrongCode
from models.message import Address
from models.participants import ParticipantDomain
from models.store import Store
from tests.firms import firm

NOW = datetime(2026, 2, 3, 9, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AMY, BEN, CID = Address("telegram", "11"), Address("slack", "T01:U02"), Address("web", "cid")
WRONG = "USHER-2222-3333-4444-5555"
Refusal = WrongCode | SpentCode | TooManyGuesses


def two_firms(session: Session) -> None:
    for code in ("C01", "C02"):
        firm(session, code, f"Firm {code}")
        session.add(ParticipantDomain(domain="group.example", participant=code))
    session.add(ParticipantDomain(domain="alpha.example", participant="C01"))


async def made(store: Store, uses: int = 2, participant: str = "C01", days: int = 30, now: datetime = NOW) -> str:
    return await store.write(codes.make, participant, uses, NOW + days * DAY, now)


async def sent(store: Store, code: str, person: Address, now: datetime = NOW) -> Enrolled | Refusal:
    """What comes of it, in a transaction that is kept whatever that is: as where it is answered in words."""
    return await store.write(answered, codes.redeem, code, person, now)


def answered(session: Session, ask: Callable[..., Enrolled], *given: object) -> Enrolled | Refusal:
    try:
        return ask(session, *given)
    except (WrongCode, SpentCode, TooManyGuesses) as refusal:
        return refusal


async def count(store: Store, table: type[SQLModel]) -> int:
    return len(await store.read(lambda session: session.exec(select(table)).all()))
