"""A network of the test's own: a client, a router that rejects or drops by the destination, and a server behind it."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from tests.program import ROOT

# Runs in the router: what a firewall does that rejects with "port unreachable", which looks like a closed port.
_REJECTER = """
import socket, struct
seen = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
tell = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
print("ready", flush=True)
while True:
    packet, _ = seen.recvfrom(2048)
    if packet[9] == 6 and packet[16:19] == bytes((10, 77, 6)):
        told = struct.pack("!BBHI", 3, 3, 0, 0) + packet[:28]
        total = sum(struct.unpack(f"!{len(told) // 2}H", told))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        tell.sendto(told[:2] + struct.pack("!H", ~total & 0xFFFF) + told[4:], (socket.inet_ntoa(packet[12:16]), 0))
"""
_SERVER = "import socket\ns = socket.create_server(('', 443))\nprint('ready', flush=True)\nwhile True: s.accept()"


@dataclass(frozen=True)
class Network:
    client: str
    router: str
    server: str

    def runs(self, place: str, *command: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            ["ip", "netns", "exec", place, *command], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=None
        )

    def ip(self, place: str, command: str) -> None:
        subprocess.run(["ip", "-n", place, *command.split()], check=True, capture_output=True)


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    if os.geteuid() != 0 or not shutil.which("ip"):
        missing = "needs root and the program ip (Debian, Ubuntu: apt-get install iproute2)"
        if os.environ.get("CI") == "true":
            pytest.fail(f"a network of one's own {missing}, and CI must not do without it")
        pytest.skip(f"a network of one's own {missing}")
    with _made() as network:
        yield network


@contextmanager
def _made() -> Iterator[Network]:
    mark = f"u{os.getpid() % 100000}"
    network = Network(f"{mark}c", f"{mark}r", f"{mark}s")
    running: list[subprocess.Popen[str]] = []
    try:
        _build(network, mark)
        running += [network.runs(network.router, sys.executable, "-c", _REJECTER)]
        running += [network.runs(network.server, sys.executable, "-c", _SERVER)]
        for one in running:
            assert one.stdout
            assert one.stdout.readline() == "ready\n"
        yield network
    finally:
        for one in running:
            one.kill()
            one.communicate()
        for place in (network.client, network.router, network.server):
            with suppress(subprocess.CalledProcessError):
                subprocess.run(["ip", "netns", "del", place], check=True, capture_output=True)


def _build(network: Network, mark: str) -> None:
    client, router, server = network.client, network.router, network.server
    for place in (client, router, server):
        subprocess.run(["ip", "netns", "add", place], check=True, capture_output=True)
        network.ip(place, "link set lo up")
    for number, place in ((1, client), (2, server)):
        ours, theirs = f"{mark}a{number}", f"{mark}b{number}"
        network.ip(router, f"link add {ours} type veth peer name {theirs} netns {place}")
        for where, name, last in ((router, ours, 1), (place, theirs, 2)):
            network.ip(where, f"addr add 10.77.{number}.{last}/24 dev {name}")
            network.ip(where, f"-6 addr add fd77:{number}::{last}/64 dev {name} nodad")
            network.ip(where, f"link set {name} up")
        network.ip(place, f"-6 route add fd77::/16 via fd77:{number}::1")
        network.ip(place, f"route add 10.0.0.0/8 via 10.77.{number}.1")
    for kind, net in (("unreachable", 3), ("prohibit", 4), ("blackhole", 5), ("blackhole", 6)):
        network.ip(router, f"route add {kind} 10.77.{net}.0/24")
    network.ip(router, "-6 route add unreachable fd77:3::/64")
    for setting in ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"):
        _set(network, setting)
    time.sleep(0.2)


def _set(network: Network, setting: str) -> None:
    name, _, value = setting.partition("=")
    path = f"/proc/sys/{name.replace('.', '/')}"
    command = ["ip", "netns", "exec", network.router, "sh", "-c", f"echo {value} > {path}"]
    subprocess.run(command, check=True, capture_output=True)
