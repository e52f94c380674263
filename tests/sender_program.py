"""A copy of Usher that plans and sends by adding lines to a file, and is killed in the middle if the test says so.

python -m tests.sender_program DATABASE_URL FILE COPY [DIE_AFTER [SECONDS [PLANS]]]

It says "ready"; it dies once it has sent so many; each answer takes so long. With PLANS it waits for a line, and then
posts so many messages: every copy the same ones.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta

from models.message import Address, Reply
from models.store import Store
from scheduler.delivery import Limits
from tests.delivery_cast import Recorder, post, posting, sending

LIMITS = Limits(lease=timedelta(seconds=3))
TOGETHER = 20  # messages that are planned in one transaction


class Lines(Recorder):
    """Sends by adding the key to a file. The answer takes its time on both ways, as a platform's does."""

    def __init__(self, file: str, die_after: int, seconds: float) -> None:
        super().__init__()
        self._left, self._way = die_after, seconds / 2
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def send(self, to: Address, reply: Reply, key: str) -> str:
        await asyncio.sleep(self._way)
        os.write(self._file, f"{key}\n".encode())  # one write is one whole line, whoever else writes
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)  # now it has been sent, and nobody knows
        await asyncio.sleep(self._way)
        return key


async def plan(store: Store, messages: int) -> None:
    for first in range(0, messages, TOGETHER):
        await post(store, *(posting(f"{n}", Address("slack", f"{n % 80}")) for n in range(first, first + TOGETHER)))
    print("planned", flush=True)


async def main(url: str, file: str, copy: str, die_after: str = "0", seconds: str = "0.02", plans: str = "0") -> None:
    store = await Store.open(url)
    async with sending(store, Lines(file, int(die_after), float(seconds)), copy=copy, limits=LIMITS):
        print("ready", flush=True)
        if int(plans):
            await asyncio.to_thread(sys.stdin.readline)
            await plan(store, int(plans))
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
