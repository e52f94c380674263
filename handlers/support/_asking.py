"""Takes questions to the support desk: opens cases, tells each asker what happens next, takes in what they add."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlmodel import Session

from handlers.facts import NO_SUPPORT, SUPPORT
from handlers.support._turns import asked_in_words, offers_choices, reference, short, turn_meant
from handlers.talk import Act, Talk
from models import drafts, support
from models.conversation import Turn, packed, record
from models.message import Ask, Choice, Reply
from models.support import By, Case, Opened, Opening, State
from models.wording import Wording

if TYPE_CHECKING:
    from handlers.support import Support

ADD, TAKE_BACK = "/add", "/takeback"
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Asker:
    """Who asks the desk, with the message that does so. All is done in the transaction that keeps its turn."""

    session: Session
    desk: "Support"
    ask: Ask
    language: str

    def what_to_ask(self) -> Reply:
        no = self._say("what_to_ask.no").text
        return replace(self._say("what_to_ask"), behaviour="clarify", choices=(Choice(no, NO_SUPPORT),))

    def pass_on(self, named: str) -> Reply:
        """Pass on the question of the turn that a button named."""
        turn = turn_meant(self.session, self.ask.room, self.ask.sender, named)
        if turn is None:
            return self._say("gone")
        why = "none-of-these" if offers_choices(turn.reply) else "offered"
        return self.told(self.open(turn, why, asked_in_words(self.session, turn)))

    def pass_on_words(self, answered: Reply) -> Turn:
        """Keep the message, and pass it on. The case also holds what the circulars would have `answered`."""
        drafts.drop(self.session, self.ask.sender, self.ask.room)  # as any other act ends what was waited for
        turn = self._kept(answered)
        return self._now_says(turn, self.told(self.open(turn, "asked")))

    def pass_on_at_once(self, answered: Reply) -> Turn:
        """Answer, and have the desk know of it: the circular says that this is not to wait for a yes."""
        turn = self._kept(answered)
        opened = self.open(turn, "incident")
        phrase = "passed_on.at_once" if opened.is_new else "passed_on.at_once.again"
        said = self._about(phrase, opened.case)
        return self._now_says(turn, replace(answered, text=f"{answered.text}\n\n{said.text}", choices=said.choices))

    def report(self, answered: Reply, question: str, participant: str, campaign: str) -> Reply:
        """Pass on what a check has shown; `answered.answer` names what was checked. Once more gives the same case."""
        turn = record(
            self.session, self.ask, answered, recorded_at=self.desk.machine_time(), subject=answered.answer,
            campaign=campaign, action=self.ask.text,
        )  # fmt: skip
        said = self.told(self.open(turn, "check", question, participant))
        self._now_says(turn, said)
        return said

    def open(self, turn: Turn, why: str, question: str | None = None, participant: str | None = None) -> Opened:
        """Have the turn's question at the desk: as a case, with its card, or joined to the open one on its subject."""
        place = self.ask.answer_at or self.ask.room
        now = self.desk.machine_time()
        opening = Opening(turn, self.ask.at, now, place, self.ask.name, why, participant, question)
        opened = support.open_case(self.session, opening)
        if opened.is_new:
            self.desk.post_cards(self.session, opened.case, self.ask.at)
        return opened

    def told(self, opened: Opened) -> Reply:
        """What the asker reads of it: the number, when people are there, and what can be done with it now."""
        phrase = "passed_on" if opened.is_new else "passed_on.joined" if opened.joined else "passed_on.again"
        return self._about(phrase, opened.case)

    def joined(self, number: int, answered: Reply) -> Reply:
        """What is said to a message of somebody whose case is open: the answer, and that the message joins the case."""
        case = support.case_of(self.session, number)
        text = "" if self.ask.text.startswith("/") else self.ask.text
        if case is None or not self._join(case, text):
            return answered
        if not text:
            return self.added(case)
        return replace(answered, text=f"{answered.text}\n\n{self.added(case).text}")

    def added(self, case: Case) -> Reply:
        names = ", ".join(one.name for one in self.ask.attachments)
        return self._say("case.added.files" if names else "case.added", case, names=names)

    def add(self, case: Case, words: str) -> Reply:
        """Add the words, which the asker was asked for."""
        return self.added(case) if self._join(case, words) else self._say("case.over", case)

    def take_back(self, case: Case) -> Reply:
        was = case.state
        if support.withdraw(self.session, case, f"taken back:{self.ask.id}", self._by):
            return self._say("taken_back", case)
        return self._say("taken_back.again" if was == State.WITHDRAWN else "taken_back.over", case)

    def _join(self, case: Case, words: str) -> bool:
        if not support.join(self.session, case, self.ask.id, words, self._by, self.ask.files):
            return False
        if not self.ask.in_public and case.room != case.sender:
            # What was said in private is not to be replied to where others read.
            case.place = str(self.ask.answer_at or self.ask.room)
        return True

    @property
    def _by(self) -> By:
        return By(None, self.ask.at, self.desk.machine_time())

    def _about(self, phrase: str, case: Case) -> Reply:
        said = self._say(phrase, case, question=short(case.question), hours=self._hours(case))
        if not case.is_live:
            return said
        add = Choice(self._say("passed_on.add").text, f"{ADD} {case.number}", form=True)
        return replace(said, choices=(add, Choice(self._say("passed_on.take_back").text, f"{TAKE_BACK} {case.number}")))

    def _hours(self, case: Case) -> str:
        hours, at = self.desk.hours_of(case.campaign), self.ask.at
        campaign = self.desk.phrasing.spoken_of(case.campaign)
        wording = Wording.of(campaign, self.language, at)
        if hours.is_open(at):
            until = wording.clock(hours.closing(at).time())
            return self._say("passed_on.open", case, until=until, zone=wording.zone).text
        return self._say("passed_on.closed", case, moment=wording.moment(hours.opening(at))).text

    def _kept(self, answered: Reply) -> Turn:
        campaign = answered.answer.partition("/")[0] if answered.answer else None
        now = self.desk.machine_time()
        return record(self.session, self.ask, answered, recorded_at=now, subject=answered.answer, campaign=campaign)

    def _now_says(self, turn: Turn, reply: Reply) -> Turn:
        turn.reply_json = packed(reply)
        self.session.add(turn)
        return turn

    def _say(self, phrase: str, case: Case | None = None, **fields: object) -> Reply:
        about: dict[str, object] = {"number": case.number} if case else {}
        campaign = case.campaign if case else None
        return self.desk.phrasing.say(self.language, self.ask.at, phrase, campaign, **about, **fields)


