"""Lists the cases as the desk page shows them: mine, unclaimed, open, waiting or over; counted, searched, in pages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, UnaryExpression, func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from models.participants import Participant
from models.support._rows import LIVE, Case, State

PAGE = 50  # cases
_LIVE = [str(one) for one in LIVE]
_OVER = [str(one) for one in State if one not in LIVE]
_NUMBER = re.compile(r"#?\s*(\d{1,9})")


class Tab(StrEnum):
    MINE = "mine"
    UNCLAIMED = "unclaimed"
    OPEN = "open"  # whoever holds them
    WAITING = "waiting"
    RESOLVED = "resolved"  # and what has ended in another way


class Order(StrEnum):
    WAITING = "waiting"  # who waits longest comes first
    NEWEST = "newest"


@dataclass(frozen=True)
class View:
    """Which cases are asked for. `name` is who asks, where it is about theirs; `search`, a number, a participant's code
    or name, or a person's name, is looked for in all of them.
    """

    tab: Tab
    order: Order = Order.WAITING
    name: str = ""
    page: int = 1
    search: str = ""


@dataclass(frozen=True)
class Row:
    """A case in a list; `firm` is its participant's name. Times as in `Case`."""

    number: int
    participant: str | None
    firm: str | None
    name: str | None
    sender: str
    question: str
    state: str
    holder: str | None
    campaign: str | None
    at: datetime
    waits_since: datetime | None
    version: int


@dataclass(frozen=True)
class Listed:
    """One page of a list; `more`: there is another after it."""

    rows: Sequence[Row]
    more: bool


@dataclass(frozen=True)
class Counts:
    """How many cases each list has; `mine` by name."""

    tabs: Mapping[str, int]
    mine: Mapping[str, int]


_COLUMNS: tuple[Any, ...] = tuple(
    Participant.name if name == "firm" else getattr(Case, name) for name in Row.__dataclass_fields__
)


def listed(session: Session, view: View) -> Listed:
    """That page of the list."""
    wanted = (
        columns(*_COLUMNS)
        .join_from(Case, Participant, col(Case.participant) == col(Participant.code), isouter=True)
        .where(_sought(view.search) if view.search else _of(view))
        .order_by(*_order(view))
        .limit(PAGE + 1)
        .offset((view.page - 1) * PAGE)
    )
    rows = [Row(*row) for row in session.connection().execute(wanted)]
    return Listed(rows[:PAGE], len(rows) > PAGE)


def counts(session: Session) -> Counts:
    """All of them, by one look at an index."""
    grouped = columns(col(Case.state), col(Case.holder), func.count()).group_by(col(Case.state), col(Case.holder))
    tabs, mine = dict.fromkeys((str(one) for one in Tab if one != Tab.MINE), 0), dict[str, int]()
    for state, holder, number in session.connection().execute(grouped):
        if holder and state in _LIVE:
            mine[holder] = mine.get(holder, 0) + number
        if state == State.OPEN:
            tabs[Tab.OPEN] += number
            tabs[Tab.UNCLAIMED] += 0 if holder else number
        elif state == State.WAITING:
            tabs[Tab.WAITING] += number
        else:
            tabs[Tab.RESOLVED] += number
    return Counts(tabs, mine)


def _of(view: View) -> ColumnElement[bool]:
    state, holder = col(Case.state), col(Case.holder)
    wanted: dict[Tab, ColumnElement[bool]] = {
        Tab.MINE: state.in_(_LIVE) & (holder == view.name),
        Tab.UNCLAIMED: (state == str(State.OPEN)) & holder.is_(None),
        Tab.OPEN: state == str(State.OPEN),
        Tab.WAITING: state == str(State.WAITING),
        Tab.RESOLVED: state.in_(_OVER),
    }
    return wanted[view.tab]


def _order(view: View) -> tuple[UnaryExpression[Any], ...]:
    number, since = col(Case.number), col(Case.waits_since)
    if view.order is Order.NEWEST or view.search or view.tab in {Tab.RESOLVED, Tab.WAITING}:
        return (number.asc() if view.order is Order.WAITING and not view.search else number.desc(),)
    # An open case always has its time: so the index gives them in this order on both databases.
    return (since.asc() if view.tab in {Tab.UNCLAIMED, Tab.OPEN} else since.asc().nulls_last(), number.asc())


def _sought(search: str) -> ColumnElement[bool]:
    if found := _NUMBER.fullmatch(search.strip()):
        return col(Case.number) == int(found[1])
    named = select(Participant.code).where(_contains(Participant.name, search))
    firm = or_(
        col(Case.participant).in_(named),
        func.upper(col(Case.participant)).startswith(search.strip().upper(), autoescape=True),
    )
    return or_(firm, _contains(Case.name, search))


def _contains(column: Any, search: str) -> ColumnElement[bool]:
    return func.lower(col(column)).contains(search.strip().lower(), autoescape=True)
