"""Hands out the files that go with a reply, as a calendar entry, to nobody but the visitor who got it."""

import re
from urllib.parse import quote

from starlette.responses import Response

from bot.page.templates import HEADERS
from models.message import File

_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]*")
_METHOD = re.compile(r"[A-Z]+")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f"\\/:*?<>|\u2028-\u202e\u2066-\u2069]')
NAME_LENGTH = 100


def download(file: File) -> Response:
    """The file as something to be kept, whatever it holds: a browser neither shows it as a page nor keeps a copy."""
    return Response(
        file.content.encode(),
        headers={**HEADERS, "Content-Disposition": _disposition(file), "Content-Type": _type(file)},
    )


def safe_name(name: str) -> str:
    """The name without what could lead elsewhere, end a header or hide its ending."""
    kept = _UNSAFE.sub("_", name).strip(". ")
    stem, dot, suffix = kept.rpartition(".")
    if len(kept) > NAME_LENGTH:
        kept = f"{stem[: NAME_LENGTH - 10]}{dot}{suffix[:8]}"
    return kept or "file"


def _disposition(file: File) -> str:
    """Both ways to name it: browsers take the second, and what knows only ASCII the first."""
    name = safe_name(file.name)
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _type(file: File) -> str:
    if not _TYPE.fullmatch(file.media_type):
        return "application/octet-stream"
    method = f"; method={file.method}" if file.method and _METHOD.fullmatch(file.method) else ""
    return f"{file.media_type}; charset=utf-8{method}"
