"""Measures the web chat: what a page weighs, how hundreds of visitors at once are answered, how soon one sees it.

    python benchmarks/web.py tests/questions/hkcc.jsonl
    python benchmarks/web.py --visitors 100 --seconds 20 tests/questions/hkcc.jsonl
    python benchmarks/web.py --browser tests/questions/hkcc.jsonl

The file has a JSON object a line: "question". The bot is started as `make run` does, and kept on one core; its visitors
have the other ones. Each has a stream open and asks every ten seconds. Then the same visitors come to a bare page of
Starlette that only echoes: what that takes is the price of the web server, not of Usher. `--browser` measures the time
from the press to the answer on the screen instead. Everything stays on this machine.
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
import socket
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
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

ROOT = Path(__file__).resolve().parents[1]
DEMONSTRATION = {"DEMO": "1", "AS_OF": "2023-04-12T10:00:00+08:00", "PORT": "0", "TRUSTED_PROXIES": "127.0.0.1"}
EVERY = 10.0  # seconds from one question of a visitor to the next
PATIENCE = 30.0  # seconds; who waits longer counts as not answered
AT_ONCE = 8  # visitors that come at the same time, before the asking begins
PRESSES = 20
PAGE_BYTES, ANSWER_MS, RESIDENT_MB, SCREEN_MS = 60_000, 1_000.0, 400.0, 300.0  # the bars
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CHROMIUM += ["--disable-component-update", "--disable-sync"]
# Two frames after the answer was put in, it has been painted.
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
    parser.add_argument("--browser", action="store_true", help="measure in a real Chromium instead")
    parser.add_argument("--echo", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.echo:
        serve_echo()
        return
    if wanted.file is None:
        parser.error("name a FILE")
    lines = wanted.file.read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines if line.strip()]
    random.Random(0).shuffle(questions)
    if wanted.browser:
        measure_browser(questions)
    else:
        measure_load(questions, wanted.visitors, wanted.seconds)


@contextmanager
def started(command: Sequence[str], cores: set[int]) -> Iterator[tuple[int, int]]:
    """A server in a process of its own, which stays on those cores: the process and its port."""
    own = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | DEMONSTRATION | {"DATABASE_URL": f"sqlite:///{folder}/usher.db"}
        os.sched_setaffinity(0, cores)  # inherited, by its threads too
        with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as server:
            os.sched_setaffinity(0, own)
            try:
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


class Connection:
    """A connection that is kept, and opened anew where the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def begin(
        self, method: str, path: str, headers: Mapping[str, str], form: bytes = b""
    ) -> tuple[int, dict[str, str]]:
        """Send the request, and read only the head of what comes back: status and headers."""
        if self._ends is None or self._ends[0].at_eof():
            self.close()
            self._ends = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._ends
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}", "Accept-Encoding: gzip"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, f"Content-Length: {len(form)}", "", ""]).encode() + form)
        first, *others = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in others if line)
        return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}

    async def fetch(
        self, method: str, path: str, headers: Mapping[str, str], form: bytes = b""
    ) -> tuple[int, dict[str, str], str]:
        """Send the request, and read everything that comes back; the text is unpacked."""
        status, told = await self.begin(method, path, headers, form)
        assert self._ends
        sent = await self._ends[0].readexactly(int(told["content-length"]))
        return status, told, (gzip.decompress(sent) if told.get("content-encoding") == "gzip" else sent).decode()

    async def chunks(self) -> AsyncIterator[bytes]:
        assert self._ends
        reader, _ = self._ends
        while size := int(await reader.readline() or b"0", 16):
            yield (await reader.readexactly(size + 2))[:-2]

    def close(self) -> None:
        if self._ends:
            self._ends[1].close()
        self._ends = None


@dataclass
class Load:
    """What came of all the visitors to one server. Times are milliseconds, `cpu` is the server's for one ask."""

    answers: list[float] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    doubled: int = 0
    opening: float = 0.0
    cpu: float = 0.0
    own_share: float = 0.0
    resident: float = 0.0


