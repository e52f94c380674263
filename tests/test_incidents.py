"""Support is told once when a target fails from here and once when that is over; targets are watched by one copy."""

import asyncio
from datetime import timedelta

from bot.connections import Connections
from handlers.probe import Cause
from models import checks
from models.campaign import Campaign
from models.store import Store
from tests.channels_cast import ONE_DATABASE
from tests.checks_cast import ROOM, Line, copy_of, looking, posted, report, told, wanted
from tests.delivery_cast import machine_time
from tests.reception_cast import KEY


async def room(store: Store) -> list[str]:
    """What the support room is told, in order."""
    return [one.reply.text for one in (await posted(store)).values() if one.address == str(ROOM)]


async def test_an_incident_is_told_to_support_once_and_once_more_when_it_is_over(
    store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    line = Line(report(Cause.TCP_TIMEOUT))
    copies = [copy_of(store, campaign, line, name) for name in ("one", "two")]
    async with looking(*copies):
        for number, cause in enumerate([Cause.TCP_TIMEOUT, Cause.DNS_SERVFAIL, Cause.OK, Cause.OK], start=1):
            line.report = report(cause)
            forget_results(*copies)
            await wanted(store, two_firms["amy"])
            await told(store, number)
    began, over = await room(store)
    assert began.startswith(
        "2FA server (SSO page) (CCMS two-factor authentication, 2023) fails, seen from this bot, since 10:00 HKT on "
        "Wednesday 12 April 2023: 2FA server (SSO page) is found, but nothing answers"
    )
    assert "The reason of tcp_timeout." in began
    assert "works again, seen from this bot, since 10:00 HKT" in over
    (incident,) = await store.read(checks.incidents, KEY)
    assert incident.told == str(ROOM)
    assert incident.ended


def forget_results(*copies: Connections) -> None:
    """As if so much time had passed that none of them holds any more."""
    for copy in copies:
        assert copy.flight
        copy.flight._kept.clear()


async def test_two_copies_that_watch_look_once_and_tell_of_a_change_once(store: Store, campaign: Campaign) -> None:
    line, every = Line(), timedelta(minutes=10)
    copies = [copy_of(store, campaign, line, name) for name in ("one", "two")]
    for cause, verdict in ((Cause.OK, "ok"), (Cause.TLS_EXPIRES_SOON, "warning"), (Cause.OK, "ok")):
        line.report = report(cause, verdict)  # type: ignore[arg-type] # each is one
        forget_results(*copies)
        await asyncio.gather(*(copy.watch(every) for copy in copies))
    assert len(line.looked) == 3
    first, second = await room(store)
    assert "but its certificate" in first
    assert "all that was tried works" in second
    assert [one.verdict for one in await store.read(checks.states, KEY, "sso")] == ["ok", "warning", "ok"]


@ONE_DATABASE
async def test_another_copy_watches_when_the_first_has_died(store: Store, campaign: Campaign) -> None:
    line, every = Line(), timedelta(minutes=10)
    await copy_of(store, campaign, line, "dead").watch(every)
    await copy_of(store, campaign, line, "two").watch(every)
    assert len(line.looked) == 1
    await copy_of(store, campaign, line, "two", machine=lambda: machine_time() + 2 * every).watch(every)
    assert len(line.looked) == 2


@ONE_DATABASE
async def test_what_is_asked_for_and_half_broken_is_told_to_the_asker_and_not_to_support(
    store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    async with looking(copy_of(store, campaign, Line(report(Cause.TLS_EXPIRES_SOON, "warning")))):
        await wanted(store, two_firms["amy"])
        await told(store, 1)
    assert await room(store) == []
