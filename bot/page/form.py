"""Reads what a form of the web page sent, and refuses in a sentence what cannot be a question."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

QUESTION_LENGTH = 2_000  # characters; a long question of the circular's readers has 300
BODY_BYTES = 1_000_000  # 100,000 Chinese characters as a browser sends them: what is too long still comes back

_NUMBER = re.compile(r"[0-9]{1,18}")
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True)
class Form:
    """A sent question: the text as it will be asked, and the mark that tells a second press from a second question.

    `under` is the number of the turn whose button was pressed, `after` that of the last turn that the page has,
    `visitor` the mark of the visitor that the page was made for.
    """

    text: str
    nonce: str
    under: int | None = None
    after: int = 0
    visitor: str = ""

    @property
    def pressed(self) -> bool:
        """Whether the text is a button's action and not what somebody wrote."""
        return self.text.startswith("/")


class FormError(Exception):
    """What was sent is no form of ours; `told` names the sentence for the person."""

    def __init__(self, status: int, told: str) -> None:
        super().__init__(told)
        self.status, self.told = status, told


async def read_form(request: Request) -> Form:
    """Read a question that a form of the page sent. Raises `FormError`."""
    fields = await read_fields(request)
    nonce = fields.get("nonce", "")
    if not _NONCE.fullmatch(nonce):
        raise FormError(400, "not_complete")
    under, after = number(fields.get("under")), number(fields.get("after")) or 0
    return Form(clean(fields.get("text", "")), nonce, under, after, fields.get("visitor", ""))


async def read_fields(request: Request, most: int = BODY_BYTES) -> dict[str, str]:
    """Read any form of the page, of `most` bytes. Raises `FormError`."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise FormError(415, "not_form")
    body = await _read_body(request, most)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=10))
    except ValueError as error:  # UnicodeDecodeError is one of them
        raise FormError(400, "not_utf8") from error


def number(text: str | None) -> int | None:
    """A turn's number, or None where it is none; no database knows larger ones."""
    return int(text) if text and _NUMBER.fullmatch(text) else None


async def _read_body(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise FormError(413, "too_much")
    return bytes(body)


def clean(text: str) -> str:
    """The text without control characters and outer space; lines and tabs stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
