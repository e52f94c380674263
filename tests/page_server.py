"""Serves the page behind a real port, for what only a socket can show; it begins and ends at once."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import count

import uvicorn

from bot.app import App
from bot.web import web


class _Server(uvicorn.Server):
    """Tells when it listens, and leaves the signals to the tests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready, self.ending = asyncio.Event(), asyncio.Event()

    async def main_loop(self) -> None:
        """As uvicorn's, which looks ten times a second whether it shall end."""
        ticks = count()
        while not await self.on_tick(next(ticks)):
            with suppress(TimeoutError):
                await asyncio.wait_for(self.ending.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, which waits at least a tenth of a second."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.005)
        for server in self.servers:
            await server.wait_closed()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(app: App) -> AsyncIterator[str]:
    """The page behind a real port, which a stream needs: its address."""
    page = web(app)
    server = _Server(uvicorn.Config(page, log_config=None, lifespan="off", proxy_headers=False))
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as port:
        running = asyncio.create_task(server.serve(sockets=[port]))
        await server.ready.wait()
        yield f"http://127.0.0.1:{port.getsockname()[1]}"
        server.should_exit = True
        server.ending.set()
        page.state.close()
        await running
