"""Gives a demonstration its made-up firms, with codes that anybody may read, and somebody at its support desk."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files

from sqlmodel import Session

from models import codes
from models.participants import Participant, ParticipantDomain
from models.people import add_staff
from models.store import in_turn

STAFF = "Demo"  # who works at the desk of a demonstration
USES = 1_000_000  # everybody who tries it out
LASTS = timedelta(days=3650)  # from each start


@dataclass(frozen=True)
class Sample:
    """A made-up firm; `enrolment` is the code that its people enrol with."""

    code: str
    name: str
    enrolment: str
    domains: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def samples() -> tuple[Sample, ...]:
    read = tomllib.loads(files("bot").joinpath("samples.toml").read_text(encoding="utf-8"))
    return tuple(Sample(**{**one, "domains": tuple(one.get("domains", ()))}) for one in read["participant"])


def keep_samples(session: Session, now: datetime) -> None:
    """Have the samples in the database of a demonstration. Twice is once, also from two copies. Machine time."""
    in_turn(session, "demonstration")
    for one in samples():
        if session.get(Participant, one.code) is None:
            session.add(Participant(code=one.code, name=one.name, imported_at=now))
            session.flush()
            session.add_all(ParticipantDomain(domain=domain, participant=one.code) for domain in one.domains)
        codes.make(session, one.code, USES, now + LASTS, now, codes.code_in(one.enrolment))
    add_staff(session, STAFF, None, now, "operator")
