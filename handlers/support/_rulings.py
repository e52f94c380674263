"""Finds which of the circulars' answers a case may be about, and sends the one that the desk has chosen, once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Session

from handlers.support._turns import SHORT_KEY, key_of, short
from models import support
from models.campaign import Campaign
from models.message import Reply
from models.support import By, Case

if TYPE_CHECKING:
    from handlers.support import Support

OFFERED = 6


@dataclass(frozen=True)
class Answered:
    """One answer of a campaign, by its title."""

    campaign: Campaign
    key: str

    @property
    def named(self) -> str:
        """As it stands in an action."""
        return f"{self.campaign.key} {self.key}"


def likeliest(desk: "Support", case: Case, words: str, at: datetime) -> Sequence[Answered]:
    """The answers that these words ask for, or else the case's question: the likeliest first."""
    found = {one.named: one for one in _ranked(desk, case, words or case.question, at) if _says_something(one)}
    return list(found.values())[:OFFERED]


def answer_named(desk: "Support", named: str) -> Answered | None:
    """The answer of `campaign key`, or of the short key of that."""
    if named.startswith(SHORT_KEY):
        every = (Answered(one, key) for one in desk.phrasing.campaigns.values() for key in one.answer)
        return next((one for one in every if key_of(one.named) == named.strip()), None)
    campaign, _, key = named.strip().partition(" ")
    found = desk.phrasing.campaigns.get(campaign)
    return Answered(found, key) if found and key in found.answer else None


def rule(desk: "Support", session: Session, case: Case, chosen: Answered, by: By) -> bool:
    """Send the circular's own answer, as it is now, to who asked; False where it was sent before. Raises `Ended`."""
    if desk.facts is None:
        return False
    language = case.language or "en"
    answer = desk.facts.answer(chosen.campaign.key, chosen.key, by.at, language)
    if answer is None:
        return False
    # The same answer to the same question is sent once, however often and by whomever it is chosen.
    key = f"reply:{case.number}:this is {chosen.campaign.key}/{chosen.key}"
    event = support.rule(session, case.number or 0, f"{chosen.campaign.key}/{chosen.key}", answer.text, key, by)
    if event is None:
        return False
    desk.send_out(session, case, key, _worded(desk, case, event.number or 1, answer, by.at), by.at)
    return True


def _worded(desk: "Support", case: Case, which: int, answer: Reply, at: datetime) -> Reply:
    phrase = "desk.ruling" if which == 1 else "desk.ruling.again"
    fields = {"number": case.number, "which": which, "question": short(case.question)}
    before = desk.phrasing.say(answer.language, at, phrase, case.campaign, **fields)
    return replace(answer, text=f"{before.text}\n\n{answer.text}", choices=(), behaviour="answer")


def _ranked(desk: "Support", case: Case, text: str, at: datetime) -> Iterator[Answered]:
    understanders = desk.facts.understanders if desk.facts else ()
    own_first = sorted(understanders, key=lambda one: one.campaign.key != case.campaign)
    for one in own_first:
        what = one.understand(text, at)
        keys = [*(part.key for part in what.parts), *what.choices, *(scored.key for scored in what.ranked[:OFFERED])]
        yield from (Answered(one.campaign, key) for key in keys)
    for one in own_first:
        yield from (Answered(one.campaign, key) for key in one.campaign.starts)


def _says_something(one: Answered) -> bool:
    return one.campaign.answer[one.key].outcome == "answer"
