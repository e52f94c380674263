"""Receives every message: finds out what is wanted, has it answered, and keeps what was asked and said."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from weakref import WeakValueDictionary

from sqlmodel import Session

from handlers import enrolment
from handlers.acts import ACTS, perform
from handlers.commands import NO_TEXT, Commands
from handlers.facts import ANSWER, NO_SUPPORT, SUPPORT, Facts, language_of
from handlers.front import Front, reader
from handlers.phrasing import Phrasing
from handlers.reception._before import AWAITED, Before, calls_support, for_support, joins, look, meant
from handlers.support import Support, reference
from handlers.talk import Talk
from handlers.understand import Reading
from models.campaign import Campaign
from models.conversation import Turn, record, turn_asked
from models.inbox import storable
from models.message import Address, Ask, Choice, Reply
from models.people import choose_language
from models.store import Store, in_turn

__all__ = ["AWAITED", "Also", "Before", "Heard", "Reception", "Then", "look"]

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
class _Deed:
    """What Usher is to do. In free words there is a `reading`, and what the circular says of it is `known`; they join
    the open case of number `live`, if there is one.
    """

    word: str
    argument: str
    language: str
    reading: Reading | None = None
    known: Reply | None = None
    live: int | None = None


class Reception:
    """Where every channel hands in what a person wrote or pressed."""

    def __init__(
        self,
        store: Store,
        campaigns: Sequence[Campaign],
        machine_time: Callable[[], datetime],
        keep: Path | None = None,
        support_rooms: Sequence[Address] = (),
        *,
        sender: str | None = None,
    ) -> None:
        self._store, self._mails = store, sender is not None
        self.phrasing = Phrasing(campaigns, sender)
        self._facts = Facts.of(campaigns, keep)
        self._commands = Commands(self._facts, self.phrasing)
        self._machine_time = machine_time
        self.support = Support(store, self.phrasing, machine_time, support_rooms, facts=self._facts)
        self._turn_of: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def hear(self, ask: Ask, also: Also | None = None, before: Before | None = None) -> Heard:
        """The same as `take`, for a channel with rooms in which people also talk among themselves."""
        if ask.overheard or (ask.replies_to and self.support.in_a_room(ask.room)):
            heard = await self.support.heard(ask, language_of(ask.text))
            if heard or ask.overheard:
                return Heard(heard)
        turn = await self.take(ask, also, before)
        # An empty text: what was done is shown elsewhere.
        return Heard(turn.reply if turn.reply.text else None, turn.in_reply_to, turn.action)

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
        before = await self._store.read(look, ask, self._machine_time())
        return before.language(ask, ask.text)

    def sorry(self, ask: Ask) -> Reply:
        """The fixed sentence for when Usher itself fails."""
        return self.phrasing.say(language_of(ask.text, ask.language or "en"), ask.at, "sorry")

    async def _take(self, ask: Ask, also: Also | None, before: Before | None) -> Turn:
        if before is None:
            before = await self._store.read(look, ask, self._machine_time())
        if before.again:
            return before.again
        ask = replace(ask, in_reply_to=before.in_reply_to)
        ask, action = meant(ask, before, self._machine_time())
        action = enrolment.meant(action)
        ask = replace(ask, text=enrolment.kept(action, ask.text))
        return await self._answered(ask, action, before, also)

    async def _answered(self, ask: Ask, action: str, before: Before, also: Also | None) -> Turn:
        language = before.language(ask, action)
        word, _, argument = action.partition(" ")
        if chosen := self._commands.chosen(word, argument):
            await self._store.write(choose_language, ask.sender, chosen, self._machine_time())
        if for_support(word, argument):
            words = argument.strip()
            asked = replace(ask, text=enrolment.kept(words, words))
            return await self._in_words(asked, words, before, also, to_support=True)
        if word in ACTS:
            return await self._store.write(self._perform, ask, _Deed(word, argument, language), also)
        if fixed := self._fixed(ask, word, argument, language):
            return await self._store.write(self._keep, ask, fixed, action, self._joins(ask, action, before), also)
        return await self._in_words(ask, action, before, also, to_support=before.awaits_words(self._machine_time()))

    async def _in_words(self, ask: Ask, words: str, before: Before, also: Also | None, *, to_support: bool) -> Turn:
        """Answer what was asked in free words, or pass it on, which some of it is at once."""
        language, live = before.language(ask, words), self._joins(ask, words, before)
        understood = self._facts.understand(words, ask.at, before.talked_of(ask.at))
        at_once = self._facts.escalates(understood) and not to_support
        reply = self._facts.tell(understood, ask.at, language, offers=not (live or at_once))
        to_support = to_support or (reply.behaviour == "escalate" and not at_once and calls_support(words))
        if to_support or at_once:
            return await self._store.write(self._pass_on, ask, reply, language, at_once, also)
        reply = _with_reference(reply, ask)
        if (wish := self._facts.wish(words, ask.at, understood)) and wish.does in ACTS:
            deed = _Deed(wish.does, wish.campaign or "", language, wish.reading, reply, live)
            return await self._store.write(self._perform, ask, deed, also)
        return await self._store.write(self._keep, ask, reply, words, live, also)

    def _joins(self, ask: Ask, action: str, before: Before) -> int | None:
        """The open case that the message joins. What people of the desk write in their room is no part of any."""
        return None if self.support.in_a_room(ask.room) else joins(ask, action, before)

    def _fixed(self, ask: Ask, word: str, argument: str, language: str) -> Reply | None:
        """What is said to an action that needs nobody's data; None for free text."""
        if word == NO_SUPPORT:
            return self.phrasing.say(language, ask.at, "not_passed_on")
        if word == NO_TEXT and ask.attachments:
            return self._not_opened(ask, language)
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
        talk = Talk(
            session, ask, deed.language, self.phrasing, now, self.support, self._mails, deed.reading,
            at_desk=self.support.in_a_room(ask.room),
        )  # fmt: skip
        reply = perform(talk, deed.word, deed.argument, deed.known)
        if deed.live:
            reply = self.support.asker(session, ask, reply.language).joined(deed.live, reply)
        if then:
            then(reply)
        if talk.forgotten:
            ask = talk.forgotten.ask(ask)
        said = f"{deed.word} {deed.argument}".strip()
        action = None if deed.reading else enrolment.kept(said, said)
        campaign = reply.answer.partition("/")[0] if reply.answer else None
        return record(session, ask, reply, recorded_at=now, subject=reply.answer, campaign=campaign, action=action)

    def _pass_on(
        self, session: Session, ask: Ask, answered: Reply, language: str, at_once: bool, also: Also | None
    ) -> Turn:
        if also:
            also(session)
        asker = self.support.asker(session, ask, language)
        return asker.pass_on_at_once(answered) if at_once else asker.pass_on_words(answered)

    def _not_opened(self, ask: Ask, language: str) -> Reply:
        """What is said to a file, which can only be passed on."""
        yes, no = (self.phrasing.say(language, ask.at, f"offer.{word}").text for word in ("yes", "no"))
        said = self.phrasing.say(language, ask.at, "only_text.offer")
        choices = Choice(yes, SUPPORT), Choice(no, NO_SUPPORT)
        return _with_reference(replace(said, behaviour="escalate", choices=choices), ask)

    def _keep(self, session: Session, ask: Ask, reply: Reply, action: str, live: int | None, also: Also | None) -> Turn:
        if also:
            also(session)
        if live:
            reply = self.support.asker(session, ask, reply.language).joined(live, reply)
        campaign = reply.answer.partition("/")[0] if reply.answer else None
        kept_action = action if action.startswith("/") else None
        now = self._machine_time()
        return record(session, ask, reply, recorded_at=now, subject=reply.answer, campaign=campaign, action=kept_action)


def _with_reference(reply: Reply, ask: Ask) -> Reply:
    """The button to support names the turn that it stands under: a press next week still means this question."""
    named = f"{SUPPORT} {reference(ask.id)}"
    choices = tuple(Choice(one.label, named) if one.action == SUPPORT else one for one in reply.choices)
    return replace(reply, choices=choices)
