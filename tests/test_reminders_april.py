"""April 2023 lived again by the hour: every message of 256 firms, as a person would work it out with a calendar.

Nothing here is computed from the rules or from their dates: what is expected was read off the circular and a calendar
of Hong Kong, with its holidays on 5, 7, 8 and 10 April.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from sqlmodel import Session

from models import seats, status
from models.campaign import Campaign
from models.contacts import enrol
from models.message import Address
from models.participants import Participant
from models.seats import Attendee, Moment, Rules
from models.status import Duty
from tests.reminders_cast import DAS, LINE, MACHINE, USERS, Sent, Usher, april

# The circular: e-mails and connection "before 28 April", so by the 27th; the briefings "by 19 April".
BEFORE_THE_28TH = [13, 20, 25, 26, 27]  # 10, 5, 2, 1 and 0 working days ahead of Thursday the 27th
DAYS_LEFT = {6: 7, 13: 10, 14: 3, 18: 1, 20: 5, 25: 2, 26: 1}
ON_THE_28TH = 28
NO_SEAT = [6, 14, 18, 19]  # 7, 3, 1 and 0 working days ahead of Wednesday the 19th
NOT_REGISTERED = [14, 18, 19]
TOMORROW = {"24apr": 21, "25apr": 24, "26apr": 25}  # the 24th is a Monday: its people are told on the Friday
HOURS = (0, 6, 9, 10, 11, 14, 18, 23)  # at which Usher looks
CLOSED = {5, 7, 8, 9, 10, 15, 16, 22, 23, 29, 30}

NEVER, BEFORE, LATER, BACK = "never", "before", "later", "taken back"
NONE, UNREGISTERED, REGISTERED, CANCELLED = "none", "unregistered", "registered", "cancelled"
# At 10:00 on the 25th it is done after the reminder was planned and before it is sent.
LATER_AT = [april(13, 9, 30), april(20, 10, 30), april(25), april(26, 9, 59), april(27, 23, 59)]
BACK_AT = [april(14, 12), april(20, 9, 55), april(27, 9, 30)]
TAKEN_AT, CHANGED_AT = april(11, 12), april(17, 12)
MARKS = {USERS: "①", DAS: "②", LINE: "③"}


@dataclass(frozen=True)
class Story:
    """What one firm does in that month."""

    number: int
    users: str
    das: str
    line: str
    seat: str

    @property
    def code(self) -> str:
        return f"B{self.number:03}"

    @property
    def tasks(self) -> dict[str, str]:
        return {USERS: self.users, DAS: self.das, LINE: self.line}

    @property
    def briefing(self) -> str:
        return ("24apr", "25apr", "26apr")[self.number // 2 % 3]

    @property
    def people(self) -> list[str]:
        """One in Slack; of every third firm one in Telegram; of every eighth one who acts for another one as well."""
        people = [f"slack:T:a{self.number}"]
        people += [f"telegram:{1000 + self.number}"] * (self.number % 3 == 0)
        return people + [f"mail:c{self.number // 16}@example.org"] * (self.number % 16 in (0, 5))

    @property
    def holder(self) -> str:
        """Who registers its seat."""
        return self.people[1 if self.number % 6 == 0 else 0]

    def is_open(self, task: str, now: datetime) -> bool:
        story = self.tasks[task]
        later, back = LATER_AT[self.number % 5], BACK_AT[self.number % 3]
        return story == NEVER or (story == LATER and now < later) or (story == BACK and now >= back)

    def has_seat(self, now: datetime) -> bool:
        return self.seat != NONE and now >= TAKEN_AT and not (self.seat == CANCELLED and now >= CHANGED_AT)

    def is_registered(self, now: datetime) -> bool:
        return self.seat == REGISTERED and now >= CHANGED_AT


STORIES = [
    Story(number, *told)
    for number, told in enumerate(
        product(*[(NEVER, BEFORE, LATER, BACK)] * 3, (NONE, UNREGISTERED, REGISTERED, CANCELLED))
    )
]
Expected = dict[tuple[str, int], set[tuple[str, str, str]]]  # person and day: rule, firm, marks of the open tasks


def expected(stories: Sequence[Story]) -> Expected:
    found: Expected = defaultdict(set)
    for day in set(range(5, 31)) - CLOSED:
        for story in stories:
            for rule, marks in due(story, day):
                told = [story.holder] if rule.startswith("seat.2") else story.people
                for person in told:
                    found[person, day].add((rule, story.code, marks))
    return found


def due(story: Story, day: int) -> Iterator[tuple[str, str]]:
    """What the firm is told on that day at ten."""
    now = april(day)
    emails = "".join(MARKS[task] for task in (USERS, DAS) if story.is_open(task, now))
    line = MARKS[LINE] if story.is_open(LINE, now) else ""
    if day in BEFORE_THE_28TH or day == ON_THE_28TH:
        after = ".28" if day == ON_THE_28TH else ""
        yield from (
            (rule, marks) for rule, marks in (("emails" + after, emails), ("connection" + after, line)) if marks
        )
    if day in NO_SEAT and not story.has_seat(now):
        yield "briefing", ""
    if day in NOT_REGISTERED and story.has_seat(now) and not story.is_registered(now):
        yield "seats.registered", ""
    if day == TOMORROW[story.briefing] and story.has_seat(now):
        yield f"seat.{story.briefing}", ""


# ------------------------------------------------------------------------------------------------- the month is lived

Event = tuple[datetime, Callable[[Session], object]]


def language_of(person: str) -> str | None:
    number = int(re.sub(r"\D", "", person))
    return (None, "en", "zh-Hant", "zh-Hans")[number % 4]


def settle(session: Session, stories: Sequence[Story]) -> dict[str, int]:
    """Everybody is enrolled; gives their numbers as contacts."""
    for story in stories:
        session.add(Participant(code=story.code, name=f"Firm {story.number}", imported_at=MACHINE))
    session.flush()
    ids = {}
    for story in stories:
        for person in story.people:
            contact = enrol(session, Address.of(person), story.code, "import", MACHINE, name=person)
            contact.language = language_of(person)
            ids[person] = contact.id or 0
    return ids


def events(campaign: Campaign, stories: Sequence[Story], ids: dict[str, int]) -> list[Event]:
    found: list[Event] = []
    for story in stories:
        who = ids[story.people[0]]
        for task, told in story.tasks.items():
            duty = Duty(campaign.key, story.code, task)
            done = {BEFORE: april(5, 11), LATER: LATER_AT[story.number % 5], BACK: april(12, 12)}.get(told)
            if done:
                found.append((done, _declares(duty, who, done)))
            if told == BACK:
                found.append((BACK_AT[story.number % 3], _takes_back(duty, who)))
        if story.seat != NONE:
            found += _seats(campaign, story, ids[story.holder])
    return sorted(found, key=lambda event: event[0])


def _declares(duty: Duty, who: int, at: datetime) -> Callable[[Session], object]:
    return lambda session: status.declare(session, duty, who, at, MACHINE)


def _takes_back(duty: Duty, who: int) -> Callable[[Session], object]:
    return lambda session: status.take_back(session, duty, who, CHANGED_AT, MACHINE)


def _seats(campaign: Campaign, story: Story, who: int) -> Iterator[Event]:
    rules = Rules.of(campaign, campaign.briefing[story.briefing])
    guest, taken, changed = (
        Attendee("Guest", "guest@example.org"),
        Moment(TAKEN_AT, MACHINE),
        Moment(CHANGED_AT, MACHINE),
    )

    def gives_back(session: Session) -> object:
        (seat,) = seats.seats_of(session, campaign.key, story.code, story.briefing)
        return seats.free(session, rules, seat.id or 0, story.code, who, changed)

    yield TAKEN_AT, lambda session: seats.reserve(session, rules, story.code, who, [guest], taken)
    if story.seat == REGISTERED:
        booked = campaign.key, story.briefing, story.code, who, None, changed
        yield CHANGED_AT, lambda session: seats.book(session, *booked)
    elif story.seat == CANCELLED:
        yield CHANGED_AT, gives_back


async def live(one_copy: Usher, campaign: Campaign, stories: Sequence[Story]) -> None:
    """In steps of some hours; what happens on the hour comes between the planning and the sending."""
    to_come = events(campaign, stories, await one_copy.does(settle, stories))
    for now in (april(day, hour) for day in range(5, 31) for hour in HOURS):
        to_come = await happen(one_copy, to_come, now - timedelta(seconds=1))
        await one_copy.plan(now)
        to_come = await happen(one_copy, to_come, now)
        await one_copy.send()


async def happen(one_copy: Usher, to_come: list[Event], until: datetime) -> list[Event]:
    """Let happen what is to happen until then; gives what is still to come."""
    now = [do for at, do in to_come if at <= until]
    if now:
        await one_copy.does(lambda session: [do(session) for do in now])
    return to_come[len(now) :]


# -------------------------------------------------------------------------------------------------------- it is judged


async def test_in_april_2023_everybody_is_told_what_is_due_and_nothing_else(
    one_copy: Usher, campaign: Campaign, database_url: str
) -> None:
    stories = STORIES if database_url.startswith("sqlite") else STORIES[::9]
    await live(one_copy, campaign, stories)
    told: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in await one_copy.rows(state="told"):
        told[row.message_key].add((row.rule, row.participant))
    wanted = expected(stories)
    assert len(one_copy.sent) == len({(one.to, one.at) for one in one_copy.sent}), (
        "two messages of one hour to one person"
    )
    assert {(one.to, one.at) for one in one_copy.sent} == {(person, april(day)) for person, day in wanted}
    for one in one_copy.sent:
        due = wanted[one.to, one.at.day]
        assert told[one.key] == {(rule, code) for rule, code, _ in due}
        check(one, due)
    assert set(await one_copy.states()) <= {"sent", "cancelled"}
    assert await one_copy.reasons() == ["nothing of it is open any more"]


def check(one: Sent, due: set[tuple[str, str, str]]) -> None:
    """That the text says all of it, and nothing that is not so."""
    rules, codes = {rule for rule, _, _ in due}, {code for _, code, _ in due}
    day, text, chinese = one.at.day, one.text, (language_of(one.to) or "").startswith("zh")
    marks = {(code, mark) for _, code, marks in due for mark in marks}
    assert named(text, codes) == marks, text
    assert {code for code in re.findall(r"\((B\d{3})\)|（(B\d{3})）", text) for code in code if code} == codes, text
    assert one.reply.language == (language_of(one.to) or "en")
    assert bool(re.search(r"[\u4e00-\u9fff]", text)) == chinese
    assert not re.search("[電郵簡報會連線結參與]", text) or language_of(one.to) != "zh-Hans", text
    assert not re.search(r"May 2023|July|[5-8]月|smartcard", text), text  # tentative
    safe = ["2023年4月27日"] if chinese else ["27 April 2023"]
    stated = ["2023年4月28日"] if chinese else ["before Friday 28 April 2023"]
    registration = ["2023年4月19日"] if chinese else ["19 April 2023"]
    if rules & {"emails", "connection"}:
        assert all(words in text for words in safe + stated), text
    if rules & {"emails.28", "connection.28"}:
        assert all(words in text for words in [*stated, "2979 7222"]), text
        assert not any(words in text for words in safe), text
    if rules & {"briefing", "seats.registered"}:
        assert all(words in text for words in registration), text
    if not chinese and day in DAYS_LEFT and not rules <= {"seat.26apr"}:
        assert re.search(rf"\b{DAYS_LEFT[day]} business days? (is|are) left after today", text), text


def named(text: str, codes: set[str]) -> set[tuple[str, str]]:
    """The firms with the open tasks that the text names; of one firm alone the lines do not repeat it."""
    found = set()
    for line in text.splitlines():
        of = [code for code in codes if code in line] if len(codes) > 1 else codes
        found |= {(code, mark) for code in of for mark in re.findall("[①②③]", line)}
    return found
