"""A copy of Usher that only sends, by adding lines to a file, and is killed in the middle if the test says so."""

import asyncio
import os
import signal
import sys
from datetime import timedelta

from models.message import Address, Reply
from models.store import Store
from scheduler.delivery import Limits
from tests.delivery_cast import Recorder, sending

LEASE = timedelta(seconds=3)


class Lines(Recorder):
    """Sends by adding the key to a file. The answer takes its time on both ways, as a platform's does."""

    def __init__(self, file: str, die_after: int) -> None:
        super().__init__()
        self._left = die_after
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def send(self, to: Address, reply: Reply, key: str) -> str:
        await asyncio.sleep(0.01)
        os.write(self._file, f"{key}\n".encode())  # one write is one whole line, whoever else writes
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)  # now it has been sent, and nobody knows
        await asyncio.sleep(0.01)
        return key


async def main(url: str, file: str, copy: str, die_after: str) -> None:
    store = await Store.open(url)
    async with sending(store, Lines(file, int(die_after)), copy=copy, limits=Limits(lease=LEASE)):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
