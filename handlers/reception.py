"""Receives every message: finds out what is wanted, has it answered, and keeps what was asked and said."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from weakref import WeakValueDictionary

from sqlmodel import Session

from handlers.facts import ANSWER, NO_SUPPORT, SUPPORT, Facts, language_of
from handlers.support import ask_support, reference, turn_meant
from models.campaign import Campaign
from models.conversation import Turn, record, turns
from models.message import Ask, Choice, Reply
from models.store import Store
from models.support import open_case
from models.wording import Wording, in_script

REMEMBERED = timedelta(minutes=30)  # how long a question may go on with what was talked of before
AWAITED = timedelta(minutes=15)  # how long "what shall support be asked?" waits for its words; machine time
_YES = re.compile(
    r"(?i)\s*(yes|yes please|yep|yeah|y|ok|okay|sure|please do"
    r"|係|係呀|好|好呀|好的|是|是的|要|麻煩|麻烦|可以)\s*[.!。！]?\s*"
)
_CANCEL = re.compile(r"(?i)\s*(cancel|never mind|nevermind|forget it|取消|算了|算啦)\s*[.!。！]?\s*")
_NO = re.compile(r"(?i)\s*(no|no thanks|nope|n|唔使|唔使喇|不用|不用了|不要|不)\s*[.!。！]?\s*")


@dataclass(frozen=True)
class _Case:
    """What became of passing a question on."""

    number: int
    first_time: bool
    question: str
    campaign: str | None


class Reception:
    """Where every channel hands in what a person wrote or pressed."""

    def __init__(
        self,
        store: Store,
        campaigns: Sequence[Campaign],
        machine_time: Callable[[], datetime],
        keep: Path | None = None,
    ) -> None:
        self._store = store
        self._campaigns = {campaign.key: campaign for campaign in campaigns}
        self._facts = Facts.of(campaigns, keep)
        self._machine_time = machine_time
        self._turn_of: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def receive(self, ask: Ask) -> Reply:
        """Answer, and keep the turn. The same ask a second time gives the same reply and changes nothing.

        What is asked in one room is answered in its order; rooms do not wait for one another.
        """
        return (await self.take(ask)).reply

    async def take(self, ask: Ask) -> Turn:
        """The same, for a channel that shows the conversation and not only the reply."""
        async with self._turn_of.setdefault(str(ask.room), asyncio.Lock()):
            return await self._take(replace(ask, text=ask.text.replace("\x00", "")))  # no text of PostgreSQL has it

    def warm_up(self, now: datetime) -> None:
        """Read what the first answer would have to read: its asker need not wait for that."""
        for campaign in self._campaigns.values():
            for language in campaign.languages:
                for answer in campaign.answers[:3]:
                    self._facts.answer(campaign.key, answer.key, now, language)
                    self._facts.reply(answer.examples[0] if answer.examples else "", now, (), language)

    async def _take(self, ask: Ask) -> Turn:
        earlier = await self._store.read(turns, ask.room, 20)
        again = [turn for turn in earlier if turn.ask_id == ask.id]
        if again:
            return again[0]
        ask, action = self._meant(ask, earlier)
        reply = _with_reference(await self._answer(ask, action, earlier), ask)
        campaign = reply.answer.partition("/")[0] if reply.answer else None
        kept_action = action if action.startswith("/") else None
        return await self._store.write(_keep, ask, reply, campaign, kept_action, self._machine_time())

    async def _answer(self, ask: Ask, action: str, earlier: Sequence[Turn]) -> Reply:
        language = _language(ask, action, earlier)
        word, _, argument = action.partition(" ")
        if word == SUPPORT:
            return await self._pass_on(ask, argument, language) if argument else self._what_to_ask(ask, language)
        if word == NO_SUPPORT:
            return self._say(language, ask.at, "not_passed_on")
        if word == ANSWER:
            campaign, _, key = argument.partition(" ")
            return self._facts.answer(campaign, key, ask.at, language) or self._say(language, ask.at, "gone")
        answered = self._facts.reply(action, ask.at, _talked_of(earlier, ask.at), language)
        return await self._pass_on_words(ask, answered, language) if self._awaits_words(earlier) else answered

    def _meant(self, ask: Ask, earlier: Sequence[Turn]) -> tuple[Ask, str]:
        """The action that is meant: a plain yes, no or cancel presses a button of the last reply."""
        if not earlier or ask.text.startswith("/"):
            return ask, ask.text
        offered = {choice.action.partition(" ")[0]: choice.action for choice in earlier[-1].reply.choices}
        if NO_SUPPORT not in offered:
            return ask, ask.text
        no = _CANCEL if self._awaits_words(earlier) else _NO
        for pressed, words in ((offered.get(SUPPORT), _YES), (NO_SUPPORT, no)):
            if pressed and words.fullmatch(ask.text):
                return replace(ask, in_reply_to=earlier[-1].ask_id), pressed
        return ask, ask.text

    def _awaits_words(self, earlier: Sequence[Turn]) -> bool:
        """Whether the last thing said was "what shall support be asked?"; the next words are the question then."""
        return (
            bool(earlier) and earlier[-1].action == SUPPORT and self._machine_time() - earlier[-1].recorded_at < AWAITED
        )

    def _what_to_ask(self, ask: Ask, language: str) -> Reply:
        no = self._say(language, ask.at, "what_to_ask.no")
        return replace(
            self._say(language, ask.at, "what_to_ask"), behaviour="clarify", choices=(Choice(no.text, NO_SUPPORT),)
        )

    async def _pass_on_words(self, ask: Ask, answered: Reply, language: str) -> Reply:
        """Pass the message itself on. The case also holds what the circulars would have answered."""

        def said(number: int) -> Reply:
            campaign = answered.answer.partition("/")[0] if answered.answer else None
            return self._say(language, ask.at, "passed_on", campaign=campaign, number=number, question=_short(ask.text))

        return await self._store.write(ask_support, ask, answered, said, self._machine_time())

    async def _pass_on(self, ask: Ask, named: str, language: str) -> Reply:
        case = await self._store.write(_open, ask, named, self._machine_time())
        if case is None:
            return self._say(language, ask.at, "gone")
        phrase = "passed_on" if case.first_time else "passed_on.again"
        return self._say(
            language, ask.at, phrase, campaign=case.campaign, number=case.number, question=_short(case.question)
        )

    def _say(self, language: str, now: datetime, phrase: str, campaign: str | None = None, **fields: object) -> Reply:
        chosen = self._campaigns.get(campaign or "") or next(iter(self._campaigns.values()))
        wording = Wording.of(chosen, language, now)
        shown = language if language.startswith("zh") == wording.language.startswith("zh") else wording.language
        text = wording.say(phrase, contact=wording.contact(), **fields)
        return Reply(in_script(text, shown), "answer", language=shown)


def _keep(
    session: Session, ask: Ask, reply: Reply, campaign: str | None, action: str | None, recorded_at: datetime
) -> Turn:
    return record(session, ask, reply, recorded_at=recorded_at, subject=reply.answer, campaign=campaign, action=action)


def _open(session: Session, ask: Ask, named: str, recorded_at: datetime) -> _Case | None:
    """Open the case for a turn of the asker's own room, or find the one that a first press opened."""
    turn = turn_meant(session, ask.room, named)
    if turn is None:
        return None
    case = open_case(session, turn, recorded_at)
    return _Case(case.number or 0, case.recorded_at == recorded_at, turn.asked, turn.campaign)


def _with_reference(reply: Reply, ask: Ask) -> Reply:
    """The button to support names the turn that it stands under: a press next week still means this question."""
    named = f"{SUPPORT} {reference(ask.id)}"
    choices = tuple(Choice(one.label, named) if one.action == SUPPORT else one for one in reply.choices)
    return replace(reply, choices=choices)


def _language(ask: Ask, action: str, earlier: Sequence[Turn]) -> str:
    """That of the text; of a pressed button that of the reply it stood under; else what was spoken last or chosen."""
    spoken = next((turn.language for turn in reversed(earlier) if turn.language), None)
    if action.startswith("/"):
        under = next((turn.language for turn in earlier if turn.ask_id == ask.in_reply_to), None)
        return under or ask.language or spoken or "en"
    return language_of(ask.text, spoken or ask.language or "en")


def _talked_of(earlier: Sequence[Turn], now: datetime) -> list[str]:
    return [turn.asked for turn in earlier if now - turn.at < REMEMBERED]


def _short(question: str) -> str:
    return question if len(question) <= 200 else f"{question[:199]}…"