class Visitor:
    """Somebody who has the page open, as its script does it: one connection brings the stream, another one asks."""

    def __init__(self, number: int, port: int, load: Load) -> None:
        self._port, self._load, self._after = port, load, 0
        self._asking, self._stream = Connection(port), Connection(port)
        self._headers = {"X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}
        self._hearing: asyncio.Task[None] | None = None
        self._asked: dict[str, float] = {}
        self._heard: dict[str, list[float]] = {}

    async def open(self) -> None:
        status, told, page = await self._asking.fetch("GET", "/", self._headers)
        self._headers["Cookie"] = told["set-cookie"].partition(";")[0]
        stamp = re.search(r'data-stamp="([^"]*)"', page)
        query = urlencode({"after": 0, "stamp": stamp[1] if stamp else ""})
        opened, _ = await self._stream.begin("GET", f"/stream?{query}", self._headers)
        self._load.statuses.update((status, opened))
        self._hearing = asyncio.create_task(self._hear())

    async def _hear(self) -> None:
        waiting = b""
        async for chunk in self._stream.chunks():
            *events, waiting = (waiting + chunk).split(b"\n\n")
            for event in events:
                self._take(dict(line.partition(": ")[::2] for line in event.decode().split("\n")))
        self._load.errors["stream ended"] += 1

    def _take(self, event: Mapping[str, str]) -> None:
        if event.get("event") != "turns":
            return
        for nonce in re.findall(r'data-nonce="([^"]+)"', json.loads(event["data"])["html"]):
            self._heard.setdefault(nonce, []).append(time.monotonic())
        self._after = max(self._after, int(event["id"]))

    async def ask(self, question: str) -> None:
        nonce = secrets.token_urlsafe(18)
        form = urlencode({"text": question, "nonce": nonce, "after": self._after}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        headers |= {"Origin": f"http://127.0.0.1:{self._port}", **self._headers}
        self._asked[nonce] = began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                status, _, text = await self._asking.fetch("POST", "/", headers, form)
            said = json.loads(text)
        except (OSError, EOFError, ValueError) as error:
            self._load.errors[type(error).__name__] += 1
            self._asking.close()
            return
        self._load.answers.append((time.monotonic() - began) * 1000)
        self._load.statuses[status] += 1
        self._after = max(self._after, said.get("after", 0))
        if nonce not in said.get("html", ""):
            self._load.errors["answer without the turn"] += 1

    async def close(self) -> None:
        """Leave, and add up what the stream brought."""
        if self._hearing:
            self._hearing.cancel()
            (ended,) = await asyncio.gather(self._hearing, return_exceptions=True)
            self._load.errors.update([type(ended).__name__] if isinstance(ended, Exception) else [])
        self._asking.close()
        self._stream.close()
        for nonce, began in self._asked.items():
            times = self._heard.get(nonce, [])
            self._load.arrivals += [(arrived - began) * 1000 for arrived in times[:1]]
            self._load.missed += not times
            self._load.doubled += len(times) > 1


async def press(server: tuple[int, int], questions: Sequence[str], visitors: int, seconds: float) -> Load:
    """Let the visitors come, and then ask; the questions are spread evenly over the time."""
    process, port = server
    load = Load()
    crowd = [Visitor(number, port, load) for number in range(visitors)]
    spent = cpu_ms(process)
    for one in crowd:
        await one.open()
    load.opening = (cpu_ms(process) - spent) / visitors
    spent, own, began = cpu_ms(process), time.process_time(), time.monotonic()
    plan = [began + place * EVERY / visitors for place in range(int(visitors * seconds / EVERY))]
    asking = set[asyncio.Task[None]]()
    for moment, one, question in zip(plan, itertools.cycle(crowd), itertools.cycle(questions), strict=False):
        await asyncio.sleep(moment - time.monotonic())
        load.late.append((time.monotonic() - moment) * 1000)
        asking.add(asyncio.create_task(one.ask(question)))
    await asyncio.gather(*asking)
    load.own_share = (time.process_time() - own) / (time.monotonic() - began)
    await asyncio.sleep(1)  # what is still on its way to the streams
    load.cpu = (cpu_ms(process) - spent) / len(plan)
    load.resident = peak(process)
    for one in crowd:
        await one.close()
    return load


def cpu_ms(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def peak(process: int) -> float:
    return int(Path(f"/proc/{process}/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024


def measure_load(questions: Sequence[str], visitors: int, seconds: float) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)  # inherited by the servers
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * visitors + 200)), hard))
    first, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, others or {first})
    with started([sys.executable, "-m", "bot", "run"], {first}) as server:
        asyncio.run(weigh(server[1]))
        ours = asyncio.run(press(server, questions, visitors, seconds))
    with started([sys.executable, __file__, "--echo"], {first}) as server:
        bare = asyncio.run(press(server, questions, visitors, seconds))
    print(f"{visitors} visitors with open streams, an ask every {EVERY:.0f} s each, for {seconds:.0f} s;")
    print(f"the server has core {first}, the visitors have {others or first}:")
    print(f"{'':44}{'Usher':>12}{'bare':>12}{'ratio':>8}")
    for name, unit, one, other in rows(ours, bare):
        print(f"  {name:42}{one:9.1f} {unit:2}{other:9.1f} {unit:2}{one / other:8.1f}")
    for name, load in (("Usher", ours), ("bare", bare)):
        print(
            f"{name}: {len(load.answers)} answers; statuses {dict(load.statuses)}; errors {dict(load.errors) or 'none'}; "
            f"turns on the streams: {len(load.arrivals)}, {load.missed} missed, {load.doubled} doubled; "
            f"the visitors used {load.own_share:.0%} of a core and began {percentile(load.late, 99):.1f} ms late (p99)"
        )
    print_bar("answer, p99", percentile(ours.answers, 99), ANSWER_MS, "ms")
    print_bar("memory", ours.resident, RESIDENT_MB, "MB")
    wrong = sum(ours.errors.values()) + ours.missed + ours.doubled + ours.statuses.total() - ours.statuses[200]
    print_bar("errors, other statuses, turns missed or doubled", wrong, 0, "")


