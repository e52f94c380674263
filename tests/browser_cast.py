"""The cast of the tests in a real browser: Chromium, the real Usher in a process, and a page with fixed answers."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from bot.app import App
from bot.clock import machine_time
from bot.page.channel import WebChat
from bot.web import web
from models.message import Address, Reply
from models.store import Store
from tests.web_cast import new_app

ROOT = Path(__file__).parent.parent
ARGUMENTS = [
    "--no-sandbox",  # continuous integration runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}
AS_OF = "2023-04-12T10:00:00+08:00"
expect.set_options(timeout=20_000)  # milliseconds: a machine that is busy takes its time


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for the tests of one file: while playwright runs, no other file's event loop can."""
    with chromium_with() as browser:
        yield browser


@contextmanager
def chromium_with(*arguments: str) -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None and os.environ.get("CI") == "true":
        pytest.fail("chromium is missing, and CI must not do without it")
    if chromium is None:
        pytest.skip("chromium is not installed here (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, *arguments])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=DESKTOP, locale="en-GB")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which the browser has nothing to complain of: no blocked style or script, no error of a script."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


def ask(page: Page, words: str) -> None:
    """Ask, and wait for the answer."""
    page.get_by_role("textbox").fill(words)
    page.locator(".send").click()
    expect(page.locator(".pending")).to_have_count(0)
    expect(page.locator(".person .bubble").last).to_have_text(words)


@pytest.fixture(scope="session")
def usher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the real Usher, started as a person starts it, on the morning of 12 April 2023."""
    with started(tmp_path_factory.mktemp("usher")) as address:
        yield address


@pytest.fixture
def own_usher(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, usher: str) -> Iterator[str]:
    """Another one, whose time a test may move. What the first has learned it need not learn again."""
    learned = next(tmp_path_factory.getbasetemp().glob("usher*/understanding"))
    shutil.copytree(learned, tmp_path / "understanding")
    with started(tmp_path) as address:
        yield address


@contextmanager
def started(folder: Path) -> Iterator[str]:
    given = {"DEMO": "1", "AS_OF": AS_OF, "PORT": "0", "PATH": os.environ["PATH"]}
    given |= {"DATABASE_URL": f"sqlite:///{folder / 'usher.db'}"}
    program = [sys.executable, "-m", "bot", "run"]
    with (
        (folder / "errors").open("w") as errors,
        subprocess.Popen(program, cwd=ROOT, env=given, text=True, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        assert process.stdout
        said = process.stdout.readline()
        found = re.search(r"http://\S+", said)
        if not found:
            process.kill()
            pytest.fail(f"Usher did not start: {said}{(folder / 'errors').read_text()}")
        yield found[0]
        process.terminate()


class Rehearsal:
    """A page whose answers are fixed, in a thread of its own: for what the page itself must do."""

    def __init__(self, database: str) -> None:
        self._database = database
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}/"
        self.stop: Callable[[], None] = lambda: None

    def start(self) -> None:
        listening = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._serve(listening)))
        thread.start()
        assert listening.wait(20)

        def stop() -> None:
            self._server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()

        self.stop = stop

    def app_on(self, store: Store) -> App:
        return new_app(store)

    def cut_streams(self) -> None:
        """End every open stream, as a proxy between may do at any time."""
        self._loop.call_soon_threadsafe(self._page.state.close)

    def tell(self, visitor: str, words: str) -> str:
        """Put a message that nobody asked for into somebody's conversation; gives its reference."""
        told = self._chat.send(Address("web", visitor), Reply(words), words)
        return asyncio.run_coroutine_threadsafe(told, self._loop).result(20)

    def change(self, reference: str, words: str) -> None:
        asyncio.run_coroutine_threadsafe(self._chat.edit(reference, Reply(words)), self._loop).result(20)

    async def _serve(self, listening: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self.store = store = await Store.open(self._database)
        app = self.app_on(store)
        self._page, self._chat = web(app), WebChat(store, app.clock.now, machine_time)
        config = uvicorn.Config(self._page, port=self._port, log_config=None, lifespan="off", proxy_headers=False)
        self._server = _Server(config, listening)
        await self._server.serve()
        await store.close()


class _Server(uvicorn.Server):
    """Tells the test's own thread when it listens; ends its streams when it stops, as `bot.serve` does."""

    def __init__(self, config: uvicorn.Config, listening: threading.Event) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.close()  # type: ignore[union-attr]  # it is the Starlette application given above
        await super().shutdown(sockets)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    rehearsal = Rehearsal(f"sqlite:///{tmp_path_factory.mktemp('rehearsal') / 'usher.db'}")
    rehearsal.start()
    yield rehearsal
    rehearsal.stop()


@pytest.fixture
def rehearsal(stage: Rehearsal) -> str:
    """The address of a page whose answers are fixed."""
    return stage.address
