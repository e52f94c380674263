"""Shows how this Usher is doing: its channels, its clock, what waits to be sent or answered, the next reminders."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from bot.app import App
from bot.clock import machine_time
from bot.page.desk._asked import Asked, Door
from bot.page.desk._shown import when, word, zone_of
from models.outbox import State
from models.overview import Overview, overview
from models.reminders import Moment

NEXT = 8  # reminders
ALL = ("web", "slack", "telegram", "mail")
_WAITS, _TROUBLE = (State.PENDING, State.SENDING), (State.FAILED, State.UNCERTAIN)


@dataclass(frozen=True)
class ChannelState:
    """How one channel is doing; `skew` is how far this machine's clock is off the platform's, if that is known."""

    name: str
    on: bool
    sent: datetime | None
    heard: datetime | None
    waits: int
    delivered: int
    trouble: int
    skew: str


async def _show(asked: Asked) -> Response:
    app, now = asked.app, asked.at
    found = await app.store.read(overview, now)

    def rule(moment: Moment) -> str:
        return word(asked, moment.campaign, moment.rule.name) or moment.rule.key

    return asked.page(
        "desk/state.html",
        found=found,
        channels=list(_channels(app, found)),
        now=now,
        machine_now=machine_time(),
        demonstration=app.demonstration is not None,
        copy=app.channels.copy if app.channels else "",
        coming=_coming(app, now),
        rule=rule,
        waits=sum(found.of(name, *_WAITS) for name in {channel for channel, _ in found.counts}),
        late=bool(found.oldest_due and now - found.oldest_due > timedelta(minutes=5)),
        when=when(asked),
        zone=zone_of(asked),
    )


def _channels(app: App, found: Overview) -> Iterator[ChannelState]:
    on = set(app.channels.reminders.channels) if app.channels else {"web"}
    for name in dict.fromkeys((*ALL, *sorted(channel for channel, _ in found.counts))):
        yield ChannelState(
            name, name in on, found.sent.get(name), found.heard.get(name), found.of(name, *_WAITS),
            found.of(name, State.SENT), found.of(name, *_TROUBLE), _skew(app, name),
        )  # fmt: skip


def _skew(app: App, name: str) -> str:
    """As it was read off the platform's own answers last."""
    channel = app.channels.listening.get(name) if app.channels else None
    reading = channel.skew.last if channel else None
    return f"{reading.told} {name}'s clock" if reading else ""


def _coming(app: App, now: datetime) -> list[Moment]:
    """The reminders that are due next."""
    if app.channels is None:
        return []
    timetable = app.channels.reminders.timetable
    coming = [moment for campaign in app.campaigns for moment in timetable.ahead(campaign.key, now)]
    return sorted(coming, key=lambda moment: moment.at)[:NEXT]


DOORS = (Door("/desk/state", "GET", _show, "see state", nav="nav_state"),)