def rows(ours: Load, bare: Load) -> Iterator[tuple[str, str, float, float]]:
    for share in (50, 99):
        yield f"answer, p{share}", "ms", percentile(ours.answers, share), percentile(bare.answers, share)
    for share in (50, 99):
        yield f"on the own stream, p{share}", "ms", percentile(ours.arrivals, share), percentile(bare.arrivals, share)
    yield "CPU of the server, an ask with its stream", "ms", ours.cpu, bare.cpu
    yield "CPU of the server, a page and its stream", "ms", ours.opening, bare.opening
    yield "memory of the server at its peak", "MB", ours.resident, bare.resident


def percentile(values: Sequence[float], share: int) -> float:
    """The smallest value that so many of a hundred do not exceed."""
    return sorted(values)[max(0, -(-len(values) * share // 100) - 1)] if values else float("nan")


def print_bar(name: str, value: float, bar: float, unit: str) -> None:
    print(f"{name}: {value:,.0f} {unit} (at most {bar:,.0f}): {'held' if value <= bar else 'MISSED'}")


async def weigh(port: int) -> None:
    """The page and everything that it loads, in bytes as they are sent."""
    connection = Connection(port)
    _, told, page = await connection.fetch("GET", "/", {})
    weights = {"/": int(told["content-length"])}
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        _, told, _ = await connection.fetch("GET", address, {})
        weights[address] = int(told["content-length"])
    connection.close()
    print("The page as sent: " + ", ".join(f"{address} {weight:,}" for address, weight in weights.items()))
    print_bar("together", sum(weights.values()), PAGE_BYTES, "bytes")


def serve_echo() -> None:
    """The yardstick: a page that says back what was asked, there and on the visitor's own stream."""
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
        yield "retry: 1500\n\n"
        while True:
            yield await own.get()

    routes = [Route("/", show), Route("/", ask, methods=["POST"]), Route("/stream", stream)]
    config = uvicorn.Config(
        Starlette(routes=routes), access_log=False, log_config=None, lifespan="off", timeout_graceful_shutdown=1
    )
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
        uvicorn.Server(config).run([listening])


def measure_browser(questions: Sequence[str]) -> None:
    from playwright.sync_api import sync_playwright

    times = list[float]()
    with (
        started([sys.executable, "-m", "bot", "run"], os.sched_getaffinity(0)) as (_, port),
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
    print(f"From the press to the answer on the screen, {PRESSES} new visitors: p50 {percentile(times, 50):.0f} ms")
    print_bar("the slowest", max(times), SCREEN_MS, "ms")


if __name__ == "__main__":
    main()
