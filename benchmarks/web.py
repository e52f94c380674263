"""Measures the web chat: what its page weighs, how it bears hundreds of visitors at once, how soon an answer is seen.

    python benchmarks/web.py tests/questions/hkcc.jsonl
    python benchmarks/web.py --browser tests/questions/hkcc.jsonl

The file has a JSON object a line: "question". The bot is started as `make run` does and kept on one core; its visitors
have the others. Each has a stream open and asks every ten seconds. Then as many come to a bare page of Starlette that
only echoes, "bare". `--browser` measures in Chromium instead, from the press to the answer on the screen.
"""

import argparse
import asyncio
import gzip
import itertools
import json
import os
import random
import re
import resource
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_server
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

BOT = (sys.executable, "-m", "bot", "run")
GIVEN = {"DEMO": "1", "AS_OF": "2023-04-12T10:00:00+08:00", "PORT": "0", "TRUSTED_PROXIES": "127.0.0.1"}
PAGE_BYTES, ANSWER_MS, RESIDENT_MB, SCREEN_MS = 60_000, 1_000, 400, 300  # the bars
SCRIPT = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
EVERY, PATIENCE = 10.0, 30.0  # seconds from one question of a visitor to the next, and until an answer is given up
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CHROMIUM += ["--disable-component-update", "--disable-sync"]
# In the frame after the one that follows the change, the answer has been painted.
MEASURE = """() => { window.measured = new Promise((done) => {
  let pressed = 0;
  document.querySelector(".send").addEventListener("click", (event) => { pressed = event.timeStamp; });
  const painted = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
  const answered = () => document.querySelector(".exchange:not(.pending) .usher .bubble .text");
  new MutationObserver(() => { if (answered()) painted(() => done(performance.now() - pressed)); })
    .observe(document.querySelector(".conversation"), { childList: true, subtree: true });
}); }"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the questions, a JSON object a line")
    parser.add_argument("--visitors", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they ask")
    parser.add_argument("--browser", action="store_true", help="measure in Chromium instead")
    wanted = parser.parse_args()
    questions = [json.loads(line)["question"] for line in wanted.file.read_text(encoding="utf-8").splitlines()]
    random.Random(0).shuffle(questions)
    return measure_browser(questions) if wanted.browser else measure_load(questions, wanted.visitors, wanted.seconds)


@contextmanager
def started(command: Sequence[str]) -> Iterator[tuple[int, int]]:
    """A server in a process of its own: the process and its port."""
    root = Path(__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | GIVEN | {"DATABASE_URL": f"sqlite:///{folder}/usher.db"}
        with subprocess.Popen(command, cwd=root, env=environ, stdout=subprocess.PIPE, text=True) as server:
            try:
                found = re.search(r"http://\S+:(\d+)/", server.stdout.readline() if server.stdout else "")
                assert found, "the server did not start"
                yield server.pid, int(found[1])
            finally:
                server.kill()  # nothing of it is kept


@dataclass(frozen=True)
class Exchange:
    """One request on a connection of its own: a server that closes idle ones after five seconds has closed the last."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    status: int
    headers: dict[str, str]

    async def text(self) -> str:
        async with asyncio.timeout(PATIENCE):
            sent = await self.reader.readexactly(int(self.headers["content-length"]))
        self.writer.close()
        return (gzip.decompress(sent) if self.headers.get("content-encoding") == "gzip" else sent).decode()

    async def events(self) -> AsyncIterator[dict[str, str]]:
        waiting = b""
        while size := int(await self.reader.readline() or b"0", 16):
            *whole, waiting = (waiting + (await self.reader.readexactly(size + 2))[:-2]).split(b"\n\n")
            for event in whole:
                yield dict(line.partition(": ")[::2] for line in event.decode().split("\n"))


