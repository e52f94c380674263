"""The probe tells what a router or firewall does to a connection, in a network of the test's own."""

import json
import subprocess
import sys
import time

import pytest

from tests.probe_network import Network
from tests.program import ROOT

SERVER = "10.77.2.2"


def look(network: Network, *given: str) -> tuple[tuple[str, str, str], str]:
    command = ["ip", "netns", "exec", network.client, sys.executable, "-m", "tests.probe_program", *given]
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 14  # with the start of the program
    told = json.loads(done.stdout)
    return (told["verdict"], told["phase"], told["cause"]), told["reason"]


@pytest.mark.parametrize(
    ("given", "expected", "words"),
    [
        ((SERVER,), ("ok", "ok", "ok"), ""),
        (("10.77.3.1",), ("fail", "tcp", "tcp_rejected"), "ICMP from 10.77.1.1"),
        (("10.77.4.1",), ("fail", "tcp", "tcp_rejected"), "ICMP from 10.77.1.1"),
        (("10.77.6.1",), ("fail", "tcp", "tcp_rejected"), "ICMP from 10.77.1.1"),
        (("10.77.5.1",), ("fail", "tcp", "tcp_timeout"), "silently dropped"),
        ((f"{SERVER},10.77.5.1",), ("warning", "tcp", "address_dead"), "10.77.5.1"),
        ((f"{SERVER},10.77.3.1",), ("warning", "tcp", "address_dead"), "10.77.3.1"),
        ((f"{SERVER},fd77:3::1",), ("warning", "tcp", "ipv6_broken"), "ICMP from fd77:1::1"),
        ((f"{SERVER},2001:db8::1",), ("warning", "tcp", "ipv6_broken"), "no way"),
        (("198.51.100.7",), ("unknown", "tcp", "own_network"), "no way"),
        ((SERVER, "10.77.5.53"), ("fail", "dns", "dns_timeout"), "time-out"),
        ((SERVER, "10.77.3.53"), ("fail", "dns", "dns_timeout"), "time-out"),
        ((SERVER, "198.51.100.53"), ("unknown", "dns", "own_network"), "down"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else None,
)
def test_what_a_router_does_is_told(
    network: Network, given: tuple[str, ...], expected: tuple[str, str, str], words: str
) -> None:
    told, reason = look(network, *given)
    assert told == expected, reason
    assert words in reason
