"""Plays a day at the desk: 200 cases of 50 askers on every channel, five people of the desk, platforms that fail.

    python -m benchmarks.desk_day [--askers 50] [--cases 200] [--seeds 3]

Ends with an error unless every asker got all the replies that were meant for them and no others, in their order.
"""

import argparse
import asyncio
import logging
import tempfile
import time
from pathlib import Path

from models.campaign import load
from models.store import Store
from tests.channels_cast import ROOM, running
from tests.desk_crowd import Crowd, hurry
from tests.program import ROOT
from tests.slack_platform import slack_platform
from tests.support_cast import CROWD
from tests.telegram_platform import telegram_platform


async def day(askers: int, cases: int, seed: int, keep: Path) -> None:
    store = await Store.open(f"sqlite:///{keep / f'day{seed}.db'}")
    rooms = f"slack:{ROOM}, telegram:{CROWD}"
    campaign = load(ROOT / "campaigns" / "ccms-2fa-2023")
    async with slack_platform() as slack, telegram_platform() as telegram:
        telegram.can_read_all_group_messages = True
        slack.channel(ROOM, kind="private")
        telegram.group(CROWD, "Support")
        began = time.monotonic()
        async with running(store, campaign, keep, slack, telegram, before=hurry, support_room=rooms) as app:
            told = await Crowd(app, slack, telegram, askers, cases, seed).day()
        print(f"seed {seed}: {dict(told)} in {time.monotonic() - began:.1f} s", flush=True)
    await store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--askers", type=int, default=50)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(given.seeds):
            asyncio.run(day(given.askers, given.cases, seed, Path(folder)))


if __name__ == "__main__":
    main()