async def begin(port: int, request: str, headers: Mapping[str, str], form: bytes = b"") -> Exchange:
    """Send `request`, which is method and path, and read the head of what comes back."""
    named = {"Host": f"127.0.0.1:{port}", "Accept-Encoding": "gzip", "Content-Length": len(form), **headers}
    lines = [f"{request} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items()), "", ""]
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write("\r\n".join(lines).encode() + form)
        first, *others = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    told = {name.lower(): value for name, _, value in (line.partition(": ") for line in others)}
    return Exchange(reader, writer, int(first.split()[1]), told)


@dataclass
class Load:
    """What came of all visitors to one server: milliseconds, megabytes, and how often each thing happened."""

    answers: list[float] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    late: float = 0.0
    cpu: float = 0.0
    peak: float = 0.0

    def figures(self) -> Iterator[tuple[str, float]]:
        for name, times in (("answer", self.answers), ("on its own stream", self.arrivals)):
            yield from ((f"{name}, p{share}, ms", percentile(times, share)) for share in (50, 99))
        yield "CPU of an answer and its stream, ms", self.cpu
        yield "memory at its peak, MB", self.peak


class Visitor:
    """Somebody who has the page open, as its script does it: one connection for the stream, others to ask."""

    def __init__(self, number: int, port: int, load: Load) -> None:
        self._port, self._load, self._after = port, load, 0
        self._headers = {"X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}
        self._times: dict[str, list[float]] = {}  # when a question was asked, and when its turn came by the stream

    async def open(self) -> None:
        page = await begin(self._port, "GET /", self._headers)
        self._headers["Cookie"] = page.headers["set-cookie"].partition(";")[0]
        stamp = re.search(r'data-stamp="([^"]*)"', await page.text())
        query = urlencode({"after": 0, "stamp": stamp[1] if stamp else ""})
        self._stream = await begin(self._port, f"GET /stream?{query}", self._headers)
        self._load.outcomes.update((f"status {page.status}", f"status {self._stream.status}"))
        self._hearing = asyncio.create_task(self._hear())

    async def _hear(self) -> None:
        async for event in self._stream.events():
            if event.get("event") == "turns":
                for nonce in re.findall(r'data-nonce="([^"]+)"', json.loads(event["data"])["html"]):
                    self._times[nonce].append(time.monotonic())
                self._after = max(self._after, int(event["id"]))

    async def ask(self, question: str) -> None:
        nonce = secrets.token_urlsafe(18)
        form = urlencode({"text": question, "nonce": nonce, "after": self._after}).encode()
        headers = {**self._headers, "Origin": f"http://127.0.0.1:{self._port}", **SCRIPT}
        self._times[nonce] = [began := time.monotonic()]
        try:
            answer = await begin(self._port, "POST /", headers, form)
            said = json.loads(await answer.text())
        except (OSError, EOFError, ValueError) as error:
            self._load.outcomes[type(error).__name__] += 1
            return
        self._load.answers.append((time.monotonic() - began) * 1000)
        self._load.outcomes[f"status {answer.status}"] += 1
        self._load.outcomes["answer without its turn"] += nonce not in said.get("html", "")
        self._after = max(self._after, said.get("after", 0))

    def close(self) -> None:
        """Leave, and add up what the stream brought."""
        self._load.outcomes["stream cut"] += self._hearing.done()
        self._stream.writer.close()
        for asked, *heard in self._times.values():
            self._load.arrivals += [(moment - asked) * 1000 for moment in heard[:1]]
            self._load.outcomes["turn doubled" if heard else "turn missed"] += len(heard) != 1


async def press(server: tuple[int, int], questions: Sequence[str], visitors: int, seconds: float) -> Load:
    """Let the visitors come, and then ask; the questions are spread evenly over the time."""
    process, load = server[0], Load()
    crowd = [Visitor(number, server[1], load) for number in range(visitors)]
    for one in crowd:
        await one.open()
    (spent, _), began = used(process), time.monotonic()
    plan = [began + place * EVERY / visitors for place in range(int(visitors * seconds / EVERY))]
    async with asyncio.TaskGroup() as asking:
        for moment, one, question in zip(plan, itertools.cycle(crowd), itertools.cycle(questions), strict=False):
            await asyncio.sleep(moment - time.monotonic())
            load.late = max(load.late, (time.monotonic() - moment) * 1000)
            asking.create_task(one.ask(question))
    await asyncio.sleep(1)  # what is still on its way to the streams
    load.cpu, load.peak = used(process)
    load.cpu = (load.cpu - spent) / len(plan)
    for one in crowd:
        one.close()
    return load


def used(process: int) -> tuple[float, float]:
    """CPU time until now in milliseconds, and memory at its peak in megabytes."""
    times = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    peak = Path(f"/proc/{process}/status").read_text().partition("VmHWM:")[2].split()[0]
    return sum(map(int, times)) * 1000 / os.sysconf("SC_CLK_TCK"), int(peak) / 1024


def percentile(values: Sequence[float], share: int) -> float:
    return sorted(values)[len(values) * share // 100]


def measure_load(questions: Sequence[str], visitors: int, seconds: float) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)  # inherited by the servers
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * visitors + 200)), hard))
    first, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, others or {first})
    with started(("taskset", "-c", str(first), *BOT)) as server:
        asyncio.run(weigh(server[1]))
        ours = asyncio.run(press(server, questions, visitors, seconds))
    with started(("taskset", "-c", str(first), sys.executable, __file__, "--echo")) as server:
        bare = asyncio.run(press(server, questions, visitors, seconds))
    print(f"{f'{visitors} visitors, {seconds:.0f} s':38}{'Usher':>8}{'bare':>8}{'ratio':>8}")
    for (name, value), (_, beside) in zip(ours.figures(), bare.figures(), strict=True):
        print(f"{name:38}{value:8.1f}{beside:8.1f}{value / beside:8.1f}")
    for name, load in (("Usher", ours), ("bare", bare)):
        told = ", ".join(f"{count} {what}" for what, count in load.outcomes.items() if count)
        print(f"{name}: {told}, {len(load.arrivals)} turns by stream; asked {load.late:.0f} ms late at most")
    print_bar("answer, p99", percentile(ours.answers, 99), ANSWER_MS, "ms")
    print_bar("memory", ours.peak, RESIDENT_MB, "MB")
    print_bar("errors, other statuses, turns missed or doubled", ours.outcomes.total() - ours.outcomes["status 200"], 0)


