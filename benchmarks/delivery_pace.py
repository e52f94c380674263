"""Measures the sending of reminders at Telegram's pace: the share of the rate, CPU beside the library's own, memory."""

import asyncio
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from sqlmodel import Session
from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.request import BaseRequest, HTTPXRequest

from benchmarks.channels import cpu_of
from benchmarks.delivery_claims import WORDED
from benchmarks.delivery_figure import Figure
from benchmarks.platforms import TOKEN, Telegram
from bot.telegram import render
from bot.telegram.request import Request
from models.conversation import unpacked
from models.message import Address
from models.outbox import Posting, post
from models.store import Store
from tests.telegram_contract import Breach, read

ROOT = Path(__file__).resolve().parents[1]
RATE, A_CHAT = 30, 1  # messages a second that Telegram takes, of all chats and of one
LATENCY = 0.1, 0.3  # seconds
SHARE, CPU_MS, GROWTH = 0.98, 1.0, 1.10  # the bars
CLOCK = datetime(2023, 4, 12, 2, tzinfo=UTC)  # campaign time
BESIDE = 1500  # messages of the library alone, at most


class Bucket:
    """Lets `rate` through a second; what was not used is kept, up to one second's worth."""

    def __init__(self, rate: int, now: float) -> None:
        self._rate, self._left, self._at = rate, float(rate), now

    def wait(self, now: float) -> float:
        self._left = min(self._rate, self._left + (now - self._at) * self._rate)
        self._at = now
        return max(0.0, (1 - self._left) / self._rate)

    def take(self) -> None:
        self._left -= 1


class Paced(Telegram):
    """Takes a message late, refuses what comes too fast, and anything that Telegram would not read."""

    def __init__(self) -> None:
        super().__init__()
        self._all, self._chats = Bucket(RATE, time.monotonic()), dict[str, Bucket]()
        self.arrivals: list[float] = []
        self.refused: Counter[str] = Counter()
        self.progress = asyncio.Event()
        self._chance = random.Random(0)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if not request.path.endswith("/sendMessage"):
            return await super().handle(request)
        given = {name: str(value) for name, value in (await request.post()).items()}
        try:
            read("sendMessage", given)
        except Breach as breach:
            self.refused[breach.description] += 1
            return web.json_response({"ok": False, "error_code": 400, "description": breach.description}, status=400)
        if wait := self._too_fast(given["chat_id"]):
            told = {"ok": False, "error_code": 429, "description": f"Too Many Requests: retry after {wait}"}
            return web.json_response(told | {"parameters": {"retry_after": wait}}, status=429)
        self.arrivals.append(time.monotonic())
        self.progress.set()
        await asyncio.sleep(self._chance.uniform(*LATENCY))
        return await super().handle(request)

    def _too_fast(self, chat: str) -> int:
        """The whole seconds to wait, as Telegram tells them."""
        now = time.monotonic()
        buckets = {"all chats": self._all, "one chat": self._chats.setdefault(chat, Bucket(A_CHAT, now))}
        waits = {name: wait for name, bucket in buckets.items() if (wait := bucket.wait(now))}
        self.refused.update(f"429 of {name}" for name in waits)
        for bucket in () if waits else buckets.values():
            bucket.take()
        return int(max(waits.values())) + 1 if waits else 0

    async def until(self, many: int) -> None:
        while len(self.arrivals) < many:
            self.progress.clear()
            await asyncio.wait_for(self.progress.wait(), 60)

    @property
    def busiest_second(self) -> int:
        """The most that came within any second."""
        first, most = 0, 0
        for number, at in enumerate(self.arrivals):
            while self.arrivals[first] <= at - 1:
                first += 1
            most = max(most, number - first + 1)
        return most


@dataclass
class Sent:
    """What one sender did: its share of the rate, its CPU for a message, its memory at a tenth and at the end."""

    share: float
    cpu: float
    memory: tuple[float, float]
    refused: Counter[str]
    busiest_second: int


