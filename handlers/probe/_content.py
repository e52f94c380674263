"""Judges the page that came: whether it is the expected one, and that it is neither empty, endless, nor a bomb."""

import re
import zlib
from dataclasses import dataclass, field

from handlers.probe._causes import Cause
from handlers.probe._clean import clean
from handlers.probe._report import Failed, Finding

BODY = 256 * 1024
# Python decodes far more, some of it in a time that grows with the square of the length.
_CHARSETS = re.compile(
    r"utf-?8|utf-16(-?[lb]e)?|us-ascii|iso-8859-([1-9]|1[013-6])|windows-125[0-8]|big5(-?hkscs)?|gbk|gb2312|gb18030",
    re.IGNORECASE,
)


@dataclass
class Page:
    """An answer as it came: the body still packed, and at most `BODY` of it. `whole`: nothing was left out."""

    status: int
    said: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = True
    first_ms: float = 0.0
    body_ms: float = 0.0


def judge(page: Page, marker: str | None) -> list[Finding]:
    """The doubts about a good page; raises `Failed` where it is not the expected one."""
    content, whole = _unpack(page)
    known = marker is not None and holds(content, marker, page.headers.get("content-type", ""))
    if marker is not None and not known:
        raise _without(page, content, whole, marker)
    found = []
    if not whole:
        big = f"The page is larger than {BODY // 1024} KiB (too large), so it was not read to its end."
        found.append(Finding(Cause.HUGE_PAGE, big, "warning"))
    if not content.strip() and page.status != 204:
        found.append(Finding(Cause.EMPTY_PAGE, "The server answers, but with an empty page.", "warning"))
    return found


def holds(content: bytes, marker: str, content_type: str) -> bool:
    """Whether the marker stands in the page, whatever its white space and its encoding."""
    named = re.search(r"charset=[\"']?([\w-]+)", content_type, re.IGNORECASE)
    given = named.group(1).lower() if named and _CHARSETS.fullmatch(named.group(1)) else "utf-8"
    wanted = " ".join(marker.split())
    return any(wanted in " ".join(content.decode(one, "replace").split()) for one in {given: 1, "utf-8": 1, "big5": 1})


def _without(page: Page, content: bytes, whole: bool, marker: str) -> Failed:
    if not content.strip():
        return Failed(Cause.EMPTY_PAGE, f"The server answers {page.status}, but the page is empty.")
    if not whole:
        reason = (
            f"The page is larger than {BODY // 1024} KiB (too large), and “{clean(marker)}” is not in what was read."
        )
        return Failed(Cause.HUGE_PAGE, reason)
    title = re.search(rb"<title[^>]*>(.{0,300}?)</title", content, re.IGNORECASE | re.DOTALL)
    begins = f"its title: {clean(title.group(1), 60)}" if title else f"it begins: {clean(content[:300], 60)}"
    return Failed(Cause.WRONG_PAGE, f"A wrong page came: “{clean(marker)}” is not in the content ({begins}).")


def _unpack(page: Page) -> tuple[bytes, bool]:
    """The content, at most `BODY` of it, and whether that is all. It was asked for unpacked."""
    packed = page.headers.get("content-encoding", "identity").strip().lower()
    if packed in {"", "identity"} or not page.body:
        return page.body, page.whole
    if packed not in {"gzip", "x-gzip", "deflate"}:
        told = f"The page came packed ({clean(packed, 40)}) although it was asked for unpacked: it cannot be read."
        raise Failed(Cause.UNREADABLE_PAGE, told)
    reader = zlib.decompressobj(zlib.MAX_WBITS | 32 if "gzip" in packed else _window(page.body))
    try:
        content = reader.decompress(page.body, BODY + 1)
    except zlib.error as error:
        raise Failed(Cause.UNREADABLE_PAGE, "The page came packed, and its packing is broken.") from error
    if len(content) > BODY:
        ratio = f"{len(page.body) // 1024 or 1} KiB unpack to more than {BODY // 1024} KiB"
        raise Failed(Cause.BOMB, f"The page came compressed without being asked for, as a bomb would: {ratio}.")
    return content, page.whole and reader.eof


def _window(body: bytes) -> int:
    """Deflate is sent with and without the header of zlib."""
    return zlib.MAX_WBITS if body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0 else -zlib.MAX_WBITS
