"""Reads of a server's certificate, verified or not: whose it is, who issued it, and from when to when it holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from handlers.probe._clean import clean

_SEQUENCE, _TIME, _EXTENSIONS = 0x30, 0x17, 0xA3
_COMMON_NAME, _ORGANIZATION = bytes.fromhex("550403"), bytes.fromhex("55040a")
_ALTERNATIVES = bytes.fromhex("551d11")
# Extensions that public issuers put in, and inspecting proxies hardly ever: where the issuer's own certificate is to
# be had, and the signatures of the public logs.
_PUBLIC = (bytes.fromhex("2b06010505070101"), bytes.fromhex("2b06010401d679020402"))


@dataclass(frozen=True)
class Certificate:
    subject: str
    issuer: str
    organization: str  # the issuer's
    begins: datetime
    ends: datetime
    names: tuple[str, ...]
    public: bool  # has what only public issuers put in

    @property
    def issued_by(self) -> str:
        return self.issuer if self.organization in self.issuer else f"{self.issuer} ({self.organization})"


def read_certificate(der: bytes) -> Certificate | None:
    """What it says, or None where it cannot be read. It is a stranger's: nothing of it is believed."""
    try:
        return _read(der)
    except (ValueError, IndexError, OverflowError, StopIteration):
        return None


def _read(der: bytes) -> Certificate:
    _, whole = next(_parts(der))
    _, signed = next(_parts(whole))
    fields = list(_parts(signed))
    at = 1 if fields[0][0] == 0xA0 else 0  # the version, which the first version lacks
    issuer, validity, subject = (fields[at + number][1] for number in (2, 3, 4))
    begins, ends = (_time(tag, value) for tag, value in _parts(validity))
    extensions = dict(_extensions(next((value for tag, value in fields if tag == _EXTENSIONS), b"")))
    common, organization = _names_of(issuer)
    return Certificate(
        clean(_names_of(subject)[0] or _names_of(subject)[1], 80), clean(common or organization, 80),
        clean(organization, 80), begins, ends,
        tuple(_alternatives(extensions.get(_ALTERNATIVES, b""))), any(one in extensions for one in _PUBLIC),
    )  # fmt: skip


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of a DER sequence: tag and content."""
    at = 0
    while at < len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            if not 0 < count <= 4:
                raise ValueError("a length that DER does not have")
            length = int.from_bytes(data[at : at + count])
            at += count
        if at + length > len(data):
            raise ValueError("cut off")
        yield tag, data[at : at + length]
        at += length


def _names_of(name: bytes) -> tuple[str, str]:
    """Common name and organization."""
    found: dict[bytes, str] = {}
    for _, group in _parts(name):
        for _, pair in _parts(group):
            (_, kind), (tag, value) = list(_parts(pair))[:2]
            found.setdefault(kind, value.decode("utf-16-be" if tag == 0x1E else "utf-8", "replace"))
    return found.get(_COMMON_NAME, ""), found.get(_ORGANIZATION, "")


def _time(tag: int, value: bytes) -> datetime:
    text = value.decode("ascii")
    if tag == _TIME:  # two digits of a year: until 2049
        text = f"{'19' if text[:2] >= '50' else '20'}{text}"
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _extensions(wrapped: bytes) -> Iterator[tuple[bytes, bytes]]:
    for _, listed in _parts(wrapped):
        for _, extension in _parts(listed):
            parts = list(_parts(extension))
            yield parts[0][1], parts[-1][1]


def _alternatives(value: bytes) -> Iterator[str]:
    for _, listed in _parts(value):
        for tag, name in _parts(listed):
            if tag == 0x82:
                yield clean(name, 80)
            elif tag == 0x87 and len(name) in (4, 16):
                yield str(ip_address(name))
