"""Measures the desk page: a list of ten thousand cases, very many open pages while cases change, and while none does.

    python benchmarks/desk.py [--cases 10000] [--streams 200] [--seconds 10]

The bot runs in a process of its own, whose CPU time is read. Everybody at the desk has the same list open; one of them
works, five deeds a second, and what that costs is counted as well. At last somebody asks for support on the chat page.
"""

import argparse
import asyncio
import os
import re
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from sqlmodel import Session

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.delivery_figure import Figure
from bot.clock import machine_time
from models.conversation import Turn, packed
from models.desk import make_link
from models.message import Reply
from models.people import add_staff
from models.store import Store
from models.store._many import add_many
from models.support import Case

ROOT = Path(__file__).resolve().parents[1]
LIST_MS, BUSY, IDLE, NEW_SECONDS = 150.0, 0.30, 0.01, 1.0  # the bars
RATE, MEMBERS = 5, 50  # changes a second; people at the desk, who have four pages open each
OPEN = 400  # of the cases; the others are over
GIVEN = {"TRUSTED_PROXIES": "127.0.0.1", "LOG_LEVEL": "WARNING"}
AT = datetime.now(UTC)  # what is older is forgotten while it is measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10.0)
    wanted = parser.parse_args()
    for figure in asyncio.run(measure(wanted.cases, wanted.streams, wanted.seconds)):
        print(figure)


