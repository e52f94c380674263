"""Finds the addresses of a name: every name server is asked by itself, and they are compared with all that is known."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import dns.exception
import dns.resolver

from handlers.probe._addresses import Address, Expected, in_order, read
from handlers.probe._aim import Aim, Server
from handlers.probe._causes import Cause
from handlers.probe._hosts import in_hosts
from handlers.probe._names import Answer, Heard, ask
from handlers.probe._report import Failed, Log

PATIENCE = 4.0  # seconds for a name server, where no other has answered
AFTER_ONE = 2.5  # and where one has
MOST_SERVERS, MOST_ADDRESSES = 8, 8
# Of several reasons the one that says most: an answer before a refusal before silence.
_RANK = (
    Cause.DNS_NXDOMAIN, Cause.DNS_CNAME_LOOP, Cause.DNS_EMPTY, Cause.DNS_SERVFAIL, Cause.DNS_REFUSED,
    Cause.DNS_TRUNCATED, Cause.DNS_MALFORMED, Cause.DNS_CLOSED, Cause.DNS_TIMEOUT,
)  # fmt: skip


def system_servers() -> tuple[Server, ...]:
    """The name servers that this machine is set up with."""
    try:
        resolver = dns.resolver.Resolver()
    except (dns.exception.DNSException, OSError):
        return ()
    named = [server for server in map(str, resolver.nameservers) if read(server)]
    return tuple(Server(one, resolver.port) for one in dict.fromkeys(named))


async def resolve(aim: Aim, servers: Sequence[Server], hosts: Path, log: Log) -> tuple[Address, ...]:
    """The addresses that may be connected to, or `Failed`. What is half broken is noted in the log."""
    expected = Expected(aim.addresses)
    if literal := read(aim.host):
        return _allowed((literal,), Expected(aim.addresses or [aim.host]), log, "the URL")
    own = in_hosts(aim.host, hosts)
    if not servers and not own:
        raise Failed(Cause.OWN_NETWORK, "This machine has no name server set up, so nothing can be checked.", "unknown")
    await asyncio.sleep(0)  # let others in: when many checks begin together, each step of all of them adds up
    heard = await _ask_all(servers[:MOST_SERVERS], aim.host)
    for one in heard:
        began = monotonic() - one.ms / 1000
        log.step(f"dns {one.server}", began, one.said, ok=bool(one.addresses) and not one.half)
    told = in_order(address for one in heard for address in one.addresses)
    if own:
        told = _with_hosts(aim, own, told, expected, log)
    elif not told:
        raise _nothing(aim.host, heard)
    _compare(heard, log)
    return _allowed(told, expected, log, "DNS")[:MOST_ADDRESSES]


async def _ask_all(servers: Sequence[Server], host: str) -> list[Heard]:
    """Each gets its time, and less where another has answered already: a dead one must not eat up the check."""
    asked = {asyncio.create_task(ask(server, host, PATIENCE)): server for server in servers}
    began, left, answered = monotonic(), set(asked), False
    try:
        while left:
            end = began + (AFTER_ONE if answered else PATIENCE + 0.5)
            done, left = await asyncio.wait(left, timeout=max(0, end - monotonic()), return_when="FIRST_COMPLETED")
            answered = answered or any(task.result().addresses for task in done)
            if not done:
                break
    finally:
        for task in left:
            task.cancel()
    return [task.result() if task not in left else _silent(server, began) for task, server in asked.items()]


def _silent(server: Server, began: float) -> Heard:
    none = Answer(cause=Cause.DNS_TIMEOUT, said="time-out: no answer")
    return Heard(server, (none, none), round((monotonic() - began) * 1000, 1))


def _nothing(host: str, heard: Sequence[Heard]) -> Failed:
    """No name server gave an address."""
    told = "; ".join(f"name server {one.server}: {one.said}" for one in heard)
    if heard and all(answer.own for one in heard for answer in one.by_family):
        return Failed(Cause.OWN_NETWORK, f"This machine's own network is down: {told}.", "unknown")
    cause = min((one.cause or Cause.DNS_EMPTY for one in heard), key=_RANK.index, default=Cause.DNS_EMPTY)
    return Failed(cause, f"The name {host} {_NOTHING[cause]}: {told}.")


_NOTHING = {
    Cause.DNS_NXDOMAIN: "does not exist (NXDOMAIN)",
    Cause.DNS_CNAME_LOOP: "has aliases that lead in a circle (CNAME loop)",
    Cause.DNS_EMPTY: "has no address (empty answer)",
    Cause.DNS_SERVFAIL: "cannot be looked up (SERVFAIL)",
    Cause.DNS_REFUSED: "may not be looked up there (REFUSED)",
    Cause.DNS_TRUNCATED: "has an answer too long for one datagram (truncated), and DNS over TCP is blocked",
    Cause.DNS_MALFORMED: "got an answer that is not DNS (malformed)",
    Cause.DNS_CLOSED: "cannot be looked up: the name server's port is closed",
    Cause.DNS_TIMEOUT: "cannot be looked up: the name server does not answer (time-out)",
}


def _compare(heard: Sequence[Heard], log: Log) -> None:
    """What differs between the name servers, each by itself."""
    good = [one for one in heard if one.addresses]
    said = "; ".join(f"{one.server}: {one.said}" for one in heard)
    contradicts = [one for one in heard if one.cause in {Cause.DNS_NXDOMAIN, Cause.DNS_EMPTY, Cause.DNS_CNAME_LOOP}]
    dead = [one for one in heard if one.cause and one not in contradicts]
    if good and dead:
        names = " and ".join(str(one.server) for one in dead)
        log.doubt(Cause.DNS_SERVER_DEAD, f"Name server {names} is dead or broken while another works ({said}).")
    if good and (contradicts or len({_whole(one) for one in good if not one.half}) > 1):
        log.doubt(Cause.DNS_DISAGREE, f"The name servers disagree about the name ({said}).")
    for one in good:
        if one.half:
            log.doubt(Cause.DNS_FAMILY, f"Name server {one.server} answers only half of the questions: {one.half}.")


def _whole(heard: Heard) -> frozenset[Address]:
    return frozenset(heard.addresses)


def _with_hosts(
    aim: Aim, own: tuple[Address, ...], told: tuple[Address, ...], expected: Expected, log: Log
) -> tuple[Address, ...]:
    """The hosts file decides for every program on this machine, right or wrong."""
    began, listed = monotonic(), ", ".join(map(str, own))
    same = set(own) <= set(told)
    log.step("dns hosts file", began, f"{listed} ({'as DNS says' if same else 'DNS says otherwise'})", ok=same)
    if same:
        return told
    says = f"DNS says {', '.join(map(str, told))}" if told else "DNS gives no address"
    overridden = f"The hosts file of this machine overrides DNS: {aim.host} is {listed} there, and {says}"
    if any(expected.objection(address) for address in own):
        raise Failed(Cause.HOSTS_FILE, f"{overridden}. Programs on this machine go to the wrong address.")
    log.doubt(Cause.HOSTS_FILE, f"{overridden}.")
    return told or own


def _allowed(told: tuple[Address, ...], expected: Expected, log: Log, source: str) -> tuple[Address, ...]:
    """Nothing is sent to an address that is not expected."""
    objections = {address: cause for address in told if (cause := expected.objection(address))}
    if not objections:
        return told
    listed = ", ".join(map(str, objections))
    cause = next(iter(objections.values()))
    why = f"not among the expected ({expected})" if cause is Cause.ADDRESS_UNEXPECTED else "private, not a public one"
    if any(address.is_unspecified for address in objections):
        why += "; 0.0.0.0 is how a filter blocks a name"
    reason = f"{source} gives an unexpected address, {listed}, which is {why}; nothing was sent there."
    if len(objections) == len(told):
        raise Failed(cause, reason)
    log.doubt(cause, reason)
    return tuple(address for address in told if address not in objections)