def print_bar(name: str, value: float, bar: float, unit: str = "") -> None:
    print(f"{name}: {value:,.0f} {unit} (at most {bar:,.0f}): {'held' if value <= bar else 'MISSED'}")


async def weigh(port: int) -> None:
    page = await begin(port, "GET /", {})
    weights = {"the page": int(page.headers["content-length"])}
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', await page.text()):
        weights[address] = int((await begin(port, f"GET {address}", {})).headers["content-length"])
    print(", ".join(f"{name}: {weight:,} bytes" for name, weight in weights.items()))
    print_bar("together, as sent", sum(weights.values()), PAGE_BYTES, "bytes")


def serve_echo() -> None:
    """The yardstick: a page that says back what was asked, in the answer and on the visitor's own stream."""
    waiting: dict[str, asyncio.Queue[str]] = {}
    numbers = itertools.count(1)

    async def show(_: Request) -> Response:
        return HTMLResponse("<p>Ask.</p>", 200, {"Set-Cookie": f"visitor={secrets.token_urlsafe(16)}"})

    async def ask(request: Request) -> Response:
        form, number = await request.form(), next(numbers)
        said = {"html": f'<li data-nonce="{form["nonce"]}">', "text": form["text"], "after": number}
        waiting[request.cookies["visitor"]].put_nowait(f"event: turns\nid: {number}\ndata: {json.dumps(said)}\n\n")
        return JSONResponse(said)

    async def stream(request: Request) -> Response:
        own = waiting[request.cookies["visitor"]] = asyncio.Queue()
        return StreamingResponse((await own.get() for _ in itertools.count()), media_type="text/event-stream")

    routes = [Route("/", show), Route("/", ask, methods=["POST"]), Route("/stream", stream)]
    config = uvicorn.Config(Starlette(routes=routes), log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    with create_server(("127.0.0.1", 0), backlog=2048) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
        uvicorn.Server(config).run([listening])


def measure_browser(questions: Sequence[str]) -> None:
    from playwright.sync_api import sync_playwright

    times = list[float]()
    with (
        started(BOT) as (_, port),
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM) as browser,
    ):
        for question in questions[:20]:
            with browser.new_page() as page:  # in a context of its own
                page.goto(f"http://127.0.0.1:{port}/")
                page.fill("#question", question)
                page.evaluate(MEASURE)
                page.click(".send")
                times.append(page.evaluate("() => window.measured"))
    print(f"From the press to the answer on the screen, {len(times)} new visitors: p50 {percentile(times, 50):.0f} ms")
    print_bar("the slowest", max(times), SCREEN_MS, "ms")


if __name__ == "__main__":
    serve_echo() if sys.argv[1:] == ["--echo"] else main()
