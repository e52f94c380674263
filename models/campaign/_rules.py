"""When people are reminded of what, and who of them: a rule, as it stands in a campaign's file."""

from collections.abc import Mapping
from datetime import time
from functools import cached_property
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import Field, field_validator, model_validator

from models.campaign._answer import Data, Key, Words

Lead = Annotated[str, Field(pattern=r"^\d+ (business day|calendar day|hour)s?$")]
Who = Literal["all", "open", "no-seat", "seat-unregistered", "seat"]


class Audience(NamedTuple):
    """Whom a rule is for: all, those with one of these tasks `open`, or with or without seats at these briefings.

    Without keys any briefing counts. `seat-unregistered`: a seat that nobody said is registered where it counts.
    """

    who: Who
    keys: tuple[str, ...]


class Reminder(Data):
    """When to remind of a milestone: lead times such as `7 business days`, `1 calendar day`, `3 hours`.

    The milestone is a dated fact or a briefing. `audience` is read as `Audience` says. `tones` are the words for single
    leads, `text` those for the others. `reach`: all people of a participant, or the first who can be reached.
    """

    key: Annotated[Key, Field(max_length=16)]  # it stands in the actions of buttons, which are short
    milestone: Key
    leads: tuple[Lead, ...] = Field(min_length=1)
    at: time | None = None
    audience: str
    reach: Literal["all", "first"] = "all"
    after_deadline: bool = False
    name: Words = Field(default_factory=dict)
    text: Words
    tones: Mapping[Lead, Words] = Field(default_factory=dict)

    @field_validator("audience")
    @classmethod
    def _audience_is_one(cls, audience: str) -> str:
        who, *keys = audience.split() or [""]
        if who not in get_args(Who):
            raise ValueError(f"{audience!r} begins with none of {', '.join(get_args(Who))}")
        if who == "open" and not keys:
            raise ValueError("'open' needs the key of a task, or several")
        return audience

    @model_validator(mode="after")
    def _tones_are_of_leads(self) -> "Reminder":
        if unknown := sorted(set(self.tones) - set(self.leads)):
            raise ValueError(f"tones: {unknown[0]!r} is none of the leads")
        return self

    @cached_property
    def whom(self) -> Audience:
        who, *keys = self.audience.split()
        return Audience(who, tuple(keys))  # type: ignore[arg-type]  # the validator has looked

    def words(self, lead: str) -> Words:
        """What is said at that lead."""
        return self.tones.get(lead, self.text)
