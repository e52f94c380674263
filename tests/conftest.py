"""Everybody in the tests' casts, and a closed door to the network."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

# web_cast before who imports it
pytest_plugins = [
    "tests.database_cast",
    "tests.web_cast",
    "tests.reception_cast",
    "tests.browser_cast",
    "tests.channels_cast",
    "tests.support_cast",
    "tests.card_cast",
    "tests.desk_cast",
    "tests.status_cast",
    "tests.seats_cast",
    "tests.town_cast",
    "tests.journeys_cast",
    "tests.enrolment_cast",
    "tests.forgetting_cast",
    "tests.probe_lab",
    "tests.probe_network",
    "tests.rehearsal_cast",
    "tests.reminders_cast",
    "tests.callers_cast",
    "tests.views_cast",
]


@pytest.fixture(scope="session", autouse=True)
def _closed_network() -> Iterator[None]:
    """Nothing but this machine may be talked to: a test that needs the outside fails at once, and says so."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _loopback_only(getattr(socket.socket, name)))
    patch.setattr(socket, "getaddrinfo", _loopback_names_only(socket.getaddrinfo))
    yield
    patch.undo()


def _loopback_only(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            _refuse_outside(address[0])
        return connect(self, address)

    return guarded


def _loopback_names_only(getaddrinfo: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host:
            _refuse_outside(host.decode() if isinstance(host, bytes) else host)
        return getaddrinfo(host, *args, **kwargs)

    return guarded


def _refuse_outside(host: str) -> None:
    if host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise AssertionError(f"tests talk to nobody but this machine, and not to {host}")
