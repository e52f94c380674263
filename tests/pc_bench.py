"""What is around a terminal PC for the tests in a real browser: Usher, and a server that fails in the usual ways."""

import asyncio
import base64
import hashlib
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import uvicorn
from sqlmodel import Session

from bot.app import App
from bot.clock import CampaignClock
from bot.web import web
from handlers.phrasing import PcPage
from models import checks
from models.campaign import Campaign, Picture, Target
from models.checks import Asked, Check, Offered
from models.message import Address
from models.store import Store
from tests.delivery_cast import machine_time
from tests.firms import firm, person
from tests.probe_lab import Lab, _full, free_port
from tests.probe_servers import PAGE, Reader, Servers, Writer, page, request
from tests.reception_cast import KEY as CIRCULAR
from tests.web_cast import KEY, MORNING, new_app

HOST = "gate.harbour.test"
LOGO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAFElEQVQImWNkYGD4z8DAwMDEAAUADikBAx4Xw5cAAAAASUVORK5CYII="
)
T = TypeVar("T")


async def gate(reader: Reader, writer: Writer) -> None:
    """The right page, with its picture."""
    asked = await request(reader)
    writer.write(
        page(LOGO, "200 OK", "Content-Type: image/png")
        if b"/logo" in asked
        else page(PAGE, "200 OK", "Content-Type: text/html")
    )
    await writer.drain()


def portal(port: Callable[[], int]) -> Callable[[Reader, Writer], Coroutine[Any, Any, None]]:
    """A network that sends everybody to its own log-on first."""

    async def serve(reader: Reader, writer: Writer) -> None:
        asked = await request(reader)
        to = f"Location: https://portal.harbour.test:{port()}/log-on"
        answer = page(b"<h1>Guest network: please log on</h1>", "200 OK", "Content-Type: text/html")
        writer.write(answer if b"/log-on" in asked else page(b"", "302 Found", to))
        await writer.drain()

    return serve


@dataclass
class Bench:
    """Usher behind a real port, in a thread of its own. `url` is the target's."""

    address: str
    url: str
    app: App
    loop: asyncio.AbstractEventLoop

    def offered(self) -> Offered:
        """A test that somebody of a firm asked for in a chat."""
        asked = Asked(CIRCULAR, "sso", "B01001", 1, "web:amy", "web:amy", "en", MORNING)
        return self.run(self.app.store.write(checks.offer_test, asked, PcPage.of(KEY).key, machine_time()))

    def seen(self) -> list[Check]:
        """What was kept of the PC."""
        kept = self.run(self.app.store.read(checks.last_checks, "B01001", CIRCULAR))
        return [check for check in kept if check.vantage == "pc"]

    def bot_saw(self, verdict: str, cause: str) -> None:
        def saw(session: Session) -> None:
            asked = Asked(CIRCULAR, "sso", "B01001", 1, "web:amy", "web:amy", "en", MORNING)
            check = checks.ask(session, asked, machine_time())
            checks.claim(session, "one", machine_time())
            checks.finish(
                session, [check.id or 0], "one", checks.Result(verdict, "ok", cause, "nobody", "{}"), machine_time()
            )

        self.run(self.app.store.write(saw))

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)


@contextmanager
def bench(lab: Lab, campaign: Campaign, database: str, kind: str) -> Iterator[Bench]:
    """Everything set up for one case: healthy, refused, certificate, portal or silent."""
    made: list[Bench] = []
    ready, over = threading.Event(), threading.Event()

    async def run() -> None:
        servers = Servers()
        try:
            with _port(kind) as taken:
                port = taken or await _start(lab, servers, kind)
                store = await Store.open(database)
                await store.write(_people)
                url = f"https://{HOST}:{port}/start"
                app = _app(store, campaign, url)
                config = uvicorn.Config(
                    web(app), port=free_port(), log_config=None, lifespan="off", proxy_headers=False
                )
                server = uvicorn.Server(config)
                serving = asyncio.create_task(server._serve())
                while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
                    await asyncio.sleep(0.01)
                made.append(Bench(f"http://127.0.0.1:{config.port}/", url, app, asyncio.get_running_loop()))
                ready.set()
                while not over.is_set():  # noqa: ASYNC110 - another thread says so
                    await asyncio.sleep(0.05)
                server.should_exit = True
                await serving
                await store.close()
        finally:
            ready.set()
            await servers.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(20)
    try:
        yield made[0]
    finally:
        over.set()
        thread.join(20)


async def _start(lab: Lab, servers: Servers, kind: str) -> int:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    paper = lab.made["self" if kind == "certificate" else "good"]
    context.load_cert_chain(paper.chain, paper.key)
    ports: list[int] = []
    ports.append(await servers.start(portal(lambda: ports[0]) if kind == "portal" else gate, context))
    return ports[0]


@contextmanager
def _port(kind: str) -> Iterator[int | None]:
    """A port where nothing is served; None where a server is wanted."""
    if kind == "silent":
        with _full() as port:
            yield port
    else:
        yield free_port() if kind == "refused" else None


def _people(session: Session) -> None:
    firm(session, "B01001", "Alpha Securities")
    assert person(session, "Amy Wong", Address("web", "amy"), "B01001") == 1


def _app(store: Store, campaign: Campaign, url: str) -> App:
    sso = campaign.targets[0]
    picture = Picture(url=url.replace("/start", "/logo.png"), width=2, height=2)
    target: Target = sso.model_copy(update={"url": url, "picture": picture})
    served = campaign.model_copy(update={"targets": (target,)})
    return replace(new_app(store), campaigns=(served,), clock=CampaignClock(MORNING, elapsed=lambda: 0.0))


def arguments(lab: Lab) -> list[str]:
    """How the browser finds the lab's servers, and which of their keys it trusts."""
    return [
        "--host-resolver-rules=MAP *.harbour.test 127.0.0.1",
        f"--ignore-certificate-errors-spki-list={_fingerprint(lab)}",
    ]


def _fingerprint(lab: Lab) -> str:
    openssl = shutil.which("openssl")
    assert openssl
    chain = str(lab.made["good"].chain)
    public = subprocess.run([openssl, "x509", "-in", chain, "-pubkey", "-noout"], capture_output=True, check=True)
    der = subprocess.run(
        [openssl, "pkey", "-pubin", "-outform", "der"], input=public.stdout, capture_output=True, check=True
    )
    return base64.b64encode(hashlib.sha256(der.stdout).digest()).decode()