@dataclass
class Bot:
    """A running bot, and where it answers."""

    pid: int
    port: int
    tokens: list[str]

    def cpu(self) -> float:
        """The seconds of processor time that it has used."""
        told = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")

    async def send(self, method: str, path: str, cookie: str = "", **fields: str) -> tuple[int, str, str, float]:
        """One request: its status, its head, its body and the seconds until the answer began."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        body = urlencode(fields).encode() if method == "POST" else b""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\nCookie: {cookie}\r\n"
            f"Origin: http://127.0.0.1:{self.port}\r\nX-Forwarded-For: 192.0.2.{secrets.randbelow(200)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
        )
        began = time.perf_counter()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        first = await reader.readline()
        took = time.perf_counter() - began
        told, _, page = (first + await reader.read()).decode().partition("\r\n\r\n")
        writer.close()
        return int(first.split()[1]), told, page, took

    async def signed_in(self) -> str:
        """The cookie of somebody who is."""
        status, head, _, _ = await self.send("POST", "/desk/in", token=self.tokens.pop())
        assert status == 303, head
        found = re.search(r"(?i)set-cookie: (usher-desk=[^;]+)", head)
        assert found
        return found[1]


@dataclass
class Heard:
    """What the open pages hear, and when."""

    at: list[list[float]] = field(default_factory=list)
    open: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def listen(self, bot: Bot, cookie: str, path: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", bot.port, limit=2**20)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{bot.port}\r\nCookie: {cookie}\r\n\r\n".encode())
        assert b"200" in await reader.readline()
        mine: list[float] = []
        self.at.append(mine)
        self.open.release()
        try:
            while line := await reader.readline():
                if line.startswith(b"event: list"):
                    mine.append(time.perf_counter())
        finally:
            writer.close()


async def measure(cases: int, streams: int, seconds: float) -> list[Figure]:
    async with started(cases) as bot:
        members = [await bot.signed_in() for _ in range(MEMBERS)]
        figures = [await the_list(bot, members[0], cases)]
        heard = Heard()
        listening = [
            asyncio.create_task(heard.listen(bot, members[one % MEMBERS], "/desk/stream?tab=open&order=waiting"))
            for one in range(streams)
        ]
        for _ in range(streams):
            await heard.open.acquire()
        await asyncio.sleep(2)
        figures += [await idle(bot, streams, seconds), *await busy(bot, members[0], heard, seconds)]
        figures.append(await new_case(bot, heard))
        assert not [task for task in listening if task.done()], "a page was cut off"
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    return figures


async def the_list(bot: Bot, cookie: str, cases: int) -> Figure:
    took = []
    for tab in ("unclaimed", "open", "mine", "waiting", "resolved") * 6:
        status, _, _, seconds = await bot.send("GET", f"/desk?tab={tab}", cookie)
        assert status == 200
        took.append(seconds * 1000)
    slow = sorted(took)[int(len(took) * 0.95)]
    found = f"{statistics.median(took):.0f} ms median, {slow:.0f} ms of 95 in 100"
    return Figure(f"a list of {cases:,} cases, server time", found, f"{LIST_MS:.0f} ms", slow <= LIST_MS)


async def idle(bot: Bot, streams: int, seconds: float) -> Figure:
    before, began = bot.cpu(), time.perf_counter()
    await asyncio.sleep(seconds)
    share = (bot.cpu() - before) / (time.perf_counter() - began)
    return Figure(f"{streams} open pages and nothing changes", f"{share:.1%} of a core", f"{IDLE:.0%}", share <= IDLE)


async def busy(bot: Bot, cookie: str, heard: Heard, seconds: float) -> list[Figure]:
    """Somebody lets the cases that stand first wait, and opens them again: they stand last then."""
    _, _, page, _ = await bot.send("GET", "/desk/case/1", cookie)
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token
    for mine in heard.at:
        mine.clear()
    before, began, sent = bot.cpu(), time.perf_counter(), list[float]()
    for change in range(int(seconds * RATE)):
        sent.append(time.perf_counter())
        marks = {"form_token": token[1], "nonce": secrets.token_urlsafe(16)}
        deed = {"deed": "reopen" if change % 2 else "waits"}
        status, _, told, _ = await bot.send("POST", f"/desk/case/{OPEN - change // 2}", cookie, **marks, **deed)
        assert status == 303, re.findall(r"role=\"alert\">(.*?)<", told)
        await asyncio.sleep(max(0.0, began + (change + 1) / RATE - time.perf_counter()))
    share = (bot.cpu() - before) / (time.perf_counter() - began)
    await asyncio.sleep(2)
    waited = [next((at - one for at in mine if at >= one), 99.0) for mine in heard.at for one in sent]
    pages = f"{len(heard.at)} open pages"
    return [
        Figure(f"{pages} and {RATE} changes a second", f"{share:.1%} of a core", f"{BUSY:.0%}", share <= BUSY),
        Figure(f"{pages}, from the press to each of them",
               f"{statistics.median(waited):.2f} s median, {max(waited):.2f} s at most"),
    ]  # fmt: skip


async def new_case(bot: Bot, heard: Heard) -> Figure:
    """From the press of somebody on the chat page to the last of the open pages."""
    _, head, _, _ = await bot.send("GET", "/")
    found = re.search(r"(?i)set-cookie: (usher=[^;]+)", head)
    assert found
    for mine in heard.at:
        mine.clear()
    began = time.perf_counter()
    await bot.send("POST", "/", found[1], text="support: may we pay by cheque?", nonce=secrets.token_urlsafe(16))
    while not all(heard.at):
        await asyncio.sleep(0.01)
        assert time.perf_counter() - began < 30, "the case did not come"
    took = max(mine[0] for mine in heard.at) - began
    return Figure(
        "a new case, from the press to the last page", f"{took:.2f} s", f"{NEW_SECONDS:.0f} s", took <= NEW_SECONDS
    )


@asynccontextmanager
async def started(cases: int) -> AsyncIterator[Bot]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/usher.db"
        store = await Store.open(url)
        tokens = await store.write(filled, cases)
        await store.close()
        environ = os.environ | {"DATABASE_URL": url, "PORT": "0", "SECRET_KEY": "k" * 40, **GIVEN}
        bot = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", cwd=ROOT, env=environ, stdout=asyncio.subprocess.PIPE
        )
        try:
            found = re.search(rb":(\d+)/", await bot.stdout.readline() if bot.stdout else b"")
            assert found, "the bot did not start"
            await asyncio.sleep(10)  # it warms up beside
            yield Bot(bot.pid, int(found[1]), tokens)
        finally:
            bot.terminate()
            await bot.wait()


def filled(session: Session, cases: int) -> list[str]:
    """Very many cases, and somebody of the desk for each link."""
    said, now = packed(Reply("The circular does not say.", "escalate", language="en")), machine_time()
    turns = [{"id": one, "ask_id": f"bench:{one}", "room": f"web:{one}", "asked": f"May we pay {one} by cheque?"}
             for one in range(1, cases + 1)]  # fmt: skip
    for turn in turns:
        turn["sender"] = turn["room"]
    add_many(session, Turn, turns, {"reply_json": said, "language": "en", "at": AT, "recorded_at": now,
             "action": None, "in_reply_to": None, "subject": None, "campaign": None, "changed_at": None})  # fmt: skip
    session.add_all(_case(one, now) for one in range(1, cases + 1))
    for one in range(MEMBERS):
        add_staff(session, f"Member {one}", None, now)
    session.flush()
    return [make_link(session, f"Member {one}", now) or "" for one in range(MEMBERS)]


def _case(one: int, now: datetime) -> Case:
    is_open, at, person = one <= OPEN, AT - timedelta(minutes=one), f"web:{one}"
    return Case(
        number=one,
        turn_id=one,
        room=person,
        place=person,
        sender=person,
        question=f"May we pay {one} by cheque?",
        said="The circular does not say.",
        language="en",
        state="open" if is_open else "resolved",
        at=at,
        recorded_at=now,
        waits_since=at if is_open else None,
        holder=f"Member {one % MEMBERS}" if one % 2 else None,
    )


if __name__ == "__main__":
    main()
