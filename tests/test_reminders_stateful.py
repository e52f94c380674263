"""Whatever happens, in whatever order: nobody is told the same twice, nor anything that is over, done or unwanted."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete
from sqlmodel import Session

from models import reach
from models.campaign import Campaign
from models.contacts import Contact, ContactAddress, Membership
from models.outbox import Lane, Message
from models.participants import Participant
from models.reminders import Reminder, ReminderLead, ReminderRun, ReminderWish
from models.status import Declaration
from models.store import Store
from tests.delivery_cast import Clock
from tests.reminders_cast import DAS, GONE, LINE, USERS, Sent, Usher, april

FIRMS = {"ann": ("ALPHA", "BETA"), "bob": ("BETA",), "dee": ("GAMMA",)}
RULES = {"emails": (USERS, DAS), "connection": (LINE,), "emails.28": (USERS, DAS), "connection.28": (LINE,)}
# When each of these is said, and until when it is of use: read off the calendar.
SAID = [*map(april, (13, 20, 25, 26, 27)), april(28, 0)]
UNTIL = dict(pairwise(SAID)) | {april(28): april(29, 0)}

who, task = st.sampled_from(["ann", "bob"]), st.sampled_from([USERS, DAS, LINE])
firm, copy = st.sampled_from(["ALPHA", "BETA"]), st.integers(0, 1)


class Month(RuleBasedStateMachine):
    """Two copies of Usher, three people, and what is known of them without a look at the database.

    Of Gamma and its Dee nothing is ever said: she hears everything, and in time.
    """

    store: Store
    campaign: Campaign
    runner: asyncio.Runner

    @initialize(day=st.integers(12, 26))
    def begin(self, day: int) -> None:
        self.run(self.store.write(emptied))
        self.clock = Clock(april(day, 9))
        first = Usher(self.store, [self.campaign], self.clock)
        self.copies = [first, first.another()]
        self.ids = {name: self.run(first.has(name, code)) for name, codes in FIRMS.items() for code in codes}
        self.done: set[tuple[str, str]] = set()
        self.stopped: set[str] = set()
        self.asleep: dict[str, datetime] = {}
        self.checked = 0
        self.latest = self.clock.at
        self.told: set[tuple[str, str, str, str]] = set()

    @rule(hours=st.integers(1, 60))
    def time_passes(self, hours: int) -> None:
        self.clock.at += timedelta(hours=hours)

    @rule(copy=copy, meanwhile=st.none() | st.tuples(firm, task), late=st.integers(0, 3))
    def it_is_ten_again(self, copy: int, meanwhile: tuple[str, str] | None, late: int) -> None:
        """The day's reminders are planned, something may be done, and they are sent; Usher may look again later."""
        ten = self.clock.at.replace(hour=10, minute=0)
        self.clock.at = ten if ten > self.clock.at else ten + timedelta(days=1)
        self.plan(copy)
        if meanwhile:
            self.say(*meanwhile, undone=False)
        self.send(copy)
        self.clock.at += timedelta(hours=late)
        self.tick(copy)

    @rule(hours=st.integers(1, 30))
    def time_is_put_back(self, hours: int) -> None:
        self.latest = max(self.latest, self.clock.at)
        self.clock.at -= timedelta(hours=hours)

    @rule(copy=copy, days=st.sampled_from([-1, 1]))
    def the_machine_s_clock_jumps(self, copy: int, days: int) -> None:
        self.copies[copy].machine.at += timedelta(days=days)

    @rule(copy=copy)
    def plan(self, copy: int) -> None:
        self.run(self.copies[copy].plan())

    @rule(copy=copy)
    def plan_a_part(self, copy: int) -> None:
        self.run(self.copies[copy].plan_part())

    @rule(copy=copy)
    def send(self, copy: int) -> None:
        self.run(self.copies[copy].send())

    @rule(copy=copy)
    def tick(self, copy: int) -> None:
        self.run(self.copies[copy].tick())
        self.dee_knows_what_is_due()

    @rule(firm=firm, task=task, undone=st.sampled_from([False, False, True]))
    def say(self, firm: str, task: str, undone: bool) -> None:
        does = self.copies[0].undone if undone else self.copies[0].done
        self.run(does(firm, task, by=self.ids["ann"]))
        self.done = self.done - {(firm, task)} if undone else self.done | {(firm, task)}

    @rule(who=who, stops=st.booleans())
    def stop_or_resume(self, who: str, stops: bool) -> None:
        self.run(self.copies[0].wishes(self.ids[who], "stop" if stops else "resume"))
        self.stopped = self.stopped | {who} if stops else self.stopped - {who}
        if not stops:
            self.asleep.pop(who, None)

    @rule(who=who, hours=st.integers(1, 40))
    def snooze(self, who: str, hours: int) -> None:
        self.asleep[who] = self.clock.at + timedelta(hours=hours)
        self.run(self.copies[0].wishes(self.ids[who], "snooze", until=self.asleep[who]))

    @rule(who=who, closes=st.booleans())
    def a_message_is_refused(self, who: str, closes: bool) -> None:
        self.copies[0].refuses[f"slack:T:{who}"] = [GONE] if closes else []

    @invariant()
    def nothing_was_told_that_should_not_have_been(self) -> None:
        arrived = self.copies[0].sent[self.checked :]
        for one in arrived:
            if one.to != "slack:T:SUPPORT":
                self.check(one)
        self.checked += len(arrived)

    def check(self, one: Sent) -> None:
        who = one.to.removeprefix("slack:T:")
        rows = self.run(self.copies[0].rows(message_key=one.key, state="told"))
        assert rows
        assert who not in self.stopped
        assert one.at >= self.asleep.get(who, one.at)
        for row in (row for row in rows if row.rule in RULES):
            told = (who, row.rule, row.lead, row.participant)
            assert told not in self.told, f"told twice: {told}"
            self.told.add(told)
            assert row.due <= one.at < UNTIL[row.due]
            assert row.participant in FIRMS[who]
            assert {(row.participant, task) for task in RULES[row.rule]} - self.done, f"nothing is open: {told}"

    def dee_knows_what_is_due(self) -> None:
        due = [at for at in UNTIL if at <= self.clock.at]
        if self.clock.at < self.latest:
            return  # what was planned before the time was put back waits until it is that time again
        if due and self.clock.at < UNTIL[due[-1]]:
            rows = self.run(self.copies[0].rows(contact_id=self.ids["dee"], due=due[-1], state="told"))
            assert {row.rule.removesuffix(".28") for row in rows} == {"emails", "connection"}

    def run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(doing)


def emptied(session: Session) -> None:
    """An empty database."""
    for table in (Reminder, ReminderRun, ReminderLead, ReminderWish, Message, Lane, Declaration, reach.Closed,
                  ContactAddress, Membership, Contact, Participant):  # fmt: skip
        session.connection().execute(delete(table))


async def opened(database_url: str) -> Store:
    return await Store.open(database_url)


def test_whatever_happens_nobody_is_told_anything_twice_or_wrong(database_url: str, campaign: Campaign) -> None:
    examples = 50 if database_url.startswith("sqlite") else 6
    with asyncio.Runner() as runner:
        store = runner.run(opened(database_url))
        of_this_run = type("OfThisRun", (Month,), {"store": store, "runner": runner, "campaign": campaign})
        try:
            run_state_machine_as_test(
                of_this_run,
                settings=settings(
                    max_examples=examples, stateful_step_count=40, deadline=None, derandomize=True, database=None,
                    suppress_health_check=list(HealthCheck),
                    phases=[Phase.generate],  # to make a failure small takes longer than a test may
                ),
            )  # fmt: skip
        finally:
            runner.run(store.close())
