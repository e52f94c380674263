"""Says which addresses may be connected to: the expected ones, and where none are named any but private ones."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from handlers.probe._causes import Cause

Address = IPv4Address | IPv6Address


class Expected:
    """The addresses and networks that a campaign (or --address) names for a target."""

    def __init__(self, named: Iterable[str] = ()) -> None:
        self.networks = tuple(ip_network(one, strict=False) for one in named)

    def objection(self, address: Address) -> Cause | None:
        """Why nothing may be sent there, or None."""
        if self.networks:
            return None if any(address in network for network in self.networks) else Cause.ADDRESS_UNEXPECTED
        return None if is_public(address) else Cause.ADDRESS_PRIVATE

    def __str__(self) -> str:
        return ", ".join(str(one.network_address if one.num_addresses == 1 else one) for one in self.networks)


def is_public(address: Address) -> bool:
    """Nothing of a firm's own network, also where an IPv6 address only wraps one of these."""
    inner = _wrapped(address)
    if inner is not None:
        return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _wrapped(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in ip_network("64:ff9b::/96"):  # what a network without IPv4 makes of IPv4 addresses
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def in_order(addresses: Iterable[Address]) -> tuple[Address, ...]:
    """Each once, IPv4 first: it decides for more people."""
    return tuple(sorted(dict.fromkeys(addresses), key=lambda one: one.version))


def read(text: str) -> Address | None:
    try:
        return ip_address(text.split("%", maxsplit=1)[0])
    except ValueError:
        return None
