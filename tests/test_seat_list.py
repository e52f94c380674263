"""Everybody who waits for a seat is listed with the place that they are told, however long the line is."""

from datetime import UTC, date, datetime, time
from itertools import count

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from models import seats
from models.contacts import SELF, leave
from models.message import Address
from models.seats import Rules, Seat, Waiting
from models.store import Store
from tests.firms import firm, person
from tests.reception_cast import MORNING
from tests.web_cast import small_campaign

_keys = (f"c{number}" for number in count(1))

FIRMS = "PQRS"
SEATED = st.dictionaries(st.sampled_from(FIRMS), st.integers(0, 3))
LINE_OF = st.lists(st.sampled_from(FIRMS), max_size=8)
LIMITS = st.none() | st.integers(1, 3)


@pytest.fixture
async def amy_of_four(store: Store) -> int:
    """She acts for four firms, but for the last one no longer."""

    def made(session: Session) -> int:
        for code in FIRMS:
            firm(session, code, code)
        contact = person(session, "Amy", Address("web", "amy"), *FIRMS)
        leave(session, contact, "S", SELF, datetime(2026, 2, 3, tzinfo=UTC))
        return contact

    return await store.write(made)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seated=SEATED, line=LINE_OF, limit=LIMITS, capacity=LIMITS)
@example(seated={"P": 1}, line=["P", "Q"], limit=1, capacity=3)  # who has its limit is passed over
async def test_the_places_in_line_are_those_that_are_told_to_who_waits(
    store: Store, amy_of_four: int, seated: dict[str, int], line: list[str], limit: int | None, capacity: int | None
) -> None:
    briefing = {"key": "b", "on": date(2023, 4, 24), "start": time(16), "mode": "room", "mode_name": {"en": "room"},
                "limit": limit, "capacity": capacity}  # fmt: skip
    made = small_campaign(next(_keys), briefing=(briefing,))
    rules = Rules.of(made, made.briefing["b"])

    def compare(session: Session) -> None:
        rows = _rows(made.key, seated, line, amy_of_four)
        session.add_all(rows)
        session.flush()
        places = [one.place for one in seats.listed(session, made) if one.state == "waiting"]
        waiting = [row for row in rows if isinstance(row, Waiting)]
        told = [seats.place_in_line(session, rules, row) for row in waiting]
        gone = [row.participant == "S" for row in waiting]
        assert places == [None if left else place for place, left in zip(told, gone, strict=True)]

    await store.write(compare)


def _rows(key: str, seated: dict[str, int], line: list[str], contact: int) -> list[Seat | Waiting]:
    held = [_seat(key, code, number, contact) for code, most in seated.items() for number in range(most)]
    return [*held, *(_waiting(key, code, number, contact) for number, code in enumerate(line))]


def _seat(key: str, code: str, number: int, contact: int) -> Seat:
    return Seat(
        campaign=key,
        briefing="b",
        participant=code,
        number=number,
        contact_id=contact,
        attendee_key=f"{number}",
        attendee_name="Amy",
        uid=f"{key} {code} {number}",
        since=MORNING,
    )


def _waiting(key: str, code: str, number: int, contact: int) -> Waiting:
    return Waiting(
        campaign=key,
        briefing="b",
        participant=code,
        contact_id=contact,
        attendee_key=f"w{number}",
        attendee_name="Ben",
        since=MORNING,
    )
