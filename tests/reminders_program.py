"""A copy of Usher of its own that plans and sends reminders at the times that it is given, and says what arrived.

python -m tests.reminders_program DATABASE_URL CAMPAIGN_FOLDER TIME...

It says "ready", and begins when it is told a line. TZ says in which zone the machine believes to be.
"""

import asyncio
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from models.campaign import load
from models.store import Store
from tests.delivery_cast import Clock
from tests.reminders_cast import Usher


def program(url: str, folder: Path, *times: datetime, zone: str = "UTC") -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.reminders_program", url, str(folder), *(at.isoformat() for at in times)]
    environment = {**os.environ, "TZ": zone}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def together(*copies: subprocess.Popen[str]) -> list[tuple[str, str, str]]:
    """Nobody begins before all can; gives what arrived: when, where, and the text."""
    assert [copy.stdout.readline() for copy in copies if copy.stdout] == ["ready\n"] * len(copies)
    for copy in copies:
        assert copy.stdin
        copy.stdin.write("\n")
        copy.stdin.flush()
    said = [json.loads(copy.communicate(timeout=60)[0]) for copy in copies]
    return sorted((at, to, text) for arrived in said for at, to, text in arrived)


async def main(url: str, folder: str, *times: str) -> None:
    store = await Store.open(url)
    usher = Usher(store, [load(Path(folder))], Clock(datetime.fromisoformat(times[0])))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await usher.live(*map(datetime.fromisoformat, times))
    print(json.dumps([(one.at.isoformat(), one.to, one.text) for one in usher.sent]))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
