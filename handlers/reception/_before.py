"""Reads what the reply to a message may depend on, and finds out which action its words come to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from handlers import enrolment
from handlers.commands import NO_TEXT
from handlers.facts import NO_SUPPORT, SUPPORT, language_of
from handlers.support import WORDS
from handlers.talk import CANCEL
from models.conversation import Earlier, Turn, language_under, recall, reply_to, turn_asked
from models.drafts import awaited
from models.inbox import ask_behind
from models.message import Ask, Reply
from models.people import language_chosen
from models.support import live_number

FAR_BACK = 20  # turns that a question may go on with
REMEMBERED = timedelta(minutes=30)  # how long a question may go on with what was talked of before
AWAITED = timedelta(minutes=15)  # how long "what shall support be asked?" waits for its words; machine time
_YES = re.compile(
    r"(?i)\s*(yes|yes please|yep|yeah|y|ok|okay|sure|please do"
    r"|係|係呀|好|好呀|好的|是|是的|要|麻煩|麻烦|可以)\s*[.!。！]?\s*"
)
_CANCEL = re.compile(r"(?i)\s*(cancel|never mind|nevermind|forget it|取消|算了|算啦)\s*[.!。！]?\s*")
_SUPPORT = r"(?:(?:(?:ask|contact|tell) )?(?:the )?support(?: desk)?|(?:聯絡|联络|问|問)?支援(?:人員|人员)?)"
_TO_SUPPORT = re.compile(rf"(?is)\s*{_SUPPORT}\s*[:：]\s*(\S.*)")
_CALLED = re.compile(rf"(?i)\s*{_SUPPORT}\s+\S")
# Names of questions, as `handlers.support.reference` makes them or somebody might forge them, are no words.
_REFERENCE = re.compile(r"[0-9a-f]{16}|(?![A-Za-z]{1,20}[.!?]?$)[!-~]+")
_NO = re.compile(r"(?i)\s*(no|no thanks|nope|n|唔使|唔使喇|不用|不用了|不要|不)\s*[.!。！]?\s*")


@dataclass(frozen=True)
class Before:
    """What is known when a message comes: the turn, if it came before, else what its sender said and chose earlier.

    `under` is the language of the reply whose button was pressed, `offered` the last reply if a plain yes or no may
    press a button of it, `awaited` the action that the text completes. `live` is the newest open case of the sender.
    """

    again: Turn | None
    earlier: Sequence[Earlier]
    chosen: str | None
    in_reply_to: str | None
    under: str | None
    offered: Reply | None
    awaited: str | None = None
    live: int | None = None

    def language(self, ask: Ask, action: str) -> str:
        """That of the text; of a button that of the reply it stood under; else what was chosen or spoken last."""
        spoken = next((turn.language for turn in reversed(self.earlier) if turn.language), None)
        if action.startswith("/") and self.awaited:
            return spoken or self.chosen or ask.language or "en"
        if action.startswith("/"):
            return self.under or self.chosen or ask.language or spoken or "en"
        return language_of(ask.text, spoken or self.chosen or ask.language or "en")

    def talked_of(self, now: datetime) -> list[str]:
        """What a question at campaign time `now` may go on with."""
        return [turn.asked for turn in self.earlier if now - turn.at < REMEMBERED]

    def awaits_words(self, now: datetime) -> bool:
        """Whether the last thing said was "what shall support be asked?"; the next words are the question then."""
        last = self.earlier[-1] if self.earlier else None
        return last is not None and last.action == SUPPORT and now - last.recorded_at < AWAITED


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
        None if is_action and not ask.attachments else live_number(session, ask.sender),
    )


def meant(ask: Ask, before: Before, now: datetime) -> tuple[Ask, str]:
    """The action that is meant: a plain yes, no or cancel presses a button of the last reply. `now` is machine time."""
    if before.offered and CANCEL in {choice.action for choice in before.offered.choices}:
        first = before.offered.choices[0].action
        if first != CANCEL or not _YES.fullmatch(ask.text):
            pressed = first if _YES.fullmatch(ask.text) else CANCEL
            return replace(ask, in_reply_to=before.earlier[-1].ask_id), pressed
    if before.awaited:
        return ask, _completed(before.awaited, ask.text)
    if asked := _TO_SUPPORT.fullmatch(ask.text):
        return ask, f"{SUPPORT} {asked[1]}"
    return _offered(ask, before, now) or (ask, ask.text)


def _offered(ask: Ask, before: Before, now: datetime) -> tuple[Ask, str] | None:
    """The button of an offer to pass something on, if the words press it."""
    offered = {one.action.partition(" ")[0]: one.action for one in before.offered.choices} if before.offered else {}
    if NO_SUPPORT not in offered:
        return None
    no = _CANCEL if before.awaits_words(now) else _NO
    for action, words in ((offered.get(SUPPORT), _YES), (NO_SUPPORT, no)):
        if action and words.fullmatch(ask.text):
            return replace(ask, in_reply_to=before.earlier[-1].ask_id), action
    return None


def for_support(word: str, argument: str) -> bool:
    """Whether the action has the words that support is to be asked; else it names a question, or none yet."""
    return word == SUPPORT and bool(argument.strip()) and not _REFERENCE.fullmatch(argument)


def calls_support(words: str) -> bool:
    """Whether free words begin with support's name: where nothing answers them, they were meant for it."""
    return _CALLED.match(words) is not None


def joins(ask: Ask, action: str, before: Before) -> int | None:
    """The case that the message joins: free words and files do, but no button, command, secret or asked for detail."""
    is_file = ask.text == NO_TEXT and ask.attachments
    return before.live if is_file or not action.startswith("/") else None


def _completed(action: str, text: str) -> str:
    """The action that was waited for, with the text: unless that calls it off, or is something else."""
    if _CANCEL.fullmatch(text):
        return CANCEL
    is_question = "@" not in text and text.rstrip().endswith(("?", "？")) and action.partition(" ")[0] not in WORDS
    return text if is_question or not enrolment.completes(action, text) else f"{action} {text}"
