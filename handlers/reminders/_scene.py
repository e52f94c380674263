"""What a message about somebody's own reminders is about: what is open for them, what comes when, what they wished."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cached_property
from itertools import groupby

from handlers.facts import briefing_name
from handlers.talk import Talk
from models.campaign import Campaign, milestone_over
from models.campaign import Reminder as Rule
from models.message import Choice, Reply
from models.participants import Participant
from models.reminders import ORDER, SETTLING, Crowd, Moment, Times, Timetable, crowd
from models.wording import Wording

LISTED = 10  # moments in one message
MORNING = time(9)  # the hour of a reminder that names none


@dataclass(frozen=True)
class Coming:
    """One reminder that will come: when, and of which participants it will tell."""

    moment: Moment
    at: datetime
    firms: Sequence[Participant]


@dataclass(frozen=True)
class Latest:
    """Until when something open may be put off: the morning of its safe day. From `over` on it is too late for it."""

    rule: Rule
    day: date
    morning: datetime
    over: datetime


@dataclass(frozen=True)
class Scene:
    """One person and one circular, in one message."""

    talk: Talk
    campaign: Campaign

    @classmethod
    def of(cls, talk: Talk, argument: str) -> tuple["Scene", str]:
        """The circular that `[CAMPAIGN] …` names, or the one that reminds, and the rest of the words."""
        first, _, rest = argument.strip().partition(" ")
        named = first if first in talk.phrasing.campaigns else None
        campaign = talk.campaign(named, lambda served: served.reminders)
        return cls(talk, campaign), (rest if named else argument).strip()

    @cached_property
    def wording(self) -> Wording:
        return self.talk.wording(self.campaign)

    @cached_property
    def timetable(self) -> Timetable:
        return Timetable([self.campaign])

    @cached_property
    def crowd(self) -> Crowd:
        """How the person stands, as it was when this was first asked."""
        acting = {self.talk.contact_id: self.codes}
        return crowd(self.talk.session, acting, list(self.timetable.moments()), channels(self.talk))

    @property
    def codes(self) -> list[str]:
        return [one.code for one in self.talk.participants]

    @property
    def times(self) -> Times:
        return Times(self.talk.now, self.talk.machine_now)

    @property
    def name(self) -> str:
        return self.wording.word(self.campaign.name)

    def has_stopped(self, rule: Rule | None = None) -> bool:
        return self.crowd.wishes.has_stopped(self.talk.contact_id, self.campaign.key, rule.key if rule else None)

    @property
    def stopped(self) -> list[Rule]:
        """The rules that are stopped one by one."""
        return [] if self.has_stopped() else [rule for rule in self.campaign.reminders if self.has_stopped(rule)]

    @property
    def wakes_at(self) -> datetime | None:
        """Until when they put their reminders off, as they wished it."""
        until = self.crowd.wishes.wakes_at(self.talk.contact_id, self.campaign.key, self.talk.now)
        return until - SETTLING if until else None

    @cached_property
    def open_rules(self) -> list[Rule]:
        """Those that would remind the person of something, and still can."""
        return [rule for rule in self.live_rules if not self.has_stopped(rule)]

    @cached_property
    def live_rules(self) -> list[Rule]:
        """The same, with those that are stopped."""
        can = {moment.rule.key: moment for moment in self.timetable.moments() if moment.until > self.talk.now}
        mine = [can[rule.key] for rule in self.campaign.reminders if rule.key in can]
        return [moment.rule for moment in mine if any(self._is_told(code, moment) for code in self.codes)]

    @cached_property
    def latest(self) -> Latest | None:
        """Until when the first of what is open may be put off; None where nothing is."""
        return min(map(self._latest, self.open_rules), key=lambda one: one.morning, default=None)

    @property
    def hour(self) -> time:
        return min((rule.at or MORNING for rule in self.open_rules), default=MORNING)

    def coming(self) -> list[Coming]:
        """What will come, the next first, as things stand now."""
        found = []
        wakes = self.crowd.wishes.wakes_at(self.talk.contact_id, self.campaign.key, self.talk.now)
        for moment in self.timetable.ahead(self.campaign.key, self.talk.now):
            firms = [one for one in self.talk.participants if self._is_told(one.code, moment)]
            at = self.crowd.wishes.when(self.talk.contact_id, moment, moment.at)
            if firms and at and not self.has_stopped(moment.rule):
                found.append(Coming(moment, at - SETTLING if at == wakes else at, firms))
        return sorted(found, key=lambda one: one.at)

    def lines(self, coming: Sequence[Coming], most: int = LISTED) -> Iterator[str]:
        """A line for what comes together, with the participants where it is not of all of theirs."""
        together = [list(group) for _, group in groupby(coming, lambda one: (one.at, self.firms(one.firms)))]
        for group in together[:most]:
            of = group[0].firms
            firms = self.say("reminders.list.of", firms=self.firms(of)) if of != self.talk.participants else ""
            rules = self.wording.say("comma").join(self.rule(one.moment.rule) for one in group)
            yield self.say("reminders.list.line", when=self.wording.moment(group[0].at), rule=rules, firms=firms)
        if LISTED <= most < len(together):
            yield self.say("reminders.list.more", count=len(together) - most)

    def safe_days(self, rules: Sequence[Rule]) -> Iterator[str]:
        """The last safe day of what these rules remind of, a line each."""
        days = {rule.milestone: self._latest(rule) for rule in rules if not rule.after_deadline}
        for milestone, latest in sorted(days.items(), key=lambda one: one[1].morning):
            if fact := self.campaign.fact.get(milestone):
                shown = self.wording.safe(fact)
            else:
                shown = self.wording.moment(latest.over)
            yield self.say("reminders.stop.day", day=shown, what=self.what(latest.rule))

    def rule(self, rule: Rule) -> str:
        """What it is called."""
        return self.wording.word(rule.name) or self.what(rule)

    def what(self, rule: Rule) -> str:
        """What is to be done by its milestone."""
        if briefing := self.campaign.briefing.get(rule.milestone):
            return briefing_name(self.wording, briefing)
        return self.wording.task(self.campaign.fact[rule.milestone])

    def firms(self, firms: Sequence[Participant]) -> str:
        return self.wording.say("comma").join(map(firm, firms))

    def _is_told(self, code: str, moment: Moment) -> bool:
        return self.crowd.is_told(self.talk.contact_id, code, moment)

    def _latest(self, rule: Rule) -> Latest:
        """A safe day on which nobody works, or whose hour is too late, is the business day before."""
        campaign, over = self.campaign, milestone_over(self.campaign, rule)
        briefing = campaign.briefing.get(rule.milestone)
        day = briefing.on if briefing else campaign.safe_day(rule.milestone)
        on = campaign.days.on_or_before(day)
        morning = datetime.combine(on, rule.at or MORNING, campaign.zone)
        if morning + SETTLING >= over:
            morning = datetime.combine(campaign.days.shift(on, -1), rule.at or MORNING, campaign.zone)
        return Latest(rule, day, morning, over)

    def say(self, phrase: str, **fields: object) -> str:
        return self.wording.say(phrase, **fields)

    def choice(self, phrase: str, action: str, **fields: object) -> Choice:
        return Choice(self.talk.label(phrase, self.campaign.key, **fields), action)

    def reply(self, parts: Sequence[str], *choices: Choice) -> Reply:
        """Only the asker may see it."""
        said = self.talk.say("comma", self.campaign.key, *choices)
        return replace(said, text=self.talk.script("\n\n".join(filter(None, parts))))


def channels(talk: Talk) -> list[str]:
    """By which people may be reached."""
    return [name for name in ORDER if name != "mail" or talk.mails]


def firm(one: Participant) -> str:
    return f"{one.name} ({one.code})"
