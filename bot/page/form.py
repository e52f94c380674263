"""Reads what a form of the web page sent, and refuses in a sentence what cannot be a question."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

QUESTION_LENGTH = 2_000  # characters; a long question of the circular's readers has 300
BODY_BYTES = 1_000_000  # 100,000 Chinese characters as a browser sends them: what is too long still comes back

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True)
class Form:
    """A sent form: the text as it will be asked, and the mark that tells a second press from a second question."""

    text: str
    nonce: str


async def read_form(request: Request) -> Form:
    """Read a form of the page. Raises `HTTPException` with a sentence for the person who sent something else."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise HTTPException(415, "The page's own form sends a question; this was something else.")
    body = await _read_body(request)
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=10))
    except ValueError as error:  # UnicodeDecodeError is one of them
        raise HTTPException(400, "The text could not be read: it is not valid UTF-8.") from error
    nonce = fields.get("nonce", "")
    if not _NONCE.fullmatch(nonce):
        raise HTTPException(400, "The form was not complete. Please go back, reload the page and ask again.")
    return Form(clean(fields.get("text", "")), nonce)


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            raise HTTPException(413, "That is more text than a question can hold. Please go back and shorten it.")
    return bytes(body)


def clean(text: str) -> str:
    """The text without control characters and outer space; lines and tabs stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
