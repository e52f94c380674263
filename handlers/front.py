"""Knows what somebody is shown before anything was asked: for whom they act, and what they can press."""

from dataclasses import dataclass

from sqlmodel import Session

from handlers.enrolment import JOIN
from models.contacts import participants_of
from models.conversation import recall
from models.message import Address, Choice, Reply
from models.people import language_chosen
from models.wording import in_script, phrases

OWN = ("status", "seats", "check", "calendar", "mydata")  # what somebody who is enrolled can press
NAMED = 10  # participants


@dataclass(frozen=True)
class Reader:
    """Who looks: the language they have chosen, or spoken last, and the participants they act for."""

    language: str = "en"
    participants: tuple[str, ...] = ()


@dataclass(frozen=True)
class Front:
    """What is shown before anything was asked. `acts_for` and `own` are for its reader alone."""

    greeting: str
    starts: tuple[Choice, ...]
    first: Reply | None
    acts_for: str = ""
    own: tuple[Choice, ...] = ()


def reader(session: Session, person: Address) -> Reader:
    spoken = [turn.language for turn in recall(session, person, person, 1)]
    language = language_chosen(session, person) or next(iter(spoken), None) or "en"
    return Reader(language, tuple(f"{one.code} · {one.name}" for one in participants_of(session, person)))


def own(reader: Reader) -> tuple[Choice, ...]:
    """What is theirs to press; to somebody of whom nothing is known, the way to enrol."""
    told = phrases()["zh-Hant" if reader.language.startswith("zh") else "en"]
    if not reader.participants:
        return (Choice(in_script(told["join"], reader.language), JOIN, form=True),)
    return tuple(Choice(in_script(told[f"command.{word}"], reader.language), f"/{word}") for word in OWN)


def named(participants: tuple[str, ...]) -> str:
    """Each in a line of its own, as many as there is room for."""
    more = ["…"] if len(participants) > NAMED else []
    return "\n".join([*(f"• {name}" for name in participants[:NAMED]), *more])
