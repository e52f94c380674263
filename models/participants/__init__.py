"""Remembers which participants there are: the firms that the circulars are addressed to."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Field, Index, Session, SQLModel, col, select

from models.participants._mail import NotADomain, NotAnAddress, domain_of, mail_address, mail_domain

__all__ = [
    "NotADomain",
    "NotAnAddress",
    "Participant",
    "ParticipantDomain",
    "domain_of",
    "domains_of",
    "having_domain",
    "mail_address",
    "mail_domain",
    "may_have_address",
    "participants",
]


class Participant(SQLModel, table=True):
    """A firm. `time_zone` and `language` are its own where they were given; `imported_at` is machine time."""

    code: str = Field(primary_key=True)
    name: str
    time_zone: str | None = None
    language: str | None = None
    imported_at: datetime


class ParticipantDomain(SQLModel, table=True):
    """A mail domain whose addresses belong to people of the participant. Firms of one group may share one."""

    __tablename__ = "participant_domain"
    __table_args__ = (Index(None, "participant"),)

    domain: str = Field(primary_key=True)
    participant: str = Field(primary_key=True, foreign_key="participant.code")


def participants(session: Session) -> list[Participant]:
    """All there are, in the order of their codes."""
    return list(session.exec(select(Participant).order_by(col(Participant.code))))


def domains_of(session: Session, participant: str) -> list[str]:
    """The mail domains that it said are its own."""
    mine = select(ParticipantDomain.domain).where(ParticipantDomain.participant == participant)
    return sorted(session.exec(mine))


def having_domain(session: Session, domains: Iterable[str]) -> list[Participant]:
    """Those whose people have addresses of one of the domains, in the order of their codes."""
    owned = select(ParticipantDomain.participant).where(col(ParticipantDomain.domain).in_(list(domains)))
    mine = select(Participant).where(col(Participant.code).in_(owned))
    return list(session.exec(mine.order_by(col(Participant.code))))


def may_have_address(session: Session, participant: str, email: str) -> bool:
    """Whether a person of the participant may have that address: any, where it has named no domains."""
    own = domains_of(session, participant)
    return not own or domain_of(email) in own
