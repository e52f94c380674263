"""Takes out who had a connection checked and what they typed of it; what was found, when and for which firm, stays."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, select, update
from sqlmodel import Session, col

from models.checks import Check, PcTest
from models.pseudonyms import is_left, new_pseudonym
from models.retention._due import Due

LOOKED: tuple[type[Any], ...] = (Check, PcTest)


def old_looks(kind: type[Any], what: Due) -> ColumnElement[bool]:
    return and_(what.of(col(kind.campaign), col(kind.asked_at)), ~is_left(col(kind.address)))


def looks(session: Session, what: Due, now: datetime, most: int) -> Counter[str]:
    """Of so many people at a time."""
    run = session.connection().execute
    for kind in LOOKED:
        old = old_looks(kind, what)
        people = run(select(col(kind.address)).where(old).distinct().limit(most)).scalars().all()
        for one in people:
            left = f"{one.partition(':')[0]}:{new_pseudonym()}"
            values: dict[str, Any] = {"address": left, "place": left}
            if kind is Check:  # what somebody typed on a PC may name anybody
                values["report_json"] = case((col(Check.vantage) == "pc", None), else_=col(Check.report_json))
            run(update(kind).where(old, col(kind.address) == one).values(values))
        if people:
            return Counter({str(kind.__tablename__): len(people)})
    return Counter()
