"""Whatever people do, in whatever order: the seats are as a plain model of the rule says, and no rule is broken."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, text, update
from sqlmodel import Session, col

from models import seats
from models.contacts import Contact, Membership
from models.participants import Participant
from models.seats import Moment, Places, Rules, Seat, SeatEvent, Waiting
from models.store import Store
from tests.seats_cast import MACHINE, NOON, attendee, people
from tests.seats_model import Hall, Place, Plain, Refused
from tests.seats_rules import assert_nothing_is_broken, chairs_of, everything

HOUR = timedelta(hours=1)
CLOSES, STARTS = NOON + 60 * HOUR, NOON + 100 * HOUR
FIRMS = {"amy": "CP1", "ben": "CP1", "cid": "CP2", "dan": "CP2"}
SITTERS = ("amy", "ben", "cid", "zoe", "max")
MANY = 10**6

RULES = {
    "free": Rules("spring", "free", 2, None, CLOSES, STARTS, None, 9 * HOUR),
    "late": Rules("spring", "late", 1, 2, CLOSES, STARTS, NOON + 80 * HOUR, 9 * HOUR),
    "room": Rules("spring", "room", 2, 3, CLOSES, STARTS, None, 9 * HOUR),
}
BY_PLACE = {(one.campaign, one.briefing): one for one in RULES.values()}

who, hall, sitter = st.sampled_from(sorted(FIRMS)), st.sampled_from(sorted(RULES)), st.sampled_from(SITTERS)
one_of_them = st.integers(0, 7)
forged = st.integers(0, 12).map(lambda one: one == 11)  # what is typed by hand, for another firm or another briefing
reference = st.sampled_from([None, "R-1", "R-2"])


class Briefings(RuleBasedStateMachine):
    """The real seats beside the model."""

    store: Store
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        halls = {key: Hall(one.limit or MANY, one.capacity or MANY, one.closes, one.starts, one.offers_from,
                           one.offer_lasts) for key, one in RULES.items()}  # fmt: skip
        self.plain = Plain(halls, dict(FIRMS), NOON)
        self.history: list[Any] = []

    @initialize()
    def open(self) -> None:
        self.ids = self.write(anew)

    @rule(who=who, hall=hall, sitters=st.lists(sitter, min_size=1, max_size=3), forged=forged)
    def reserve(self, who: str, hall: str, sitters: list[str], forged: bool) -> None:
        firm = self.firm(who, forged)
        wanted = [attendee(one) for one in sitters]
        self.both(
            lambda: self.plain.reserve(who, firm, hall, sitters),
            lambda session, at: seats.reserve(session, RULES[hall], firm, self.ids[who], wanted, at),
        )

    @rule(who=who, which=one_of_them, forged=forged)
    def free(self, who: str, which: int, forged: bool) -> None:
        number, hall, who, firm = self.chair(which, who, forged)
        self.both(
            lambda: self.plain.free(who, firm, hall, number),
            lambda session, at: seats.free(session, RULES[hall], number, firm, self.ids[who], at),
        )

    @rule(who=who, which=one_of_them, sitter=sitter, forged=forged)
    def swap(self, who: str, which: int, sitter: str, forged: bool) -> None:
        number, hall, who, firm = self.chair(which, who, forged)
        self.both(
            lambda: self.plain.swap(who, firm, hall, number, sitter),
            lambda session, at: seats.swap(session, RULES[hall], number, firm, self.ids[who], attendee(sitter), at),
        )

    @rule(who=who, which=one_of_them, to=hall, forged=forged)
    def move(self, who: str, which: int, to: str, forged: bool) -> None:
        number, hall, who, firm = self.chair(which, who, forged)
        self.both(
            lambda: self.plain.move(who, firm, hall, to, number),
            lambda session, at: seats.move(session, RULES[hall], RULES[to], number, firm, self.ids[who], at),
        )

    @rule(who=who, hall=hall, sitter=sitter, forged=forged)
    def wait(self, who: str, hall: str, sitter: str, forged: bool) -> None:
        firm = self.firm(who, forged)
        self.both(
            lambda: self.plain.wait(who, firm, hall, sitter),
            lambda session, at: seats.wait(session, RULES[hall], firm, self.ids[who], attendee(sitter), at),
        )

    @rule(who=who, which=one_of_them, forged=forged)
    def leave_line(self, who: str, which: int, forged: bool) -> None:
        places = self.plain.line[-8:] or [Place(99, "room", "CP1", "amy", "amy")]
        place = places[which % len(places)]
        firm, hall = (self.firm(who, True), "free") if forged else (place.firm, place.hall)
        who = self.someone(firm, who)
        self.both(
            lambda: self.plain.leave_line(who, firm, hall, place.number),
            lambda session, at: seats.leave_line(session, RULES[hall], place.number, firm, self.ids[who], at),
        )

    @rule(who=who, which=one_of_them, forged=forged)
    def accept(self, who: str, which: int, forged: bool) -> None:
        number, hall, who, firm = self.chair(which, who, forged, offered=True)
        self.both(
            lambda: self.plain.accept(who, firm, hall, number),
            lambda session, at: seats.accept(session, RULES[hall], number, firm, self.ids[who], at),
        )

    @rule(who=who, hall=hall, reference=reference, forged=forged)
    def book(self, who: str, hall: str, reference: str | None, forged: bool) -> None:
        firm = self.firm(who, forged)
        self.both(
            lambda: self.plain.book(who, firm, hall, reference),
            lambda session, at: seats.book(session, "spring", hall, firm, self.ids[who], reference, at),
        )

    @rule(who=who, hall=hall)
    def unbook(self, who: str, hall: str) -> None:
        firm = self.firm(who, forged=False)
        self.both(
            lambda: self.plain.unbook(who, firm, hall),
            lambda session, at: seats.unbook(session, "spring", hall, firm, self.ids[who], at),
        )

    @rule(hall=hall, first=who)
    def a_crowd_comes(self, hall: str, first: str) -> None:
        """Everybody wants a seat there; who gets none waits."""
        for who in (first, *sorted({*FIRMS} - {first})):
            self.reserve(who, hall, [who], forged=False)
            self.wait(who, hall, who, forged=False)

    @rule(hours=st.integers(1, 12), hall=hall)
    def time_passes(self, hours: int, hall: str) -> None:
        self.plain.now += hours * HOUR
        if hours % 4:  # the clock may be late
            self.both(lambda: self.plain.tick(hall), lambda session, at: seats.lapse(session, RULES[hall], at))

    @rule(who=who)
    def leave_or_come_back(self, who: str) -> None:
        if who in self.plain.firms:
            self.both(lambda: self.plain.leave(who), lambda session, at: self.leaves(session, who, at))
            return
        self.plain.firms[who] = FIRMS[who]
        since = MACHINE + len(self.plain.told) * HOUR + timedelta(days=1)
        row = Membership(contact_id=self.ids[who], participant=FIRMS[who], how="import", since=since)
        self.write(lambda session: session.add(row))

    def leaves(self, session: Session, who: str, at: Moment) -> object:
        mine = update(Membership).where(col(Membership.contact_id) == self.ids[who])
        session.connection().execute(mine.values(until=MACHINE))
        return seats.hand_over(session, BY_PLACE, self.ids[who], FIRMS[who], at)

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        kept = self.read(everything)
        names = {number: name.lower() for name, number in self.ids.items()}
        assert chairs_of(kept.seats, names) == sorted(
            (one.number, one.hall, one.firm, one.slot, one.sitter, one.holder, one.until, one.place, one.version,
             one.reference, one.booked) for one in self.plain.chairs
        )  # fmt: skip
        assert [(one.id, one.briefing, one.participant, one.attendee_name.lower(), names[one.contact_id], one.state)
                for one in kept.line] == [
            (one.number, one.hall, one.firm, one.sitter, one.holder, one.state) for one in self.plain.line
        ]  # fmt: skip
        assert [(one.what, one.briefing, one.participant, one.attendee_name.lower()) for one in kept.events] == (
            self.plain.told
        )
        assert_nothing_is_broken(kept, RULES)
        assert kept.events[: len(self.history)] == self.history  # what is written is never changed
        self.history = kept.events

    def both(self, plainly: Callable[[], None], really: Callable[[Session, Moment], object]) -> None:
        """Do it in the model and in earnest: both do it, or both refuse it for the same reason."""
        before = repr(self.plain)
        try:
            plainly()
        except Refused as refused:
            assert repr(self.plain) == before
            why = str(refused)
        else:
            why = ""
        assert self.write(lambda session: _answer(session, really, Moment(self.plain.now, MACHINE))) == why

    def write(self, do: Callable[[Session], Any]) -> Any:
        return self.runner.run(self.store.write(do))

    def read(self, do: Callable[[Session], Any]) -> Any:
        return self.runner.run(self.store.read(do))

    def firm(self, who: str, forged: bool) -> str:
        return ({"CP1": "CP2", "CP2": "CP1"} if forged else {"CP1": "CP1", "CP2": "CP2"})[FIRMS[who]]

    def someone(self, firm: str, who: str) -> str:
        """Somebody of that firm, or else the one that was drawn."""
        return next((one for one, whose in self.plain.firms.items() if whose == firm), who)

    def chair(self, which: int, who: str, forged: bool, *, offered: bool = False) -> tuple[int, str, str, str]:
        """A seat with somebody who may change it; forged: as somebody else who would like to."""
        chairs = [one for one in self.plain.chairs if bool(one.until) == offered] or self.plain.chairs
        if not chairs:
            return 99, "room", who, FIRMS[who]
        chair = chairs[which % len(chairs)]
        if forged:
            return chair.number, "room", who, FIRMS[who]
        return chair.number, chair.hall, self.someone(chair.firm, who), chair.firm


def _answer(session: Session, really: Callable[[Session, Moment], object], at: Moment) -> str:
    """As a handler does: what is refused is said, and the transaction goes on."""
    try:
        really(session, at)
    except (seats.NotAMember, seats.RegistrationClosed, seats.ParticipantFull, seats.BriefingFull, seats.OthersWait,
            seats.AlreadySeated, seats.NoSuchSeat) as refused:  # fmt: skip
        return type(refused).__name__
    return ""


def anew(session: Session) -> dict[str, int]:
    """An empty database with the people in it."""
    tables = (SeatEvent, Seat, Waiting, Places, Membership, Contact, Participant)
    for table in tables:
        session.connection().execute(delete(table))
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    for name in ("seat", "waiting"):
        again = f"ALTER SEQUENCE {name}_id_seq RESTART" if on_postgresql else "DELETE FROM sqlite_sequence"
        session.connection().execute(text(again))
    ids = people(session, FIRMS)
    for name, number in ids.items():
        contact = session.get_one(Contact, number)
        contact.email = attendee(name).email
    return ids


async def opened(database_url: str) -> Store:
    return await Store.open(database_url)


def test_whatever_people_do_the_rules_hold(database_url: str) -> None:
    with asyncio.Runner() as runner:
        store = runner.run(opened(database_url))
        of_this_run = type("OfThisRun", (Briefings,), {"store": store, "runner": runner})
        try:
            run_state_machine_as_test(
                of_this_run,
                settings=settings(
                    max_examples=50,
                    stateful_step_count=30,
                    deadline=None,
                    derandomize=True,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(store.close())
