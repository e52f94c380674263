"""The `Date` that the answers of the tests' platforms carry: their clock is right, or off as far as a test says."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import web


class Dates:
    """How many seconds the platform's clock is ahead, or instead what is written, where "" is no `Date` at all."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.written: str | None = None

    async def stamp(self, _: web.Request, response: web.StreamResponse) -> None:
        shown = datetime.now(UTC) + timedelta(seconds=self.ahead)
        response.headers["Date"] = format_datetime(shown, usegmt=True) if self.written is None else self.written
        if not response.headers["Date"]:
            del response.headers["Date"]