def offered(reply: Reply, ask: Ask, yes: str, no: str) -> Reply:
    """The reply with the offer to pass on what came with the message."""
    choices = Choice(yes, f"{SUPPORT} {reference(ask.id)}"), Choice(no, NO_SUPPORT)
    return replace(reply, behaviour="escalate", choices=(*reply.choices, *choices))


def _asker(talk: Talk) -> Asker:
    return Asker(talk.session, talk.desk, talk.ask, talk.language)


def _pass_on(talk: Talk, argument: str) -> Reply:
    return _asker(talk).pass_on(argument) if argument else _asker(talk).what_to_ask()


def _add(talk: Talk, argument: str) -> Reply:
    """`/add NUMBER [WORDS]`"""
    number, _, words = argument.partition(" ")
    case = _own(talk, number)
    if case is None:
        return _not_theirs(talk, number)
    if words.strip():
        return _asker(talk).add(case, words.strip())
    if not case.is_live:
        return talk.say("case.over", case.campaign, number=case.number)
    talk.expect(f"{ADD} {case.number}")
    return replace(talk.say("case.add_what", case.campaign, number=case.number), behaviour="clarify", private=False)


def _take_back(talk: Talk, argument: str) -> Reply:
    case = _own(talk, argument.strip())
    return _asker(talk).take_back(case) if case else _not_theirs(talk, argument)


def _own(talk: Talk, number: str) -> Case | None:
    return support.own_case(talk.session, int(number), talk.ask.sender) if _NUMBER.fullmatch(number) else None


def _not_theirs(talk: Talk, number: str) -> Reply:
    """Another's case is as one that there is not."""
    return talk.say("case.not_yours", number=short(number, 9) or "?")


ASKER_ACTS: Mapping[str, Act] = {SUPPORT: Act(_pass_on), ADD: Act(_add), TAKE_BACK: Act(_take_back)}
