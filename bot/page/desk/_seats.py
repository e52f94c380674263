"""Shows the seat roster: of each briefing how many places are held, left and waited for, and by whom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from sqlmodel import Session
from starlette.responses import Response

from bot.page.desk._asked import Asked, Door
from bot.page.desk._shown import when, word, wording, zone_of
from handlers.seats import short_name
from models.campaign import Briefing, Campaign
from models.seats import Listed, State, listed

SHOWN = 500  # people of one briefing: the export has all


@dataclass
class Roster:
    """One briefing with its numbers; `rows` are who sits or waits there, where it is this one that is looked at."""

    campaign: Campaign
    key: str
    briefing: Briefing | None
    held: int = 0
    offered: int = 0
    waiting: int = 0
    participants: int = 0
    rows: list[Listed] = field(default_factory=list)

    @property
    def capacity(self) -> int | None:
        return self.briefing.capacity if self.briefing else None

    @property
    def left(self) -> int | None:
        return max(0, self.capacity - self.held - self.offered) if self.capacity is not None else None


async def _show(asked: Asked) -> Response:
    chosen = asked.request.query_params.get("briefing", "")
    rosters = await asked.app.store.read(_rosters, asked.app.campaigns, chosen)
    return asked.page(
        "desk/seats.html",
        rosters=[(one, _name(asked, one), f"{one.campaign.key} {one.key}") for one in rosters],
        circular=lambda campaign: word(asked, campaign, campaign.name),
        chosen=chosen,
        shown=SHOWN,
        when=when(asked),
        zone=zone_of(asked),
    )


def _rosters(session: Session, campaigns: Sequence[Campaign], chosen: str) -> list[Roster]:
    return [roster for campaign in campaigns if campaign.briefings for roster in _of(session, campaign, chosen)]


def _of(session: Session, campaign: Campaign, chosen: str) -> Iterator[Roster]:
    """Every briefing of the circular, in its order, then those that it has no longer."""
    found = {one.key: Roster(campaign, one.key, one) for one in campaign.briefings}
    for key, rows in groupby(listed(session, campaign), attrgetter("briefing")):
        roster = found.setdefault(key, Roster(campaign, key, None))
        firms = set()
        for row in rows:
            _count(roster, row)
            firms.add(row.participant)
            if chosen == f"{campaign.key} {key}" and len(roster.rows) < SHOWN:
                roster.rows.append(row)
        roster.participants = len(firms)
    yield from found.values()


def _count(roster: Roster, row: Listed) -> None:
    if row.state == "waiting":
        roster.waiting += 1
    elif row.state == State.OFFERED:
        roster.offered += 1
    else:
        roster.held += 1


def _name(asked: Asked, roster: Roster) -> str:
    if roster.briefing is None:
        return roster.key
    return short_name(wording(asked, roster.campaign), roster.briefing, asked.language)


DOORS = (Door("/desk/seats", "GET", _show, "see seats", nav="nav_seats"),)
