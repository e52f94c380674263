"""Receives every message: finds out what is wanted, has it answered, and keeps what was asked and said."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from weakref import WeakValueDictionary

from sqlmodel import Session

from handlers import enrolment
from handlers.acts import ACTS, perform
from handlers.commands import Commands
from handlers.facts import ANSWER, NO_SUPPORT, SUPPORT, Facts, language_of
from handlers.front import Front, reader
from handlers.phrasing import Phrasing
from handlers.support import REPLY, Support, reference
from handlers.talk import CANCEL, Talk
from handlers.understand import Reading
from models.campaign import Campaign
from models.conversation import Earlier, Turn, language_under, recall, record, reply_to, turn_asked
from models.drafts import awaited
from models.inbox import ask_behind, storable
from models.message import Address, Ask, Choice, Reply
from models.people import choose_language, language_chosen
from models.store import Store, in_turn

FAR_BACK = 20  # turns that a question may go on with
REMEMBERED = timedelta(minutes=30)  # how long a question may go on with what was talked of before
AWAITED = timedelta(minutes=15)  # how long "what shall support be asked?" waits for its words; machine time
_YES = re.compile(
    r"(?i)\s*(yes|yes please|yep|yeah|y|ok|okay|sure|please do"
    r"|係|係呀|好|好呀|好的|是|是的|要|麻煩|麻烦|可以)\s*[.!。！]?\s*"
)
_CANCEL = re.compile(r"(?i)\s*(cancel|never mind|nevermind|forget it|取消|算了|算啦)\s*[.!。！]?\s*")
_NO = re.compile(r"(?i)\s*(no|no thanks|nope|n|唔使|唔使喇|不用|不用了|不要|不)\s*[.!。！]?\s*")


Then = Callable[[Reply], None]
# What belongs into the transaction that keeps a turn, and what is to be done there once a deed has its reply.
Also = Callable[[Session], Then | None]


@dataclass(frozen=True)
class Heard:
    """What is replied, if anything is; the ask whose reply had the choice that was made, and that choice's action."""

    reply: Reply | None
    settles: str | None = None
    chosen: str | None = None


@dataclass(frozen=True)
class Before:
    """What is known when a message comes: the turn, if it came before, else what its sender said and chose earlier.

    `under` is the language of the reply whose button was pressed, `offered` the last reply if a plain yes or no may
    press a button of it, `awaited` the action that the text completes.
    """

    again: Turn | None
    earlier: Sequence[Earlier]
    chosen: str | None
    in_reply_to: str | None
    under: str | None
    offered: Reply | None
    awaited: str | None = None


@dataclass(frozen=True)
class _Deed:
    """What Usher is to do. In free words there is a `reading`, and what the circular says of it is `known`."""

    word: str
    argument: str
    language: str
    reading: Reading | None = None
    known: Reply | None = None


