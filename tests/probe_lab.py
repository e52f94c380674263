"""The fault lab: sets a kind of fault up on this machine, and lets the probe look at it."""

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from handlers.probe import Aim, Report, Server, probe
from tests.probe_kinds import Kind
from tests.probe_names import NameServer, Say
from tests.probe_papers import DAY, HOST, Paper, Papers
from tests.probe_servers import Servers


@dataclass
class Setup:
    """What was set up for a kind: what to check, whom to ask, and the servers to count at."""

    aim: Aim
    resolvers: tuple[Server, ...]
    hosts: Path
    servers: Servers

    async def look(self, **given: object) -> Report:
        return await probe(self.aim, resolvers=self.resolvers, hosts=self.hosts, **given)  # type: ignore[arg-type] # handed on by name


class Lab:
    def __init__(self, papers: Papers, folder: Path) -> None:
        self.papers, self.folder = papers, folder
        self.made = _leaves(papers)

    @property
    def ca_file(self) -> Path:
        return self.papers.root.chain

    def context(self, kind: Kind) -> ssl.SSLContext | None:
        if kind.paper is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if kind.paper == "weak":
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        paper = self.made[kind.paper]
        context.load_cert_chain(paper.chain, paper.key)
        context.load_verify_locations(self.ca_file)
        if kind.adjust:
            kind.adjust(context)
        return context

    @asynccontextmanager
    async def of(self, kind: Kind) -> AsyncIterator[Setup]:
        async with AsyncExitStack() as stack:
            resolvers = [await self._name_server(say, stack) for say in kind.names]
            servers = Servers()
            stack.push_async_callback(servers.close)
            port = await self._open(kind, servers, stack)
            hosts = self.folder / f"hosts-{port}"
            hosts.write_text(kind.hosts)
            aim = Aim.of_url(f"https://{HOST}:{port}/start")
            aim = replace(
                aim, marker=kind.marker, addresses=kind.expected, ca_file=self.ca_file, issuers=kind.issuers
            )  # fmt: skip
            yield Setup(aim, tuple(resolvers), hosts, servers)

    async def _open(self, kind: Kind, servers: Servers, stack: AsyncExitStack) -> int:
        if kind.port == "closed":
            return free_port()
        if kind.port == "full":
            return stack.enter_context(_full())
        port = await servers.start(kind.serve, self.context(kind))
        for host, paper in kind.others:
            await servers.start(kind.serve, self.context(replace(kind, paper=paper)), host, port)
        return port

    async def _name_server(self, say: Say | None, stack: AsyncExitStack) -> Server:
        if say is None:
            return Server("127.0.0.1", free_port())
        server = NameServer(say)
        port = await server.start()
        stack.push_async_callback(server.close)
        return Server("127.0.0.1", port)


@pytest.fixture(scope="session")
def probe_papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return Papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture(scope="session")
def lab(probe_papers: Papers, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(probe_papers, tmp_path_factory.mktemp("lab"))


def free_port() -> int:
    """Nothing listens there, neither for datagrams nor for connections."""
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        port = int(tcp.getsockname()[1])
        udp.bind(("127.0.0.1", port))
        return port


class _full:  # noqa: N801 - used as the word that it is
    """A port whose queue is full: the system drops what comes, as a firewall does."""

    def __enter__(self) -> int:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=0)
        port = int(self._listening.getsockname()[1])
        self._waiting = [socket.socket() for _ in range(3)]
        for one in self._waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        return port

    def __exit__(self, *_: object) -> None:
        for one in (*self._waiting, self._listening):
            one.close()


def _leaves(papers: Papers) -> dict[str, Paper]:
    return {
        "good": papers.issue("good"),
        "chained": papers.chained("chained"),
        "unchained": papers.issue("unchained", by=papers.between),
        "expired": papers.issue("expired", begins=-30 * DAY, ends=-2 * DAY),
        "early": papers.issue("early", begins=2 * DAY),
        "soon": papers.issue("soon", ends=5 * DAY + timedelta(hours=1)),
        "wrong": papers.issue("wrong", "/CN=other.test", extensions="subjectAltName=DNS:other.test"),
        "inspected": papers.issue("inspected", by=papers.proxy),
        "strange": papers.issue("strange", by=papers.stranger),
        "weak": papers.issue("weak", key="rsa:1024"),
        "self": papers.self_signed(),
    }