async def measure(messages: int) -> list[Figure]:
    library = await beside("aiohttp", min(messages, BESIDE))
    as_it_comes = await beside("httpx", min(messages, BESIDE))
    usher = await ours(messages)
    own, (tenth, end) = usher.cpu - library.cpu, usher.memory
    what = f"{messages:,} reminders"
    return [
        Figure(f"share of Telegram's rate, {what}", f"{usher.share:.1%}", f"{SHARE:.0%}", usher.share >= SHARE),
        Figure("refused for their pace, or at all", f"{dict(usher.refused) or 0}", "0", not usher.refused),
        Figure("most within any second", f"{usher.busiest_second}"),
        Figure("CPU of a message", f"{usher.cpu:.2f} ms"),
        Figure("CPU of the library alone", f"{library.cpu:.2f} ms, over httpx as it comes {as_it_comes.cpu:.2f} ms"),
        Figure("CPU beyond the library", f"{own:.2f} ms", f"{CPU_MS} ms", own <= CPU_MS),
        Figure(
            f"memory after {messages // 10:,} and {messages:,}",
            f"{tenth:.1f} and {end:.1f} MB, {end / tenth - 1:+.1%}",
            f"{GROWTH - 1:+.0%}",
            end <= tenth * GROWTH,
        ),
    ]


async def ours(messages: int) -> Sent:
    """The bot as it is started, with the reminders in its outbox."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/usher.db"
        async with served() as (platform, address):
            given = {"DATABASE_URL": url, "PORT": "0", "DEMO": "1", "AS_OF": CLOCK.isoformat(), "LOG_LEVEL": "WARNING"}
            telegram = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": address}
            async with running([sys.executable, "-m", "bot", "run"], given | telegram) as bot:
                assert bot.stdout
                assert re.search(rb"http://", await bot.stdout.readline()), "the bot did not start"
                await asyncio.sleep(3)  # what is warmed up after the start
                store = await Store.open(url)
                process, spent = bot.pid, cpu_of(bot.pid)
                for first in range(0, messages, 500):
                    await store.write(_post, range(first, min(first + 500, messages)), messages)
                await store.close()
                return await _watched(platform, process, spent, messages)


def _post(session: Session, numbers: range, messages: int) -> None:
    """Reminders of one hour. Every fourth chat gets two, the second right behind the first."""
    for number in numbers:
        chat = 10_000 + number - (number % 5 == 4)
        posting = Posting(
            f"reminder:{number}",
            Address("telegram", str(chat)),
            unpacked(WORDED),
            CLOCK - timedelta(seconds=messages - number),
            f"reminder:{number}",
            repeats=True,
            useful_until=CLOCK + timedelta(days=7),
        )
        post(session, posting, datetime.now(UTC))


async def beside(carrier: str, messages: int) -> Sent:
    """The library alone: the same calls at the same pace, of a program of its own."""
    async with served() as (platform, address):
        command = [sys.executable, str(ROOT / "benchmarks" / "delivery.py"), "library", carrier, address, str(messages)]
        async with running(command, {}) as program:
            assert program.stdout
            assert await program.stdout.readline() == b"ready\n"
            return await _watched(platform, program.pid, cpu_of(program.pid), messages)


async def library(carrier: str, address: str, messages: int) -> None:
    """Send them, and wait to be ended."""
    request: BaseRequest = Request() if carrier == "aiohttp" else HTTPXRequest(connection_pool_size=64)
    bot = Bot(TOKEN, base_url=f"{address}/bot", request=request)
    (piece,) = render.pieces(unpacked(WORDED))
    keyboard = piece.keyboard.to_dict() if piece.keyboard else None
    await request.initialize()
    print("ready", flush=True)

    async def send(number: int) -> None:
        await bot.send_message(
            10_000 + number,
            piece.text,
            parse_mode="HTML",
            reply_markup=InlineKeyboardMarkup.de_json(keyboard, bot) if keyboard else None,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )

    began, under_way = time.monotonic(), set()
    for number in range(messages):
        await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
        under_way.add(task := asyncio.create_task(send(number)))
        task.add_done_callback(under_way.discard)
    await asyncio.Event().wait()


async def _watched(platform: Paced, process: int, spent: float, messages: int) -> Sent:
    await platform.until(messages // 10)
    tenth = memory_of(process)
    await platform.until(messages)
    at = platform.arrivals
    await asyncio.sleep(1)  # the last answers and notes
    share = (messages - 1) / (at[-1] - at[0]) / RATE
    cpu = (cpu_of(process) - spent) / messages
    return Sent(share, cpu, (tenth, memory_of(process)), platform.refused, platform.busiest_second)


def memory_of(process: int) -> float:
    """Megabytes that it has in memory now."""
    return int(Path(f"/proc/{process}/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Paced, str]]:
    platform = Paced()
    runner = await platform.serve(0)
    try:
        yield platform, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await platform.close()
        await runner.cleanup()


@asynccontextmanager
async def running(command: list[str], given: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    program = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)} | given, stdout=subprocess.PIPE
    )
    try:
        yield program
    finally:
        program.kill()
        await program.wait()