class Reception:
    """Where every channel hands in what a person wrote or pressed."""

    def __init__(
        self,
        store: Store,
        campaigns: Sequence[Campaign],
        machine_time: Callable[[], datetime],
        keep: Path | None = None,
        support_room: Address | None = None,
        *,
        sender: str | None = None,
    ) -> None:
        self._store, self._mails = store, sender is not None
        self.phrasing = Phrasing(campaigns, sender)
        self._facts = Facts.of(campaigns, keep)
        self._commands = Commands(self._facts, self.phrasing)
        self._machine_time = machine_time
        self.support = Support(store, self.phrasing, machine_time, support_room)
        self._turn_of: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def hear(self, ask: Ask, also: Also | None = None, before: Before | None = None) -> Heard:
        """The same as `take`, for a channel with rooms in which people also talk among themselves."""
        if ask.overheard or (ask.replies_to and self._in_support_room(ask)):
            heard = await self.support.heard(ask, language_of(ask.text))
            if heard or ask.overheard:
                return Heard(heard)
        turn = await self.take(ask, also, before)
        return Heard(turn.reply, turn.in_reply_to, turn.action)

    async def take(self, ask: Ask, also: Also | None = None, before: Before | None = None) -> Turn:
        """Answer, and keep the turn. The same ask a second time gives the same turn and changes nothing.

        What one person asks in one room is answered in its order; others do not wait for it. `also` is done in the
        transaction that keeps the turn. `before` is what `look` saw, if that was in this order too.
        """
        async with self._turn_of.setdefault(f"{ask.room} {ask.sender}", asyncio.Lock()):
            return await self._take(replace(ask, text=storable(ask.text)), also, before)

    def warm_up(self, now: datetime) -> None:
        """Read what the first answer would have to read: its asker need not wait for that."""
        for campaign in self.phrasing.campaigns.values():
            for language in campaign.languages:
                for answer in campaign.answers[:3]:
                    self._facts.answer(campaign.key, answer.key, now, language)
                    self._facts.reply(answer.examples[0] if answer.examples else "", now, (), language)

    async def front(self, person: Address, now: datetime) -> Front:
        """What a page or a tab of Usher's own shows to `person`."""
        return self._commands.front(await self._store.read(reader, person), now)

    async def language_for(self, ask: Ask) -> str:
        """The one in which it would be answered."""
        return _language(ask, ask.text, await self._store.read(look, ask, self._machine_time()))

    def sorry(self, ask: Ask) -> Reply:
        """The fixed sentence for when Usher itself fails."""
        return self.phrasing.say(language_of(ask.text, ask.language or "en"), ask.at, "sorry")

    async def _take(self, ask: Ask, also: Also | None, before: Before | None) -> Turn:
        if before is None:
            before = await self._store.read(look, ask, self._machine_time())
        if before.again:
            return before.again
        ask = replace(ask, in_reply_to=before.in_reply_to)
        ask, action = self._meant(ask, before)
        action = enrolment.meant(action)
        ask = replace(ask, text=enrolment.kept(action, ask.text))
        return await self._answered(ask, action, before, also)

    async def _answered(self, ask: Ask, action: str, before: Before, also: Also | None) -> Turn:
        language = _language(ask, action, before)
        word, _, argument = action.partition(" ")
        if chosen := self._commands.chosen(word, argument):
            await self._store.write(choose_language, ask.sender, chosen, self._machine_time())
        if word in ACTS:
            return await self._store.write(self._perform, ask, _Deed(word, argument, language), also)
        if word == SUPPORT and argument:
            reply = await self.support.pass_on(ask, argument, language)
        elif word == REPLY:
            reply = await self.support.reply(ask, argument, language)
        elif fixed := self._fixed(ask, word, argument, language):
            reply = fixed
        else:
            understood = self._facts.understand(action, ask.at, _talked_of(before.earlier, ask.at))
            reply = self._facts.tell(understood, ask.at, language)
            if self._awaits_words(before.earlier):
                return await self._store.write(self._pass_on_words, ask, reply, language, also)
            reply = _with_reference(reply, ask)
            if (wish := self._facts.wish(action, ask.at, understood)) and wish.does in ACTS:
                deed = _Deed(wish.does, wish.campaign or "", language, wish.reading, reply)
                return await self._store.write(self._perform, ask, deed, also)
        return await self._store.write(self._keep, ask, reply, action, also)

    def _fixed(self, ask: Ask, word: str, argument: str, language: str) -> Reply | None:
        """What is said to an action that needs nobody's data; None for free text."""
        if word == SUPPORT:
            return self.support.what_to_ask(ask, language)
        if word == NO_SUPPORT:
            return self.phrasing.say(language, ask.at, "not_passed_on")
        if word == ANSWER:
            campaign, _, key = argument.partition(" ")
            found = self._facts.answer(campaign, key, ask.at, language)
            return _with_reference(found, ask) if found else self.phrasing.say(language, ask.at, "gone")
        return self._commands.answer(word, argument, ask.at, language)

    def _perform(self, session: Session, ask: Ask, deed: _Deed, also: Also | None) -> Turn:
        """Do it and keep the turn, both or neither: what comes a second time finds the turn."""
        then = also(session) if also else None
        in_turn(session, str(ask.room))
        if again := turn_asked(session, ask.id):
            return again
        now = self._machine_time()
        talk = Talk(session, ask, deed.language, self.phrasing, now, self._mails, deed.reading)
        reply = perform(talk, deed.word, deed.argument, deed.known)
        if then:
            then(reply)
        if talk.forgotten:
            ask = talk.forgotten.ask(ask)
        said = f"{deed.word} {deed.argument}".strip()
        action = None if deed.reading else enrolment.kept(said, said)
        campaign = reply.answer.partition("/")[0] if reply.answer else None
        return record(session, ask, reply, recorded_at=now, subject=reply.answer, campaign=campaign, action=action)

    def _pass_on_words(self, session: Session, ask: Ask, answered: Reply, language: str, also: Also | None) -> Turn:
        if also:
            also(session)
        return self.support.pass_on_words(session, ask, answered, language)

    def _keep(self, session: Session, ask: Ask, reply: Reply, action: str, also: Also | None) -> Turn:
        if also:
            also(session)
        campaign = reply.answer.partition("/")[0] if reply.answer else None
        kept_action = action if action.startswith("/") else None
        now = self._machine_time()
        return record(session, ask, reply, recorded_at=now, subject=reply.answer, campaign=campaign, action=kept_action)

    def _meant(self, ask: Ask, before: Before) -> tuple[Ask, str]:
        """The action that is meant: a plain yes, no or cancel presses a button of the last reply."""
        if before.offered and CANCEL in {choice.action for choice in before.offered.choices}:
            first = before.offered.choices[0].action
            if first != CANCEL or not _YES.fullmatch(ask.text):
                pressed = first if _YES.fullmatch(ask.text) else CANCEL
                return replace(ask, in_reply_to=before.earlier[-1].ask_id), pressed
        if before.awaited:
            return ask, _completed(before.awaited, ask.text)
        if before.offered is None:
            return ask, ask.text
        offered = {choice.action.partition(" ")[0]: choice.action for choice in before.offered.choices}
        if NO_SUPPORT not in offered:
            return ask, ask.text
        no = _CANCEL if self._awaits_words(before.earlier) else _NO
        for action, words in ((offered.get(SUPPORT), _YES), (NO_SUPPORT, no)):
            if action and words.fullmatch(ask.text):
                return replace(ask, in_reply_to=before.earlier[-1].ask_id), action
        return ask, ask.text

    def _awaits_words(self, earlier: Sequence[Earlier]) -> bool:
        """Whether the last thing said was "what shall support be asked?"; the next words are the question then."""
        return (
            bool(earlier) and earlier[-1].action == SUPPORT and self._machine_time() - earlier[-1].recorded_at < AWAITED
        )

    def _in_support_room(self, ask: Ask) -> bool:
        return self.support.room is not None and ask.room.within(self.support.room)


