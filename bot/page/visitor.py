"""Knows a visitor of the web page again by a signed cookie, and knows our own forms from forged ones."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from itsdangerous import BadSignature, TimestampSigner
from starlette.requests import Request
from starlette.responses import Response

LIFETIME = timedelta(days=30)  # machine time, counted anew at every page that is shown


@dataclass(frozen=True)
class Visit:
    """Who visits, and in which session: the visitor's conversation may outlive a session, never the other way round.

    `known` tells whether a cookie said so; else both are new.
    """

    visitor: str
    session: str
    known: bool = True

    @property
    def mark(self) -> str:
        """Tells a page of this visitor from one of another, and is no secret."""
        return hashlib.sha256(self.visitor.encode()).hexdigest()[:12]

    def of_another(self, mark: str, after: int) -> bool:
        """Whether a page of that mark, which shows something, was made for another visitor."""
        return bool(mark) and mark != self.mark and after > 0

    @classmethod
    def new(cls) -> "Visit":
        return cls(secrets.token_urlsafe(16), secrets.token_urlsafe(16), known=False)


class Visitors:
    """Gives each browser a random id of its own. `public_url` is where the page is reached, if that is known."""

    def __init__(self, secret: str, public_url: str | None) -> None:
        self._secret = secret.encode()
        self._signer = TimestampSigner(secret, salt="usher.visitor", digest_method=hashlib.sha256)
        self._public = _origin(public_url) if public_url else None

    def recognise(self, request: Request) -> Visit:
        """What the cookie says; somebody new where it is missing, forged or expired.

        Whether the session was signed out of stands in the database: `models.sessions.standing`.
        """
        cookie = request.cookies.get(self._cookie_name(request), "")
        try:
            said = self._signer.unsign(cookie, max_age=int(LIFETIME.total_seconds())).decode()
        except BadSignature:  # SignatureExpired is one of them
            return Visit.new()
        visitor, _, session = said.partition(".")
        return Visit(visitor, session) if session else Visit.new()

    def following(self, visit: Visit, ask_id: str) -> Visit:
        """The session in which the visitor goes on, once that ask has made them count as another person.

        It is the same for the same ask: of two answers to a double press a browser may take either.
        """
        told = hmac.digest(self._secret, f"usher.following {visit.session} {ask_id}".encode(), "sha256")
        return Visit(visit.visitor, urlsafe_b64encode(told[:16]).decode().rstrip("="))

    def remember(self, request: Request, response: Response, visit: Visit) -> None:
        self.set_cookie(
            request,
            response,
            self._cookie_name(request),
            self._signer.sign(f"{visit.visitor}.{visit.session}").decode(),
        )

    def set_cookie(self, request: Request, response: Response, name: str, value: str) -> None:
        response.set_cookie(
            name,
            value,
            max_age=int(LIFETIME.total_seconds()),
            path="/",
            secure=self.is_https(request),
            httponly=True,
            samesite="lax",
        )

    def sent_by_our_page(self, request: Request) -> bool:
        """Whether a form came from our own page: by Origin, or, where the browser sends none, by Sec-Fetch-Site."""
        origin = request.headers.get("origin")
        if origin is None:
            return request.headers.get("sec-fetch-site") == "same-origin"
        if self._public:
            return _origin(origin) == self._public
        # Only the host is compared: behind a proxy that ends TLS we cannot tell https from http.
        try:
            return origin != "null" and urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
        except ValueError:  # "http://[" is no address
            return False

    def _cookie_name(self, request: Request) -> str:
        # The browser lets nobody but this very host set a cookie with that prefix, and only over https.
        return "__Host-usher" if self.is_https(request) else "usher"

    def is_https(self, request: Request) -> bool:
        scheme = self._public[0] if self._public else request.url.scheme
        return scheme == "https"


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address, or None where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    return parts.scheme, (parts.hostname or ""), port
