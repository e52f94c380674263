"""Joins what Usher is made of: the settings, the store, the circulars, the reception and the clock."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.settings import Settings
from handlers.reception import Reception
from models.campaign import Campaign, load_all
from models.store import Store


class CampaignClock:
    """The time that the circulars are read in: it begins at `as_of` and runs as fast as the machine's.

    Without `as_of` it is the machine's own time.
    """

    def __init__(self, as_of: datetime | None = None, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._as_of, self._elapsed, self._began = as_of, elapsed, elapsed()

    def now(self) -> datetime:
        if self._as_of is None:
            return machine_time()
        return self._as_of + timedelta(seconds=self._elapsed() - self._began)


def machine_time() -> datetime:
    """The time that cannot be set: for when something was recorded, for signatures, leases and rates."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class App:
    """One running Usher, whatever it is reached by."""

    settings: Settings
    store: Store
    campaigns: tuple[Campaign, ...]
    reception: Reception
    clock: CampaignClock

    async def close(self) -> None:
        await self.store.close()


async def build(settings: Settings) -> App:
    """Load and open everything, or raise `CampaignError` or `StoreError`."""
    campaigns = load_all(settings.campaigns)
    store = await Store.open(settings.database_url.get_secret_value())
    reception = Reception(store, campaigns, machine_time, settings.var / "understanding")
    return App(settings, store, campaigns, reception, CampaignClock(settings.as_of))


def log_to_terminal(settings: Settings) -> None:
    """Tell what happens in lines that a person can read; the libraries speak only of what is wrong."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("bot", "handlers", "scheduler", "models"):
        logging.getLogger(name).setLevel(settings.log_level)