def look(session: Session, ask: Ask, now: datetime) -> Before:
    """Read all that the reply to `ask` may depend on. `now` is machine time."""
    is_action = ask.text.startswith("/")
    earlier = recall(session, ask.room, ask.sender, 1 if is_action else FAR_BACK)
    again = turn_asked(session, ask.id) if any(turn.ask_id == ask.id for turn in earlier) else None
    in_reply_to = ask.in_reply_to or (ask_behind(session, ask.sender, ask.pressed) if ask.pressed else None)
    answers_offer = earlier and not is_action and any(words.fullmatch(ask.text) for words in (_YES, _NO, _CANCEL))
    return Before(
        again,
        earlier,
        language_chosen(session, ask.sender),
        in_reply_to,
        language_under(session, in_reply_to, ask.room) if in_reply_to and is_action else None,
        reply_to(session, earlier[-1].ask_id) if answers_offer else None,
        None if is_action else awaited(session, ask.sender, ask.room, now),
    )


def _completed(action: str, text: str) -> str:
    """The action that was waited for, with the text: unless that calls it off, or is something else."""
    if _CANCEL.fullmatch(text):
        return CANCEL
    is_question = "@" not in text and text.rstrip().endswith(("?", "？"))
    return text if is_question or not enrolment.completes(action, text) else f"{action} {text}"


def _with_reference(reply: Reply, ask: Ask) -> Reply:
    """The button to support names the turn that it stands under: a press next week still means this question."""
    named = f"{SUPPORT} {reference(ask.id)}"
    choices = tuple(Choice(one.label, named) if one.action == SUPPORT else one for one in reply.choices)
    return replace(reply, choices=choices)


def _language(ask: Ask, action: str, before: Before) -> str:
    """That of the text; of a pressed button that of the reply it stood under; else what was chosen or spoken last."""
    spoken = next((turn.language for turn in reversed(before.earlier) if turn.language), None)
    if action.startswith("/") and before.awaited:
        return spoken or before.chosen or ask.language or "en"
    if action.startswith("/"):
        return before.under or before.chosen or ask.language or spoken or "en"
    return language_of(ask.text, spoken or before.chosen or ask.language or "en")


def _talked_of(earlier: Sequence[Earlier], now: datetime) -> list[str]:
    return [turn.asked for turn in earlier if now - turn.at < REMEMBERED]
