"""Says what a status of HTTP means for somebody who wanted the page."""

from handlers.probe._causes import Cause
from handlers.probe._clean import clean
from handlers.probe._content import Page
from handlers.probe._http import SLOW
from handlers.probe._report import Failed, Finding

_EXACT = {
    401: Cause.HTTP_FORBIDDEN, 403: Cause.HTTP_FORBIDDEN, 404: Cause.HTTP_NOT_FOUND, 410: Cause.HTTP_NOT_FOUND,
    407: Cause.HTTP_PROXY_AUTH, 429: Cause.HTTP_BUSY, 451: Cause.HTTP_FORBIDDEN,
    496: Cause.TLS_CLIENT_CERTIFICATE, 511: Cause.HTTP_PORTAL,
}  # fmt: skip
_MEANS = {
    Cause.HTTP_FORBIDDEN: "the server is reached, but does not let this place in",
    Cause.HTTP_NOT_FOUND: "the server is reached, but has no such page",
    Cause.HTTP_PROXY_AUTH: "a proxy on the way wants a log-on",
    Cause.HTTP_BUSY: "the server is up, but asks to come back later",
    Cause.HTTP_PORTAL: "a captive portal on the way wants a log-on",
    Cause.HTTP_SERVER_ERROR: "the server is reached, but has an error of its own",
    Cause.HTTP_STATUS: "the server is reached, but does not give the page",
    Cause.TLS_CLIENT_CERTIFICATE: "the server wants a client certificate, and got none",
}


def judge_status(page: Page) -> None:
    """Raise `Failed` unless the page was given."""
    if 200 <= page.status < 300:
        return
    cause = _cause(page)
    later = page.headers.get("retry-after")
    after = f" (Retry-After: {clean(later, 40)})" if later else ""
    raise Failed(cause, f"HTTP {page.status} {page.said}{after}: {_MEANS[cause]}.")


def slow(page: Page) -> list[Finding]:
    """What came whole, but later than people wait."""
    if page.first_ms > SLOW * 1000:
        told = f"The page came, but its first byte only after {page.first_ms / 1000:.1f} s (slow)."
        return [Finding(Cause.HTTP_SLOW, told, "warning")]
    if page.body_ms > SLOW * 1000:
        told = f"The page came, but dripping in: {page.body_ms / 1000:.1f} s (slow)."
        return [Finding(Cause.HTTP_DRIP, told, "warning")]
    return []


def _cause(page: Page) -> Cause:
    if page.status == 503 and "retry-after" in page.headers:
        return Cause.HTTP_BUSY
    # nginx and others say only here that they wanted one.
    if page.status == 400 and b"SSL certificate" in page.body[:4096] and b"required" in page.body[:4096].lower():
        return Cause.TLS_CLIENT_CERTIFICATE
    return _EXACT.get(page.status, Cause.HTTP_SERVER_ERROR if page.status >= 500 else Cause.HTTP_STATUS)
