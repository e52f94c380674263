"""`python -m bot run`: starts Usher and its web page, and stops it cleanly."""

import argparse
import asyncio
import errno
import gc
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from bot.app import App, build, log_to_terminal
from bot.clock import machine_time
from bot.samples import STAFF
from bot.settings import Settings, SettingsError, load
from bot.team import desk_address
from bot.web import web
from models.desk import OPENS, make_link

STOP_SECONDS = 5  # how long an answer that is being written may hold up the end


def run(_: argparse.Namespace) -> int:
    settings = load()
    log_to_terminal(settings)
    # Taken before anything is loaded: a busy port is told at once.
    with _take_port(settings) as port:
        asyncio.run(_serve(settings, port))
    return 0


async def _serve(settings: Settings, port: socket.socket) -> None:
    app = await build(settings)
    try:
        await _Server(app).serve(sockets=[port])
    finally:
        await app.close()


def _settle(app: App) -> None:
    """Warm up, and take what was loaded for the start out of the garbage collector's sight.

    A collection that goes through all of it stops every answer for a fifth of a second; benchmarks/web.py shows it.
    """
    app.reception.warm_up(app.clock.now())
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


class _Server(uvicorn.Server):
    """uvicorn, saying where it listens once it does, and ending without a word."""

    def __init__(self, app: App) -> None:
        self._app, self._web = app, web(app)
        super().__init__(
            uvicorn.Config(
                self._web,
                proxy_headers=False,  # bot.web reads them, of the proxies that TRUSTED_PROXIES names
                access_log=False,
                log_config=None,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._app.channels:
            await self._app.channels.start()
        for taken in sockets or ():
            print(f"Usher answers at {_address(taken)}", flush=True)
            if self._app.settings.demo:
                await self._show_the_desk(_address(taken))
        # After that, so that the start is not longer for it; a question that comes meanwhile is answered meanwhile.
        self._settling = asyncio.create_task(asyncio.to_thread(_settle, self._app))
        if self._app.ticking:
            self._app.ticking.start()

    async def _show_the_desk(self, address: str) -> None:
        """Whoever tries a demonstration out works at its desk as well."""
        if token := await self._app.store.write(make_link, STAFF, machine_time()):
            link = desk_address(self._app.settings.public_url or address, token)
            print(f"The desk: {link} (opens once, within {int(OPENS.total_seconds()) // 60} minutes)", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._web.state.close()  # an open stream would hold up the end until its time is over
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn would raise the signal anew as soon as it has stopped, before the store is closed.
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _take_port(settings: Settings) -> socket.socket:
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        taken = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(f"HOST={host} is no address of this machine: try HOST=127.0.0.1, for example.") from error
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
    except OSError as error:
        taken.close()
        raise SettingsError(_why_not(error, host, port)) from error
    return taken


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"PORT={port} is taken by another program: stop it, or choose another, for example PORT={port % 65535 + 1}."
        )
    if error.errno == errno.EACCES:
        return f"PORT={port} is kept for the system's own programs: choose one from 1024 on, for example PORT=8080."
    return f"HOST={host} is no address of this machine: try HOST=127.0.0.1, for example."


def _address(taken: socket.socket) -> str:
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}/" if taken.family == socket.AF_INET6 else f"http://{host}:{port}/"
