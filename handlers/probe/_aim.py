"""What is checked: a page or a host with ports, and what is known of it; made only from reviewed data."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from models.campaign import Target


@dataclass(frozen=True, order=True)
class Server:
    """A name server or a proxy, by its address or name, and its port."""

    host: str
    port: int = 53

    @classmethod
    def read(cls, text: str, port: int = 53) -> Self:
        """Read `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`; raises ValueError."""
        found = re.fullmatch(r"\[([^\]]+)\](?::(\d+))?|([^:]+)(?::(\d+))?", text)
        host = (found[1] or found[3]) if found else text
        number = (found[2] or found[4]) if found else None
        server = cls(str(ip_address(host)), int(number or port))
        if not 0 < server.port < 65536:
            raise ValueError(f"{server.port} is no port")
        return server

    def __str__(self) -> str:
        return place(self.host, self.port)


@dataclass(frozen=True)
class Aim:
    """One target. Without `addresses` any public one will do; without `name_servers` the machine's own are asked."""

    key: str
    host: str
    ports: tuple[int, ...]
    path: str | None = None  # None: a host with ports, of which nothing is asked
    secure: bool = True
    marker: str | None = None
    addresses: tuple[str, ...] = ()
    name_servers: tuple[Server, ...] = ()
    issuers: tuple[str, ...] = ()
    proxy: str | None = None
    ca_file: Path | None = None

    @classmethod
    def of(cls, target: Target) -> Self:
        """The target of a campaign."""
        known = {
            "marker": target.marker, "addresses": target.addresses, "issuers": target.issuers, "proxy": target.proxy,
            "name_servers": tuple(Server.read(one) for one in target.name_servers),
        }  # fmt: skip
        if target.url:
            return cls.of_url(target.url, key=target.key, **known)
        return cls(target.key, (target.host or "").lower(), target.ports, **known)  # type: ignore[arg-type] # by name

    @classmethod
    def of_url(cls, url: str, *, key: str = "", **known: object) -> Self:
        """The page at `url`; raises ValueError where it is no web address."""
        split = urlsplit(url)
        if split.scheme not in {"http", "https"} or not split.hostname:
            raise ValueError(f"{url!r} is no web address; an example is https://www.example.com/start")
        secure = split.scheme == "https"
        host = split.hostname.rstrip(".").encode("idna").decode() if ":" not in split.hostname else split.hostname
        path = (split.path or "/") + (f"?{split.query}" if split.query else "")
        port = split.port or (443 if secure else 80)
        return cls(key or url, host, (port,), path, secure, **known)  # type: ignore[arg-type] # handed on by name

    @property
    def origin(self) -> str:
        port = self.ports[0]
        usual = port == (443 if self.secure else 80)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' * self.secure}://{host}{'' if usual else f':{port}'}"


def place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
