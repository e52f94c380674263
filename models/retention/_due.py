"""Says what is kept no longer: which time of which campaign is over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false, or_

from models.campaign import Campaign


@dataclass(frozen=True)
class Over:
    """Everything personal of `campaign` that is from before `until`, campaign time.

    None stands for no campaign, and those that are served no more; messages belong there as well.
    """

    campaign: str | None
    until: datetime


@dataclass(frozen=True)
class Due:
    """What is kept no longer: parts of what came in, and the contacts who came `before`, machine time, if that is so.

    `served` are the campaigns that there are.
    """

    parts: Sequence[Over]
    served: frozenset[str]
    before: datetime | None

    def of(self, campaign: SQLColumnExpression[Any], at: SQLColumnExpression[datetime]) -> ColumnElement[bool]:
        """Whether a row of that campaign, of that time, is among it."""
        other = or_(campaign.is_(None), campaign.not_in(self.served))
        parts = (and_(campaign == one.campaign if one.campaign else other, at <= one.until) for one in self.parts)
        return or_(false(), *parts)


def kept_until(campaigns: Collection[Campaign]) -> datetime:
    """When people are forgotten by themselves."""
    return max(_ends(campaign) for campaign in campaigns)


def due(campaigns: Collection[Campaign], now: datetime, machine_now: datetime) -> Due:
    """What is kept no longer at `now`, campaign time.

    Of what came in after a campaign's last date the days are counted from then. What belongs to no campaign goes with
    those that had begun when it came in. Contacts go when every campaign is over, and as many days have passed since
    they came.
    """
    longest = max(map(_days, campaigns))
    ended = [campaign for campaign in campaigns if _ends(campaign) <= now]
    begun = (datetime.combine(one.calendar.first, time(), one.zone) for one in campaigns if one not in ended)
    parts = [
        *(Over(campaign.key, now - _days(campaign)) for campaign in ended),
        Over(None, min([now - longest, *begun])),
    ]
    before = machine_now - longest if len(ended) == len(campaigns) else None
    return Due(parts, frozenset(campaign.key for campaign in campaigns), before)


def _days(campaign: Campaign) -> timedelta:
    return timedelta(days=campaign.retention_days)


def _ends(campaign: Campaign) -> datetime:
    return campaign.ends + _days(campaign)
