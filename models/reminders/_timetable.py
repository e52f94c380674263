"""Knows when which rule of which circular is due, and which of what is due is still to be told."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from models.campaign import Campaign, reminder_times
from models.campaign import Reminder as Rule

LeadKey = tuple[str, str, str]  # campaign, rule, lead
LATER_WAS_DUE, TOO_LATE = "a later reminder was due by then", "it was of no use any more"


@dataclass(frozen=True)
class Moment:
    """One lead of one rule: due `at`, of use `until` then. `planned` is the closed day that it avoids by `moved`."""

    campaign: Campaign
    rule: Rule
    lead: str
    at: datetime
    until: datetime
    moved: str | None = None
    planned: date | None = None

    @property
    def key(self) -> LeadKey:
        return self.campaign.key, self.rule.key, self.lead


@dataclass(frozen=True)
class Due:
    """What is to be planned together, and what is left out, with the reason."""

    planned: Sequence[Moment]
    skipped: Sequence[tuple[Moment, str]]

    def __bool__(self) -> bool:
        return bool(self.planned or self.skipped)


class Timetable:
    """The moments of all rules of these circulars; it changes only with them."""

    def __init__(self, campaigns: Sequence[Campaign]) -> None:
        self.campaigns = {campaign.key: campaign for campaign in campaigns}
        self._rules = [
            sorted(_moments(campaign, rule), key=lambda moment: moment.at)
            for campaign in campaigns
            for rule in campaign.reminders
        ]

    @cached_property
    def by_key(self) -> dict[LeadKey, Moment]:
        return {moment.key: moment for moment in self.moments()}

    def moments(self) -> Iterator[Moment]:
        for moments in self._rules:
            yield from moments

    def due(self, known: Collection[tuple[str, str, str, datetime]], now: datetime) -> Due:
        """What has come due and is not `known`: of each rule only the newest lead, and that only while it is of use.

        What comes within the same hour as something that is told now is told with it. Pure.
        """
        planned, skipped = [], []
        for moments in self._rules:
            past = [moment for moment in moments if moment.at <= now]
            for moment in past:
                if (*moment.key, moment.at) in known:
                    continue
                if moment is not past[-1]:
                    skipped.append((moment, LATER_WAS_DUE))
                elif now >= moment.until:
                    skipped.append((moment, TOO_LATE))
                else:
                    planned.append(moment)
        if planned:
            hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            soon = [one for one in self._between(now, hour) if (*one.key, one.at) not in known]
            again = {one.key[:2] for one in soon}
            skipped += [(one, LATER_WAS_DUE) for one in planned if one.key[:2] in again]
            planned = [one for one in planned if one.key[:2] not in again] + soon
        return Due(planned, skipped)

    def current(self, campaign: str, now: datetime) -> list[Moment]:
        """Of each rule of the campaign the newest lead that has come due, while it is of use."""
        newest = [[one for one in moments if one.at <= now] for moments in self._rules]
        return [past[-1] for past in newest if past and past[-1].campaign.key == campaign and now < past[-1].until]

    def ahead(self, campaign: str, now: datetime) -> list[Moment]:
        """The moments of the campaign that are still to come, the next first."""
        coming = [one for one in self.moments() if one.campaign.key == campaign and one.at > now]
        return sorted(coming, key=lambda moment: moment.at)

    def _between(self, after: datetime, until: datetime) -> list[Moment]:
        """Of each rule the first one in that time: its next would only be told at once as well."""
        found = []
        for moments in self._rules:
            found += [moment for moment in moments if after < moment.at < until][-1:]
        return found


def _moments(campaign: Campaign, rule: Rule) -> Iterator[Moment]:
    for lead, at, moved, until, planned in reminder_times(campaign, rule):
        # In UTC: a local time that comes twice, where the clocks go back, equals no time of another zone.
        yield Moment(campaign, rule, lead, at.astimezone(UTC), until.astimezone(UTC), moved, planned)
