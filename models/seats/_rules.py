"""The rules of one briefing's seats: how many, until when, for whom; and why a seat is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from models.campaign import Briefing, Campaign
from models.seats._rows import Seat


@dataclass(frozen=True)
class Rules:
    """One briefing's rules, in campaign time. A `limit` or `capacity` that is not stated is None.

    Seats can be taken before `closes`. From `offers_from` on freed seats are offered to those who wait, each for
    `offer_lasts` and never past `starts`; where it is None they are offered at once, and never past `closes`.
    """

    campaign: str
    briefing: str
    limit: int | None
    capacity: int | None
    closes: datetime
    starts: datetime
    offers_from: datetime | None
    offer_lasts: timedelta

    @classmethod
    def of(cls, campaign: Campaign, briefing: Briefing) -> Self:
        starts, offers = campaign.opening(briefing), briefing.offers
        day = briefing.on - timedelta(days=offers.days_before)
        return cls(
            campaign.key,
            briefing.key,
            briefing.limit,
            briefing.capacity,
            closes=min(campaign.closing(briefing), starts),
            starts=starts,
            offers_from=datetime.combine(day, offers.at, campaign.zone) if offers.at else None,
            offer_lasts=timedelta(hours=offers.hours),
        )

    def offer_until(self, now: datetime) -> datetime | None:
        """Until when a seat that is free now would be kept for the next in the line; None where it is not offered."""
        if self.offers_from is None:
            return min(now + self.offer_lasts, self.closes) if now < self.closes else None
        return min(now + self.offer_lasts, self.starts) if self.offers_from <= now < self.starts else None


@dataclass(frozen=True)
class Attendee:
    """Who is to sit there. They are known by their e-mail address, else by their number as a contact."""

    name: str
    email: str | None = None
    contact_id: int | None = None

    def __post_init__(self) -> None:
        if not self.keys:
            raise ValueError("an attendee is known by an e-mail address or as a contact")

    @property
    def keys(self) -> tuple[str, ...]:
        """What they may be known by, the best first: somebody may have given an address only lately."""
        email = self.email.strip().casefold() if self.email else None
        return tuple(key for key in (email, self.contact_id and f"contact:{self.contact_id}") if key)

    @property
    def key(self) -> str:
        return self.keys[0]


@dataclass(frozen=True)
class Moment:
    """When something is done: `now` is campaign time, `machine` is machine time. `by` is who of support does it, where
    it is done for somebody who phoned.
    """

    now: datetime
    machine: datetime
    by: str | None = None


class NotAMember(Exception):  # noqa: N818 - named after the situation, as all of these
    """Who asks does not act for the participant, or no longer."""


class RegistrationClosed(Exception):  # noqa: N818 - as above
    """It is too late for that; where a seat was to be given up: the briefing has begun."""


class ParticipantFull(Exception):  # noqa: N818 - as above
    """The participant would have more seats than its limit: it has `seats`, on offer or held, and `free` are left."""

    def __init__(self, seats: Sequence[Seat], free: int) -> None:
        super().__init__(free)
        self.seats, self.free = list(seats), free


class BriefingFull(Exception):  # noqa: N818 - as above
    """The room holds no more than `free` further people."""

    def __init__(self, free: int) -> None:
        super().__init__(free)
        self.free = free


class OthersWait(Exception):  # noqa: N818 - as above
    """What is free is for those who wait in the line already."""


class AlreadySeated(Exception):  # noqa: N818 - as above
    """That attendee has a seat of the participant there already."""

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat.id)
        self.seat = seat


class NoSuchSeat(Exception):  # noqa: N818 - as above
    """The participant has no such seat at that briefing, or no longer; or no such place in the line."""


class OfferOver(NoSuchSeat):
    """The seat is no longer on offer to them."""
