"""Measures the web chat: what its page weighs, how it bears hundreds of visitors at once, how soon an answer is seen.

    python benchmarks/web.py tests/questions/hkcc.jsonl
    python benchmarks/web.py --visitors 100 --seconds 20 tests/questions/hkcc.jsonl
    python benchmarks/web.py --browser tests/questions/hkcc.jsonl

The file has a JSON object a line: "question". The bot is started as `make run` does and kept on one core; its visitors
have the others. Each has a stream open and asks every ten seconds. Then as many come to a bare page of Starlette that
only echoes: that is the price of the web server alone. `--browser` measures in Chromium instead, from the press to the
answer on the screen. Nothing leaves this machine.
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
from html import escape
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
EVERY = 10.0  # seconds from one question of a visitor to the next
PATIENCE = 30.0  # seconds; what takes longer is an error
PRESSES = 20
CHROMIUM = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
# In the frame after the one that follows the change, the answer has been painted.
MEASURE = """() => { window.measured = new Promise((done) => {
  let pressed = 0;
  document.querySelector(".send").addEventListener("click", (event) => { pressed = event.timeStamp; });
  new MutationObserver((_, observer) => {
    if (!document.querySelector(".exchange:not(.pending) .usher .bubble .text")) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - pressed)));
  }).observe(document.querySelector(".conversation"), { childList: true, subtree: true });
}); }"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, help="the questions, a JSON object a line")
    parser.add_argument("--visitors", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they ask")
    parser.add_argument("--browser", action="store_true", help="measure in Chromium instead")
    parser.add_argument("--echo", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.echo:
        return serve_echo()
    if wanted.file is None:
        parser.error("name a FILE")
    lines = wanted.file.read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines if line.strip()]
    random.Random(0).shuffle(questions)
    if wanted.browser:
        return measure_browser(questions)
    return measure_load(questions, wanted.visitors, wanted.seconds)


@contextmanager
def started(command: Sequence[str], cores: set[int]) -> Iterator[tuple[int, int]]:
    """A server in a process of its own, which stays on those cores: the process and its port."""
    own = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | GIVEN | {"DATABASE_URL": f"sqlite:///{folder}/usher.db"}
        os.sched_setaffinity(0, cores)  # inherited, by all threads of the server
        root = Path(__file__).resolve().parents[1]
        with subprocess.Popen(command, cwd=root, env=environ, stdout=subprocess.PIPE, text=True) as server:
            try:
                os.sched_setaffinity(0, own)
                assert server.stdout
                found = re.search(r"http://\S+:(\d+)/", server.stdout.readline())
                if not found:
                    raise SystemExit("The server did not start.")
                yield server.pid, int(found[1])
            finally:
                server.terminate()
                try:
                    server.wait(10)
                except subprocess.TimeoutExpired:
                    server.kill()


@dataclass
class Exchange:
    """One request on a connection of its own: a server that closes idle ones after five seconds has closed the last."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def begin(cls, port: int, request: str, headers: Mapping[str, str], form: bytes = b"") -> "Exchange":
        """Send `request`, which is method and path, and read the head of what comes back."""
        async with asyncio.timeout(PATIENCE):
            own = cls(*await asyncio.open_connection("127.0.0.1", port))
            named = {"Host": f"127.0.0.1:{port}", "Accept-Encoding": "gzip", "Content-Length": len(form), **headers}
            lines = [f"{request} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items()), "", ""]
            own.writer.write("\r\n".join(lines).encode() + form)
            first, *others = (await own.reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        own.status = int(first.split()[1])
        own.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in others)}
        return own

    async def text(self) -> str:
        async with asyncio.timeout(PATIENCE):
            sent = await self.reader.readexactly(int(self.headers["content-length"]))
        self.writer.close()
        return (gzip.decompress(sent) if self.headers.get("content-encoding") == "gzip" else sent).decode()

    async def events(self) -> AsyncIterator[dict[str, str]]:
        """What a stream sends, in chunks of HTTP, for as long as it is open."""
        waiting = b""
        while size := int(await self.reader.readline() or b"0", 16):
            *whole, waiting = (waiting + (await self.reader.readexactly(size + 2))[:-2]).split(b"\n\n")
            for event in whole:
                yield dict(line.partition(": ")[::2] for line in event.decode().split("\n"))


@dataclass
class Load:
    """What came of all visitors to one server: milliseconds, megabytes, and how often each thing happened."""

    answers: list[float] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    opening: float = 0.0
    cpu: float = 0.0
    own_share: float = 0.0
    peak: float = 0.0


class Visitor:
    """Somebody who has the page open, as its script does it: one connection for the stream, others to ask."""

    def __init__(self, number: int, port: int, load: Load) -> None:
        self._port, self._load, self._after = port, load, 0
        self._headers = {"X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}
        self._asked: dict[str, float] = {}
        self._heard: dict[str, list[float]] = {}

    async def open(self) -> None:
        page = await Exchange.begin(self._port, "GET /", self._headers)
        self._headers["Cookie"] = page.headers["set-cookie"].partition(";")[0]
        stamp = re.search(r'data-stamp="([^"]*)"', await page.text())
        query = urlencode({"after": 0, "stamp": stamp[1] if stamp else ""})
        self._stream = await Exchange.begin(self._port, f"GET /stream?{query}", self._headers)
        self._load.outcomes.update((f"status {page.status}", f"status {self._stream.status}"))
        self._hearing = asyncio.create_task(self._hear())

    async def _hear(self) -> None:
        async for event in self._stream.events():
            if event.get("event") == "turns":
                for nonce in re.findall(r'data-nonce="([^"]+)"', json.loads(event["data"])["html"]):
                    self._heard.setdefault(nonce, []).append(time.monotonic())
                self._after = max(self._after, int(event["id"]))
        self._load.outcomes["stream ended"] += 1

    async def ask(self, question: str) -> None:
        nonce = secrets.token_urlsafe(18)
        form = urlencode({"text": question, "nonce": nonce, "after": self._after}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        headers |= {"Origin": f"http://127.0.0.1:{self._port}", **self._headers}
        self._asked[nonce] = began = time.monotonic()
        try:
            answer = await Exchange.begin(self._port, "POST /", headers, form)
            said = json.loads(await answer.text())
        except (OSError, EOFError, ValueError) as error:
            self._load.outcomes[type(error).__name__] += 1
            return
        self._load.answers.append((time.monotonic() - began) * 1000)
        self._load.outcomes[f"status {answer.status}"] += 1
        self._load.outcomes["answer without its turn"] += nonce not in said.get("html", "")
        self._after = max(self._after, said.get("after", 0))

    async def close(self) -> None:
        """Leave, and add up what the stream brought."""
        self._hearing.cancel()
        (ended,) = await asyncio.gather(self._hearing, return_exceptions=True)
        self._load.outcomes["stream broken"] += isinstance(ended, Exception)
        self._stream.writer.close()
        for nonce, began in self._asked.items():
            times = self._heard.get(nonce, [])
            self._load.arrivals += [(arrived - began) * 1000 for arrived in times[:1]]
            self._load.outcomes["turn missed" if not times else "turn doubled"] += len(times) != 1


async def press(server: tuple[int, int], questions: Sequence[str], visitors: int, seconds: float) -> Load:
    """Let the visitors come, and then ask; the questions are spread evenly over the time."""
    process, load = server[0], Load()
    crowd = [Visitor(number, server[1], load) for number in range(visitors)]
    spent = cpu_ms(process)
    for one in crowd:
        await one.open()
    load.opening = (cpu_ms(process) - spent) / visitors
    spent, own, began = cpu_ms(process), time.process_time(), time.monotonic()
    plan = [began + place * EVERY / visitors for place in range(int(visitors * seconds / EVERY))]
    asking = []
    for moment, one, question in zip(plan, itertools.cycle(crowd), itertools.cycle(questions), strict=False):
        await asyncio.sleep(moment - time.monotonic())
        load.late.append((time.monotonic() - moment) * 1000)
        asking.append(asyncio.create_task(one.ask(question)))
    await asyncio.gather(*asking)
    await asyncio.sleep(1)  # what is still on its way to the streams
    load.own_share = (time.process_time() - own) / (time.monotonic() - began)
    load.cpu = (cpu_ms(process) - spent) / len(plan)
    load.peak = int(Path(f"/proc/{process}/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024  # noqa: ASYNC240
    for one in crowd:
        await one.close()
    return load


def cpu_ms(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def measure_load(questions: Sequence[str], visitors: int, seconds: float) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)  # inherited by the servers
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * visitors + 200)), hard))
    first, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, others or {first})
    with started(BOT, {first}) as server:
        asyncio.run(weigh(server[1]))
        ours = asyncio.run(press(server, questions, visitors, seconds))
    with started((sys.executable, __file__, "--echo"), {first}) as server:
        bare = asyncio.run(press(server, questions, visitors, seconds))
    print(f"{visitors} visitors with open streams, each asking every {EVERY:.0f} s, for {seconds:.0f} s")
    print(f"{'':42}{'Usher':>9}{'bare':>12}{'ratio':>10}")
    for share in (50, 99):
        print_beside(f"answer, p{share}", percentile(ours.answers, share), percentile(bare.answers, share))
    for share in (50, 99):
        print_beside(f"on its stream, p{share}", percentile(ours.arrivals, share), percentile(bare.arrivals, share))
    print_beside("CPU of an answer and its stream", ours.cpu, bare.cpu)
    print_beside("CPU of a page and its stream", ours.opening, bare.opening)
    print_beside("memory at its peak", ours.peak, bare.peak, "MB")
    for name, load in (("Usher", ours), ("bare", bare)):
        told = ", ".join(f"{count} {what}" for what, count in load.outcomes.items() if count)
        late = f"{load.own_share:.0%} of a core and asked {percentile(load.late, 99):.0f} ms late (p99)"
        print(f"{name}: {told}, {len(load.arrivals)} turns by stream; the visitors used {late}")
    print_bar("answer, p99", percentile(ours.answers, 99), ANSWER_MS, "ms")
    print_bar("memory", ours.peak, RESIDENT_MB, "MB")
    print_bar("errors, other statuses, turns missed or doubled", ours.outcomes.total() - ours.outcomes["status 200"], 0)


def percentile(values: Sequence[float], share: int) -> float:
    """The smallest value that so many of a hundred do not exceed."""
    return sorted(values)[max(0, -(-len(values) * share // 100) - 1)]


def print_beside(name: str, ours: float, bare: float, unit: str = "ms") -> None:
    print(f"  {name:34}{ours:9.1f} {unit}{bare:9.1f} {unit}{ours / bare:10.1f}")


def print_bar(name: str, value: float, bar: float, unit: str = "") -> None:
    print(f"{name}: {value:,.0f} {unit} (at most {bar:,.0f}): {'held' if value <= bar else 'MISSED'}")


async def weigh(port: int) -> None:
    """The page and everything that it loads, in bytes as they are sent."""
    page = await Exchange.begin(port, "GET /", {})
    loaded = {"the page": page}
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', await page.text()):
        loaded[address] = await Exchange.begin(port, f"GET {address}", {})
        await loaded[address].text()
    weights = {name: int(one.headers["content-length"]) for name, one in loaded.items()}
    print(", ".join(f"{name}: {weight:,} bytes" for name, weight in weights.items()))
    print_bar("together, as sent", sum(weights.values()), PAGE_BYTES, "bytes")


def serve_echo() -> None:
    """The yardstick: a page that says back what was asked, in the answer and on the visitor's own stream."""
    waiting: dict[str, asyncio.Queue[str]] = {}
    numbers = itertools.count(1)

    async def show(_: Request) -> Response:
        response = HTMLResponse("<!doctype html><title>Echo</title><p>Ask.</p>")
        response.set_cookie("visitor", secrets.token_urlsafe(16))
        return response

    async def ask(request: Request) -> Response:
        form, number = await request.form(), next(numbers)
        html = f'<li data-nonce="{form["nonce"]}">{escape(str(form["text"]))}</li>'
        event = f"event: turns\nid: {number}\ndata: {json.dumps({'html': html})}\n\n"
        waiting[request.cookies["visitor"]].put_nowait(event)
        return JSONResponse({"html": html, "after": number})

    async def stream(request: Request) -> Response:
        own = waiting[request.cookies["visitor"]] = asyncio.Queue()
        return StreamingResponse(events(own), media_type="text/event-stream")

    async def events(own: asyncio.Queue[str]) -> AsyncIterator[str]:
        while True:
            yield await own.get()

    routes = [Route("/", show), Route("/", ask, methods=["POST"]), Route("/stream", stream)]
    config = uvicorn.Config(Starlette(routes=routes), log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    with create_server(("127.0.0.1", 0), backlog=2048) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
        uvicorn.Server(config).run([listening])


def measure_browser(questions: Sequence[str]) -> None:
    from playwright.sync_api import sync_playwright

    times = list[float]()
    with (
        started(BOT, os.sched_getaffinity(0)) as (_, port),
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM) as browser,
    ):
        for question in questions[:PRESSES]:
            with browser.new_context() as context:
                page = context.new_page()
                page.goto(f"http://127.0.0.1:{port}/")
                page.fill("#question", question)
                page.evaluate(MEASURE)
                page.click(".send")
                times.append(page.evaluate("() => window.measured"))
    print(f"From the press to the answer on the screen, {len(times)} new visitors: p50 {percentile(times, 50):.0f} ms")
    print_bar("the slowest", max(times), SCREEN_MS, "ms")


if __name__ == "__main__":
    main()
