"""What the seats ask of the database. Prepared once: people come in crowds when registration opens."""

from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import RowMapping, and_, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel, UTCDateTime, col

from models.contacts import Membership
from models.seats._rows import Places, Seat, SeatEvent, State, Waiting
from models.store import as_read

Kept = TypeVar("Kept", bound=SQLModel)


def copies(kind: type[Kept], found: Iterable[RowMapping]) -> list[Kept]:
    """The rows as objects that no session watches: what one looked up before is never what another one changed."""
    names = kind.model_fields
    return [as_read(kind, {name: row[name] for name in names}) for row in found]


def values(row: SQLModel) -> dict[str, Any]:
    return row.model_dump(exclude={"id"})


def _here(kind: type[Seat] | type[Waiting] | type[Places]) -> Any:
    return and_(col(kind.campaign) == bindparam("of_campaign"), col(kind.briefing) == bindparam("at_briefing"))


_member = and_(
    col(Membership.contact_id) == bindparam("who"),
    col(Membership.participant) == bindparam("whose"),
    col(Membership.until).is_(None),
)
# Who stands in line without a current membership could not hold the seat.
STILL_THERE = exists().where(
    col(Membership.contact_id) == col(Waiting.contact_id),
    col(Membership.participant) == col(Waiting.participant),
    col(Membership.until).is_(None),
)
_WAITS = col(Waiting.state) == "waiting"
STANDS = or_(_WAITS, col(Waiting.state) == "offered")
_THEIRS = col(Seat.participant) == bindparam("whose")
_OFFERED = col(Seat.state) == str(State.OFFERED)
# Of the tables, not of the classes: no session is to watch what was looked up.
_SEAT = Seat.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_EVENT = SeatEvent.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_WAITING = Waiting.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it

SEAT = select(_SEAT)
WAITING = select(_WAITING)
TAKEN = select(col(Places.taken)).where(_here(Places))
SEATS = select(_SEAT).where(_here(Seat), _THEIRS).order_by(col(Seat.number))
LOOK = select(
    exists().where(_member).label("member"),
    TAKEN.scalar_subquery().label("taken"),
    exists().where(_here(Waiting), _WAITS).label("anyone_waits"),
    exists().where(_here(Seat), _THEIRS).label("has_seats"),
)
OVERDUE = select(_SEAT).where(_here(Seat), _OFFERED, col(Seat.offer_until) <= bindparam("now", type_=UTCDateTime()))
OVERDUE = OVERDUE.order_by(col(Seat.waiting_id))
HELD = select(col(Seat.participant), func.count()).where(_here(Seat)).group_by(col(Seat.participant))
LINE = select(_WAITING).where(_here(Waiting), _WAITS, STILL_THERE).order_by(col(Waiting.id))
IN_LINE = select(_WAITING).where(_here(Waiting), STANDS).order_by(col(Waiting.id))
IN_LINE_OF = IN_LINE.where(col(Waiting.participant) == bindparam("whose"))
STIRS = select(or_(exists().where(_here(Waiting), _WAITS), exists().where(OVERDUE.whereclause)))  # type: ignore[arg-type]  # it has one

ADD_SEAT = insert(Seat).returning(col(Seat.id))
KEEP_SEAT = update(Seat).where(col(Seat.id) == bindparam("which"))
DROP_SEAT = delete(Seat).where(col(Seat.id) == bindparam("which"))
ADD_WAITING = insert(Waiting).returning(col(Waiting.id))
KEEP_WAITING = update(Waiting).where(col(Waiting.id) == bindparam("which"))
NOTE = insert(SeatEvent)
GIVE_BACK = update(Places).where(_here(Places)).values(taken=col(Places.taken) - 1)


def _take(add: Any) -> Any:
    taken = col(Places.taken) + add.excluded.taken
    fits = taken <= bindparam("most")
    return add.on_conflict_do_update(index_elements=["campaign", "briefing"], set_={"taken": taken}, where=fits)


TAKE = {"postgresql": _take(postgresql.insert(Places)), "sqlite": _take(sqlite.insert(Places))}


def _take_and_add() -> Any:
    """The three that belong to a new seat in one, as each waits for PostgreSQL's answer while others wait for this."""
    taking = postgresql.insert(Places).values({name: bindparam(f"place_{name}") for name in Places.model_fields})
    place = _take(taking).returning(col(Places.taken)).cte("place")
    seat = insert(Seat).from_select(*_if_taken(_SEAT, "seat", place)).returning(col(Seat.id)).cte("added")
    event = insert(SeatEvent).from_select(*_if_taken(_EVENT, "event", place)).cte("noted")
    return select(seat.c.id).add_cte(event)


def _if_taken(table: Any, prefix: str, place: Any) -> Any:
    """A row's columns and their values, where the place was taken; else none."""
    columns = [column for column in table.c if column.name != "id"]
    given = (bindparam(f"{prefix}_{column.name}", type_=column.type) for column in columns)
    return [column.name for column in columns], select(*given).select_from(place)


TAKE_AND_ADD = _take_and_add()


def together(**rows: dict[str, Any]) -> dict[str, Any]:
    """The values of several rows for one statement, as `TAKE_AND_ADD` names them."""
    return {f"{prefix}_{name}": value for prefix, row in rows.items() for name, value in row.items()}
