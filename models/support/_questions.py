"""Counts the questions that found no answer, and lists the examples that the desk suggests for some."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.conversation import Turn
from models.pseudonyms import is_left
from models.support._rows import PHONE, Case, Example, State

LOOKED_AT = 30_000  # turns, the newest: what is older was looked at before, and the page is quick with millions
_ESCALATED = '"behaviour":"escalate"'  # as it stands in a stored reply; in a text its quotation marks are written \"
_PASSED_ON = "/support "  # how the action begins by which "none of these", too, came to the desk
_ENDS = re.compile(r"[\s?？!！.。…]+$")


@dataclass
class Unanswered:
    """A question that found no answer, as it was asked last: how often, by how many, last when (campaign time)."""

    text: str
    count: int = 0
    last: datetime | None = None
    languages: Counter[str] = field(default_factory=Counter)
    campaigns: Counter[str] = field(default_factory=Counter)
    askers: set[str] = field(default_factory=set)


def unanswered(session: Session, limit: int = 200, looked_at: int = LOOKED_AT) -> list[Unanswered]:
    """Those among the newest turns, the most frequent first. Letters' case, spaces and how it ends do not matter."""
    found: dict[str, Unanswered] = {}
    for row in session.connection().execute(_ASKED, {"most": looked_at}):
        _count(found.setdefault(folded(row.asked), Unanswered(row.asked)), row)
    order = sorted(found.values(), key=lambda one: (-one.count, -(one.last.timestamp() if one.last else 0)))
    return order[:limit]


def folded(text: str) -> str:
    """The same for questions that differ only in how they are written."""
    return _ENDS.sub("", " ".join(unicodedata.normalize("NFKC", text).casefold().split()))


def examples(session: Session, limit: int = 200) -> Sequence[Example]:
    """The questions that somebody of the desk matched with an answer, the newest first."""
    newest = select(Example).where(col(Example.text) != "").order_by(col(Example.id).desc()).limit(limit)
    return session.scalars(newest).all()


def cases_of(session: Session, participant: str, limit: int = 20) -> Sequence[Case]:
    """The participant's cases, those first that have not ended, then the newest."""
    ended = col(Case.state).not_in([str(State.OPEN), str(State.WAITING)])
    theirs = select(Case).where(col(Case.participant) == participant)
    return session.scalars(theirs.order_by(ended, col(Case.number).desc()).limit(limit)).all()


def _count(one: Unanswered, row: Any) -> None:
    one.count += 1
    one.askers.add(row.sender)
    if row.language:
        one.languages[row.language] += 1
    if row.campaign:
        one.campaigns[row.campaign] += 1
    if one.last is None or row.at >= one.last:
        one.last, one.text = row.at, row.asked


_pressed = aliased(Turn)
_newest = func.coalesce(select(func.max(col(Turn.id))).scalar_subquery(), 0)
_recent: ColumnElement[bool] = col(Turn.id) > _newest - bindparam("most")
_press = select(col(_pressed.in_reply_to)).where(
    col(_pressed.id) > _newest - bindparam("most"), col(_pressed.action).startswith(_PASSED_ON),
    col(_pressed.in_reply_to).is_not(None),
)  # fmt: skip
_is_question = and_(
    col(Turn.asked) != "", ~col(Turn.asked).startswith("/"), ~col(Turn.room).startswith(f"{PHONE}:"),
    ~is_left(col(Turn.sender)),
)  # fmt: skip
_ASKED = (
    select(col(Turn.asked), col(Turn.sender), col(Turn.language), col(Turn.campaign), col(Turn.at))
    .where(
        _recent, _is_question,
        or_(col(Turn.reply_json).contains(_ESCALATED, autoescape=True), col(Turn.ask_id).in_(_press)),
    )
    .order_by(col(Turn.id))
)  # fmt: skip
