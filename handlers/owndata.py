"""Shows people what is held about them, and forgets them when they wish so."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from handlers import seats
from handlers.talk import CANCEL, Act, Talk
from models.contacts import known
from models.conversation import recall, turns
from models.forgetting import forget, person_at
from models.message import Choice, Reply
from models.owndata import Count, Held, held
from models.participants import Participant
from models.reminders import ReminderRoom, ReminderWish
from models.retention import kept_until
from models.seats import Seat, Waiting
from models.status import Declaration
from models.wording import Wording, in_script, phrases

MY_DATA, FORGET = "/mydata", "/forget"
SURE = f"{FORGET} yes"
ASKED = timedelta(minutes=15)  # how long it holds that one was asked, by the machine's time
FAR_BACK = 20  # turns among which one was asked
LISTED = 20  # of each kind


def my_data(talk: Talk, argument: str) -> Reply:
    """All that is held about the asker, whoever they are, and nothing of anybody else's."""
    told = _Told(talk, held(talk.session, person_at(talk.session, talk.ask.sender)))
    said = talk.say("mydata", None, Choice(talk.label("mydata.forget"), FORGET))
    return replace(said, text="\n".join((said.text, "", *told.lines())))


def forget_me(talk: Talk, argument: str) -> Reply:
    """Ask once, and say what that means; then do it. Only who was asked a short while ago, here, can be sure."""
    if argument.strip() != "yes":
        return _ask(talk)
    if not (_was_asked(talk) or _is_unknown(talk)):
        return replace(talk.say("forget.first", None, Choice(talk.label("forget.ask"), FORGET),
                                minutes=ASKED // timedelta(minutes=1)), behaviour="clarify")  # fmt: skip
    for one in talk.participants:
        seats.left(talk, one.code)
    talk.forgotten = forget(talk.session, talk.ask.sender, talk.machine_now, talk.ask)
    return replace(talk.say("forget.done"), renews=True)


ACTS: Mapping[str, Act] = {
    MY_DATA: Act(my_data),
    FORGET: Act(forget_me),
}


def _ask(talk: Talk) -> Reply:
    said = talk.say("forget", None, Choice(talk.label("forget.yes"), SURE), Choice(talk.label("forget.no"), CANCEL))
    mine = talk.participants
    firms = [talk.label("forget.firms", firms=talk.label("comma").join(map(_firm, mine)))] if mine else []
    handed_on = (seats.leaving(talk, one.code) for one in mine)
    parts = (said.text, talk.label("forget.what"), *firms, *handed_on,
             *map(talk.label, ("forget.waiting", "forget.stays", "forget.backup", "forget.again")))  # fmt: skip
    return replace(said, text="\n\n".join(filter(None, parts)), behaviour="clarify")


def _was_asked(talk: Talk) -> bool:
    """Whether the asker was asked here a short while ago, and has not said no since."""
    for turn in reversed(turns(talk.session, talk.ask.room, FAR_BACK)):
        if turn.sender != str(talk.ask.sender) or turn.recorded_at <= talk.machine_now - ASKED:
            continue
        if turn.action == CANCEL:
            return False
        if any(choice.action == SURE for choice in turn.reply.choices):
            return True
    return False


def _is_unknown(talk: Talk) -> bool:
    """Whether nothing is held of them that they could lose: it may be the second tap on the button."""
    nobody = known(talk.session, talk.ask.sender) is None
    return nobody and not recall(talk.session, talk.ask.room, talk.ask.sender, 1)


def _firm(one: Participant) -> str:
    return f"{one.name} ({one.code})"


def _name_of(language: str) -> str:
    """The language's own name for itself."""
    return in_script(
        phrases()["zh-Hant" if language.startswith("zh") else language][f"language.name.{language}"], language
    )


class _Told:
    """What is held about one person, line by line."""

    def __init__(self, talk: Talk, mine: Held) -> None:
        self._talk, self._held = talk, mine

    def lines(self) -> Iterator[str]:
        contact, say = self._held.contact, self._talk.label
        yield say("mydata.name", name=contact.name) if contact and contact.name else say("mydata.no_name")
        yield say("mydata.email", email=contact.email) if contact and contact.email else say("mydata.no_email")
        if self._held.language:
            yield say("mydata.language", chosen=_name_of(self._held.language))
        yield from self._list("mydata.addresses", map(self._address, self._held.addresses))
        yield from self._list("mydata.firms", self._firms(), "mydata.firms.none")
        codes = (say("mydata.code", hint=code.hint, day=self._day(at)) for code, at in self._held.codes)
        yield from self._list("mydata.codes", codes)
        seated, waiting = map(self._seat, self._held.seats), map(self._seat, self._held.waiting)
        yield from self._list("mydata.seats", (*seated, *waiting))
        yield from self._list("mydata.declared", map(self._declared, self._held.declared))
        yield from self._list(
            "mydata.wishes", (*map(self._wish, self._held.wishes), *map(self._room, self._held.rooms))
        )
        yield from self._list("mydata.cases", self._cases())
        if self._held.checks.first:
            yield self._count("checks", self._held.checks)
        yield from (self._count(*one) for one in (("asked", self._held.asked), ("sent", self._held.sent)))
        yield ""
        yield self._kept()

    def _list(self, heading: str, lines: Iterable[str], none: str | None = None) -> Iterator[str]:
        found = list(lines)
        if found:
            yield self._talk.label(heading)
        elif none:
            yield self._talk.label(none)
        yield from found[:LISTED]
        if len(found) > LISTED:
            yield self._talk.label("mydata.more", count=len(found) - LISTED)

    def _address(self, one: tuple[str, datetime | None]) -> str:
        address, since = one
        channel = self._talk.label(f"firms.channel.{address.partition(':')[0]}")
        if since is None:
            return self._talk.label("mydata.address", channel=channel, address=address)
        return self._talk.label("mydata.address.since", channel=channel, address=address, day=self._day(since))

    def _firms(self) -> Iterator[str]:
        for row, participant in self._held.memberships:
            how = self._talk.label(f"mydata.how.{row.how.partition(':')[0]}")
            told = {"firm": _firm(participant), "how": how, "day": self._day(row.since)}
            if row.until:
                yield self._talk.label("mydata.firm.ended", end=self._day(row.until), **told)
            else:
                yield self._talk.label("mydata.firm", **told)

    def _seat(self, row: Seat | Waiting) -> str:
        """Whose it is: of a colleague no more is said, for that is theirs."""
        own, say = self._held.attends(row), self._talk.label
        whose = say("mydata.seat.own" if own else "mydata.seat.colleague")
        if isinstance(row, Waiting):
            whose = say("mydata.seat.waiting", whose=whose)
        elif row.state != "held":
            whose = say("mydata.seat.offered", whose=whose)
        elif own and row.booked_reference:
            whose = say("mydata.seat.booked", whose=whose, reference=row.booked_reference)
        campaign = self._talk.phrasing.campaigns.get(row.campaign)
        briefing = campaign.briefing.get(row.briefing) if campaign else None
        named = f"{row.campaign} {row.briefing}"
        if campaign and briefing:
            wording = self._talk.wording(campaign)
            day, mode = wording.on(briefing.on, "list_date"), wording.word(briefing.mode_name)
            named = self._talk.script(f"{day} {wording.clock(briefing.start)}, {mode}")
        return say("mydata.seat", briefing=named, whose=whose)

    def _declared(self, row: Declaration) -> str:
        campaign = self._talk.phrasing.campaigns.get(row.campaign)
        task = campaign.task.get(row.task) if campaign else None
        named = self._talk.script(self._talk.wording(campaign).word(task.name)) if campaign and task else row.task
        moment = self._wording.moment(row.at)
        return self._talk.label(f"mydata.declared.{row.what}", task=named, firm=row.participant, moment=moment)

    def _wish(self, row: ReminderWish) -> str:
        """What they wished of their reminders, as it was kept: also what a later wish has taken back."""
        campaign = self._talk.phrasing.campaigns.get(row.campaign or "")
        of = " ".join(filter(None, (row.campaign, row.rule)))
        until = (self._talk.wording(campaign) if campaign else self._wording).moment(row.until) if row.until else ""
        told = {"of": of, "value": row.value or "–", "until": self._talk.script(until), "day": self._day(row.at)}
        return self._talk.label(f"mydata.wish.{row.what}", **told)

    def _room(self, row: ReminderRoom) -> str:
        return self._talk.label("mydata.room", firm=row.participant, address=row.address, day=self._day(row.since))

    def _cases(self) -> Iterator[str]:
        for case in self._held.cases:
            moment = self._wording.moment(case.at)
            yield self._talk.label(f"mydata.case.{case.state}", number=case.number, moment=moment)

    def _count(self, what: str, count: Count) -> str:
        if not count.first or not count.last:
            return self._talk.label(f"mydata.{what}.none")
        first, last = self._day(count.first), self._day(count.last)
        return self._talk.label(f"mydata.{what}", count=count.number, first=first, last=last)

    def _kept(self) -> str:
        campaigns = self._talk.phrasing.campaigns.values()
        days = max(campaign.retention_days for campaign in campaigns)
        return self._talk.label("mydata.kept", day=self._day(kept_until(campaigns)), days=days)

    def _day(self, at: datetime) -> str:
        wording = self._wording
        return wording.on(at.astimezone(wording.campaign.zone).date(), "short_date")

    @property
    def _wording(self) -> Wording:
        return self._talk.wording(self._talk.phrasing.first)
