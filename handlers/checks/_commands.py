"""The commands that IT staff may run on a terminal PC: they look, change nothing, and log on nowhere."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from models.campaign import Target

_PLAIN = re.compile(
    r"[A-Za-z0-9./:?=&%_~-]+"
)  # what a shell reads as itself between quotes; a reviewed address is such


def windows_commands(target: Target) -> Iterator[str]:
    """For PowerShell, each a line."""
    host, ports = _where(target)
    yield f"nslookup {host}"
    for port in ports:
        yield f"Test-NetConnection {host} -Port {port}"
    if target.url and _PLAIN.fullmatch(target.url):
        yield f'curl.exe -sSv -o NUL --max-time 12 "{target.url}"'
    if _is_encrypted(target):
        yield f"openssl s_client -brief -connect {host}:{ports[0]} -servername {host}   (if there is openssl)"


def linux_command(target: Target) -> str:
    host, ports = _where(target)
    if target.url and _PLAIN.fullmatch(target.url):
        return f"nslookup {host}; curl -sSv -o /dev/null --max-time 12 '{target.url}'"
    return f"nslookup {host}; " + "; ".join(f"nc -vz -w 8 {host} {port}" for port in ports)


def _where(target: Target) -> tuple[str, tuple[int, ...]]:
    if not target.url:
        return target.host or "", target.ports
    split = urlsplit(target.url)
    return split.hostname or "", (split.port or (443 if split.scheme == "https" else 80),)


def _is_encrypted(target: Target) -> bool:
    return bool(target.url) and urlsplit(target.url or "").scheme == "https"
