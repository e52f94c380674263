"""Joins what Usher is made of: the settings, the store, the circulars, the reception and the clock."""

import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.channels import Channels, mail_sender
from bot.clock import CampaignClock, DemonstrationClock, machine_time
from bot.rooms import support_rooms
from bot.samples import keep_samples
from bot.settings import Settings, SettingsError
from bot.ticks import Ticks
from handlers.phrasing import PcPage
from handlers.reception import Reception
from models.campaign import Campaign, load_all
from models.demonstration import OtherBeginning, RealConversations, running
from models.store import Store
from scheduler.clock import Clock, Job
from scheduler.reminders import Planner

PLANNING = timedelta(seconds=10)  # how late a reminder may be planned


@dataclass(frozen=True)
class App:
    """One running Usher, whatever it is reached by."""

    settings: Settings
    store: Store
    campaigns: tuple[Campaign, ...]
    reception: Reception
    clock: CampaignClock
    demonstration: DemonstrationClock | None = None
    channels: Channels | None = None
    ticking: Clock | None = None

    async def close(self) -> None:
        if self.ticking:
            await self.ticking.stop()
        if self.channels:
            await self.channels.stop()
        if self.demonstration:
            await self.demonstration.close()
        await self.store.close()


async def build(settings: Settings) -> App:
    """Load and open everything, or raise `SettingsError`, `CampaignError` or `StoreError`."""
    campaigns = load_all(settings.campaigns)
    store = await Store.open(settings.database_url.get_secret_value())
    async with AsyncExitStack() as failed:
        failed.push_async_callback(store.close)
        clock = CampaignClock()
        demonstration = await _demonstration(settings, store, clock)
        rooms = support_rooms(settings)
        reception = Reception(
            store, campaigns, machine_time, settings.var / "understanding", rooms, sender=mail_sender(settings)
        )
        reception.phrasing.pc_page = PcPage.of(settings.secret_key.get_secret_value(), settings.public_url)
        channels = Channels(settings, store, reception, campaigns, clock)
        reminders = channels.reminders
        planner = Planner(store, reminders.timetable, reminders.channels, lambda: reminders.times, reminders.unreached)
        ticks = Ticks(
            store, reception.phrasing, campaigns, clock.now, machine_time, bool(settings.smtp_url), reception.support
        )
        failed.pop_all()
    if demonstration:
        demonstration.keep()
    jobs = [Job("reminders", PLANNING, planner.plan), *ticks.jobs()]
    if settings.check_every:
        every = timedelta(minutes=settings.check_every)
        jobs.append(Job("connections", every, partial(channels.connections.watch, every)))
    ticking = Clock(jobs, store)
    return App(settings, store, campaigns, reception, clock, demonstration, channels, ticking)


async def _demonstration(settings: Settings, store: Store, clock: CampaignClock) -> DemonstrationClock | None:
    again = (
        f"delete {settings.var}/ to begin again, or name another DATABASE_URL"
        if settings.sqlite_file
        else "name an empty DATABASE_URL to begin again"
    )
    if not settings.demo:
        if await store.read(running):
            raise SettingsError(f"DATABASE_URL holds a demonstration, whose times were never real: {again}.")
        return None
    try:
        demonstration = await DemonstrationClock.begin(store, settings.as_of, clock)
    except OtherBeginning as error:
        raise SettingsError(
            f"AS_OF={_told(settings.as_of)}, but the demonstration in this database began at "
            f"AS_OF={_told(error.began_as_of, settings.as_of)}: {again}."
        ) from error
    except RealConversations as error:
        raise SettingsError(
            "DEMO=1, but DATABASE_URL holds conversations or firms that no demonstration had: "
            "name another DATABASE_URL."
        ) from error
    await store.write(keep_samples, machine_time())
    return demonstration


def _told(as_of: datetime | None, like: datetime | None = None) -> str:
    if as_of is None:
        return "(empty: now)"
    return as_of.astimezone(like.tzinfo if like else as_of.tzinfo).isoformat()


def log_to_terminal(settings: Settings) -> None:
    """Tell what happens in lines that a person can read; the libraries speak only of what is wrong."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("bot", "handlers", "scheduler", "models"):
        logging.getLogger(name).setLevel(settings.log_level)
