"""Remembers which participants there are: the firms that the circulars are addressed to."""

from datetime import datetime

from sqlmodel import Field, SQLModel


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

    domain: str = Field(primary_key=True)
    participant: str = Field(primary_key=True, foreign_key="participant.code")
