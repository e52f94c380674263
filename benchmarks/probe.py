"""Measures a check of all phases beside the least that could be done, curl, a crowd, and name servers that hang.

    python benchmarks/probe.py

The server and the name server are processes of their own on this machine. Raw asyncio asks nobody for the address, and
does TCP, TLS with verification and one request; the check does all that the bot does. Only this process's CPU counts,
and curl's own.
"""

import asyncio
import os
import resource
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from handlers.probe import Aim, Flight, Server, probe
from tests.probe_names import NameServer, addresses, silent
from tests.probe_papers import HOST, Papers
from tests.probe_servers import MARKER, Servers, answers, page

ROUNDS, CHECKS = 7, 40
BAR, CROWD, STUCK = 4.5, 500, 20
PUT_OFF = 0.050  # seconds that unrelated work may wait
SLOW = 0.4


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="usher-probe-") as folder:
        papers = Papers(Path(folder))
        leaf = papers.issue("good")
        ours, theirs = get_context("fork").Pipe()
        serving = get_context("fork").Process(target=serve, args=(theirs, str(leaf.chain), str(leaf.key)), daemon=True)
        serving.start()
        port, names, stuck = ours.recv()
        aim = Aim.of_url(f"https://{HOST}:{port}/")
        aim = replace(aim, marker=MARKER, addresses=("127.0.0.1",), ca_file=papers.root.chain)
        asyncio.run(measure(aim, Server("127.0.0.1", names), [Server("127.0.0.1", one) for one in stuck]))
        serving.terminate()


def serve(told: Connection, chain: str, key: str) -> None:
    async def serving() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        port = await Servers().start(answers(page()), context)
        names = await NameServer(addresses("127.0.0.1")).start()
        stuck = [await NameServer(silent).start() for _ in range(STUCK)]
        told.send((port, names, stuck))
        await asyncio.Event().wait()

    asyncio.run(serving())


async def measure(aim: Aim, server: Server, stuck: list[Server]) -> None:
    context = ssl.create_default_context(cafile=aim.ca_file)

    async def check() -> None:
        report = await probe(aim, resolvers=[server])
        assert report.verdict == "ok", report

    async def raw() -> None:
        await plainly(aim, context)

    await check()
    rounds = [(await cpu(raw), await cpu(check)) for _ in range(ROUNDS)]
    least, whole = median(one for one, _ in rounds), median(one for _, one in rounds)
    ratio = median(one[1] / one[0] for one in rounds)
    curl = median([await of_curl(aim) for _ in range(10)])
    print(f"raw asyncio and ssl   {least * 1000:5.2f} ms CPU")
    print(
        f"a check               {whole * 1000:5.2f} ms CPU, {ratio:.1f} times as much (bar {BAR}: {held(ratio <= BAR)})"
    )
    print(f"a curl subprocess     {curl * 1000:5.2f} ms CPU (bar: a check takes less: {held(whole < curl)})")
    await crowd(aim, server)
    await hanging(aim, stuck)


async def cpu(do: Callable[[], Awaitable[None]]) -> float:
    began = time.process_time()
    for _ in range(CHECKS):
        await do()
    return (time.process_time() - began) / CHECKS


async def plainly(aim: Aim, context: ssl.SSLContext) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", aim.ports[0], ssl=context, server_hostname=aim.host)
    writer.write(f"GET / HTTP/1.1\r\nHost: {aim.host}\r\nConnection: close\r\n\r\n".encode())
    assert MARKER.encode() in await reader.read()
    writer.close()
    with suppress(OSError, ssl.SSLError):
        await writer.wait_closed()


async def of_curl(aim: Aim) -> float:
    port, before = aim.ports[0], resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["curl", "-s", "--cacert", str(aim.ca_file), "--resolve", f"{HOST}:{port}:127.0.0.1",
               f"https://{HOST}:{port}/"]  # fmt: skip
    began = time.process_time()
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True, env={"PATH": os.environ["PATH"]})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = time.process_time() - began
    return own + after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def crowd(aim: Aim, server: Server) -> None:
    """So many at once: one check goes out, and everybody hears of it."""
    checks, ended = 0, 0.0

    async def check(aim: Aim, on_step: object) -> object:
        nonlocal checks, ended
        checks += 1
        await asyncio.sleep(SLOW)
        report = await probe(aim, resolvers=[server])
        ended = time.monotonic()
        return report

    flight = Flight(check)  # type: ignore[arg-type] # typed loosely, it only counts
    await asyncio.gather(*(flight.report(aim) for _ in range(CROWD)))
    after = time.monotonic() - ended
    print(f"{CROWD} people at once    {checks} check, all answered {after * 1000:.0f} ms after its end"
          f" (bars 1 and 1 s: {held(checks == 1 and after < 1)})")  # fmt: skip


async def hanging(aim: Aim, stuck: list[Server]) -> None:
    """Checks whose name servers all hang, and work that has nothing to do with them."""
    checks = [asyncio.create_task(probe(replace(aim, key=str(one.port)), resolvers=[one])) for one in stuck]
    worst, pace = 0.0, 0.005
    loop = asyncio.get_running_loop()
    while not all(task.done() for task in checks):
        began = loop.time()
        await loop.run_in_executor(None, int)
        await asyncio.sleep(pace)
        worst = max(worst, loop.time() - began - pace)
    causes = {task.result().cause.value for task in checks}
    print(f"{STUCK} name servers hang  unrelated work waits {worst * 1000:.0f} ms at most"
          f" (bar {PUT_OFF * 1000:.0f}: {held(worst < PUT_OFF)}); told as {', '.join(causes)}")  # fmt: skip


def held(bar: bool) -> str:
    return "held" if bar else "MISSED"


if __name__ == "__main__":
    main()
