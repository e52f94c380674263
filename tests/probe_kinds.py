"""Every kind of fault, and what is well: what the lab sets up for each, and the phase, verdict and cause expected."""

import ssl
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from handlers.probe import Cause, Phase, Verdict
from tests.probe_names import Say, addresses, aliases, code, empty, garbage, only, silent, truncated
from tests.probe_papers import HOST
from tests.probe_servers import (
    MARKER,
    PAGE,
    Serve,
    answers,
    bomb,
    drips,
    endless_body,
    endless_head,
    endless_hints,
    greets,
    half_a_hello,
    hangs,
    hangs_up,
    late,
    packed,
    page,
    redirects,
    resets,
    resets_hello,
)

GOOD = answers(page())
RIGHT, WRONG = addresses("127.0.0.1"), addresses("127.0.0.66")
Adjust = Callable[[ssl.SSLContext], None]


@dataclass(frozen=True)
class Kind:
    """`names`: a name server each, None for a closed port. `paper`: the certificate, None for a server without TLS."""

    name: str
    verdict: Verdict
    phase: Phase
    cause: Cause
    names: tuple[Say | None, ...] = (RIGHT,)
    serve: Serve = GOOD
    paper: str | None = "good"
    adjust: Adjust | None = None
    port: Literal["open", "closed", "full"] = "open"
    expected: tuple[str, ...] = ("127.0.0.1",)
    hosts: str = ""
    marker: str | None = MARKER
    issuers: tuple[str, ...] = ()
    others: tuple[tuple[str, str | None], ...] = ()  # further addresses that listen, each with its certificate


def old(context: ssl.SSLContext) -> None:
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1


def wants_certificate(version: ssl.TLSVersion) -> Adjust:
    def adjust(context: ssl.SSLContext) -> None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.maximum_version = version

    return adjust


def only_newest(context: ssl.SSLContext) -> None:
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_3


def older(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2


def http(name: str, cause: Cause, serve: Serve, verdict: Verdict = "fail", marker: str | None = MARKER) -> Kind:
    return Kind(name, verdict, cause.phase, cause, serve=serve, marker=marker)


def dns(name: str, verdict: Verdict, cause: Cause, *names: Say | None, expected: tuple[str, ...] = ("127.0.0.1",),
        hosts: str = "") -> Kind:  # fmt: skip
    return Kind(name, verdict, "dns" if cause is not Cause.OK else "ok", cause, names, expected=expected, hosts=hosts)


def tls(name: str, cause: Cause, paper: str | None = "good", *, serve: Serve = GOOD,
        adjust: Adjust | None = None, issuers: tuple[str, ...] = (), verdict: Verdict = "fail") -> Kind:  # fmt: skip
    return Kind(name, verdict, cause.phase, cause, paper=paper, serve=serve, adjust=adjust, issuers=issuers)


HEALTHY = (
    Kind("healthy", "ok", "ok", Cause.OK),
    Kind("two name servers that agree", "ok", "ok", Cause.OK, (RIGHT, RIGHT)),
    Kind("an alias", "ok", "ok", Cause.OK, (aliases("a.test", then=("127.0.0.1",)),)),
    Kind("aliases one by one", "ok", "ok", Cause.OK,
         (aliases("a.test", "b.test", then=("127.0.0.1",), one_by_one=True),)),
    Kind("truncated, and TCP works", "ok", "ok", Cause.OK, (truncated(RIGHT),)),
    Kind("the chain is whole", "ok", "ok", Cause.OK, paper="chained"),
    Kind("TLS 1.2", "ok", "ok", Cause.OK, adjust=older),
    Kind("the issuer is the named one", "ok", "ok", Cause.OK, issuers=("Harbour Root CA",)),
    Kind("the hosts file says the same", "ok", "ok", Cause.OK, hosts=f"127.0.0.1 {HOST}\n127.0.0.9 other.test"),
    Kind("redirected on the same host", "ok", "ok", Cause.OK,
         serve=redirects(lambda path: "" if "2" in path else "/2")),
    Kind("packed, though not asked for", "ok", "ok", Cause.OK, serve=packed()),
    Kind("ended by closing", "ok", "ok", Cause.OK, serve=answers(b"HTTP/1.0 200 OK\r\n\r\n" + PAGE)),
    Kind("no marker to look for", "ok", "ok", Cause.OK, marker=None, serve=answers(page(b"fine"))),
    Kind("no AAAA, said as NXDOMAIN", "ok", "ok", Cause.OK, (only("A", RIGHT, code("NXDOMAIN")),)),
    Kind("two addresses", "ok", "ok", Cause.OK, (addresses("127.0.0.1", "127.0.0.2"),),
         expected=("127.0.0.0/30",), others=(("127.0.0.2", "good"),)),
    Kind("no content wanted or given", "ok", "ok", Cause.OK, marker=None, serve=answers(page(b"", "204 No Content"))),
)  # fmt: skip

DNS = (
    dns("NXDOMAIN", "fail", Cause.DNS_NXDOMAIN, code("NXDOMAIN")),
    dns("SERVFAIL", "fail", Cause.DNS_SERVFAIL, code("SERVFAIL")),
    dns("REFUSED", "fail", Cause.DNS_REFUSED, code("REFUSED")),
    dns("silent", "fail", Cause.DNS_TIMEOUT, silent),
    dns("closed", "fail", Cause.DNS_CLOSED, None),
    dns("empty", "fail", Cause.DNS_EMPTY, empty),
    dns("CNAME loop", "fail", Cause.DNS_CNAME_LOOP, aliases("a.test", HOST)),
    dns("CNAME loop, one by one", "fail", Cause.DNS_CNAME_LOOP, aliases("a.test", "b.test", "a.test", one_by_one=True)),
    dns("alias to nowhere", "fail", Cause.DNS_EMPTY, aliases("a.test")),
    dns("garbage", "fail", Cause.DNS_MALFORMED, garbage),
    dns("truncated, TCP blocked", "fail", Cause.DNS_TRUNCATED, truncated(RIGHT, tcp=False)),
    dns("unexpected address", "fail", Cause.ADDRESS_UNEXPECTED, WRONG),
    dns("private address", "fail", Cause.ADDRESS_PRIVATE, addresses("10.1.2.3"), expected=()),
    dns("loopback address", "fail", Cause.ADDRESS_PRIVATE, RIGHT, expected=()),
    dns("blocked by 0.0.0.0", "fail", Cause.ADDRESS_PRIVATE, addresses("0.0.0.0", "::"), expected=()),  # noqa: S104 - an answer
    dns("private within IPv6", "fail", Cause.ADDRESS_PRIVATE, addresses("::ffff:10.0.0.1"), expected=()),
    dns("one of two silent", "warning", Cause.DNS_SERVER_DEAD, silent, RIGHT),
    dns("one of two closed", "warning", Cause.DNS_SERVER_DEAD, RIGHT, None),
    dns("one of two SERVFAIL", "warning", Cause.DNS_SERVER_DEAD, RIGHT, code("SERVFAIL")),
    dns("one of two refuses", "warning", Cause.DNS_SERVER_DEAD, code("REFUSED"), RIGHT),
    dns("one of two is truncated without TCP", "warning", Cause.DNS_SERVER_DEAD, truncated(RIGHT, tcp=False), RIGHT),
    dns("they disagree", "warning", Cause.DNS_DISAGREE, RIGHT, WRONG),
    dns("they disagree, the wrong one first", "warning", Cause.DNS_DISAGREE, WRONG, RIGHT),
    dns("one says NXDOMAIN", "warning", Cause.DNS_DISAGREE, RIGHT, code("NXDOMAIN")),
    dns("one is empty", "warning", Cause.DNS_DISAGREE, empty, RIGHT),
    dns("a wrong address beside the right", "warning", Cause.ADDRESS_UNEXPECTED, addresses("127.0.0.1", "127.0.0.66")),
    dns("AAAA is not answered", "warning", Cause.DNS_FAMILY, only("A", RIGHT)),
    dns("the hosts file overrides", "fail", Cause.HOSTS_FILE, RIGHT, hosts=f"10.9.9.9  {HOST.upper()} # old"),
    dns("only the hosts file", "warning", Cause.HOSTS_FILE, code("NXDOMAIN"), hosts=f"127.0.0.1 {HOST}"),
    dns("all silent, of three", "fail", Cause.DNS_TIMEOUT, silent, silent, silent),
    dns("each in its own way", "fail", Cause.DNS_SERVFAIL, silent, code("SERVFAIL"), None),
)

TCP = (
    Kind("refused", "fail", "tcp", Cause.TCP_REFUSED, port="closed"),
    Kind("silently dropped", "fail", "tcp", Cause.TCP_TIMEOUT, port="full"),
    Kind("one of two addresses", "warning", "tcp", Cause.ADDRESS_DEAD, (addresses("127.0.0.2", "127.0.0.1"),),
         expected=("127.0.0.1", "127.0.0.2")),
    Kind("IPv6 refused", "warning", "tcp", Cause.IPV6_BROKEN, (addresses("::1", "127.0.0.1"),),
         expected=("127.0.0.1", "::1")),
)  # fmt: skip

TLS = (
    tls("reset after accept", Cause.TLS_RESET, None, serve=resets),
    tls("reset by the hello", Cause.TLS_RESET, None, serve=resets_hello),
    tls("silence", Cause.TLS_SILENT, None, serve=hangs),
    tls("stalls", Cause.TLS_STALLED, None, serve=half_a_hello),
    tls("expired", Cause.TLS_EXPIRED, "expired"),
    tls("not yet valid", Cause.TLS_NOT_YET_VALID, "early"),
    tls("self-signed", Cause.TLS_SELF_SIGNED, "self"),
    tls("wrong name", Cause.TLS_WRONG_NAME, "wrong"),
    tls("inspected", Cause.TLS_UNKNOWN_CA, "inspected"),
    tls("issued by a stranger", Cause.TLS_UNKNOWN_CA, "strange"),
    tls("no intermediate", Cause.TLS_MISSING_INTERMEDIATE, "unchained"),
    tls("a named intermediate is missing", Cause.TLS_MISSING_INTERMEDIATE, "unchained",
        issuers=("Harbour Servers R3",)),
    tls("not the named issuer", Cause.TLS_UNKNOWN_CA, "unchained", issuers=("Somebody Else CA",)),
    tls("old protocol", Cause.TLS_OLD_PROTOCOL, adjust=old),
    tls("weak key", Cause.TLS_WEAK, "weak"),
    tls("plain HTTP", Cause.TLS_PLAIN_HTTP, None),
    tls("plain HTTP that complains", Cause.TLS_PLAIN_HTTP, None, serve=greets(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
    tls("a file server", Cause.TLS_NOT_TLS, None, serve=greets(b"SSH-2.0-OpenSSH_9.6\r\n")),
    tls("wants a certificate, TLS 1.3", Cause.TLS_CLIENT_CERTIFICATE, adjust=wants_certificate(ssl.TLSVersion.TLSv1_3)),
    tls("wants a certificate, TLS 1.2", Cause.TLS_CLIENT_CERTIFICATE, adjust=wants_certificate(ssl.TLSVersion.TLSv1_2)),
    tls("wants a certificate, only TLS 1.3", Cause.TLS_CLIENT_CERTIFICATE, adjust=only_newest),
    tls("expires soon", Cause.TLS_EXPIRES_SOON, "soon", verdict="warning"),
    tls("works, but inspected", Cause.TLS_INSPECTED, issuers=("Public Trust CA",), verdict="warning"),
    Kind("one of two certificates expired", "warning", "tls", Cause.TLS_EXPIRED,
         (addresses("127.0.0.1", "127.0.0.2"),), expected=("127.0.0.1", "127.0.0.2"),
         others=(("127.0.0.2", "expired"),)),
)  # fmt: skip

HTTP = (
    http("403", Cause.HTTP_FORBIDDEN, answers(page(b"no", "403 Forbidden"))),
    http("404", Cause.HTTP_NOT_FOUND, answers(page(b"no", "404 Not Found"))),
    http("418", Cause.HTTP_STATUS, answers(page(b"no", "418 Teapot"))),
    http("500", Cause.HTTP_SERVER_ERROR, answers(page(b"no", "500 Internal Server Error"))),
    http("502", Cause.HTTP_SERVER_ERROR, answers(page(b"no", "502 Bad Gateway"))),
    http("503", Cause.HTTP_SERVER_ERROR, answers(page(b"no", "503 Service Unavailable"))),
    http("503 for a while", Cause.HTTP_BUSY, answers(page(b"no", "503 Service Unavailable", "Retry-After: 120"))),
    http("407", Cause.HTTP_PROXY_AUTH, answers(page(b"no", "407 Proxy Authentication Required"))),
    http("511", Cause.HTTP_PORTAL, answers(page(b"no", "511 Network Authentication Required"))),
    http("redirect loop", Cause.HTTP_REDIRECT_LOOP, redirects(lambda path: "/b" if path == "/a" else "/a")),
    http("redirects without end", Cause.HTTP_REDIRECT_LOOP, redirects(lambda path: f"{path}x")),
    http("captive portal", Cause.HTTP_REDIRECT_ELSEWHERE, redirects(lambda _: "https://portal.test/login")),
    http("to an address", Cause.HTTP_REDIRECT_ELSEWHERE, redirects(lambda _: "https://127.0.0.1/login")),
    http("to plain http", Cause.HTTP_REDIRECT_INSECURE, redirects(lambda _: f"http://{HOST}/login")),
    http("malformed", Cause.HTTP_MALFORMED, answers(b"NONSENSE 1 2 3\r\n\r\nhello")),
    http("bad status line", Cause.HTTP_MALFORMED, answers(b"HTTP/1.1 banana\r\n\r\n")),
    http("closed without answer", Cause.HTTP_CLOSED, hangs_up),
    http("no first byte", Cause.HTTP_SLOW, late(60, page())),
    http("a late first byte", Cause.HTTP_SLOW, late(3.3, page()), "warning"),
    http("drips", Cause.HTTP_DRIP, drips),
    http("drips and ends", Cause.HTTP_DRIP, answers(page()[:60], *(b"%c" % one for one in page()[60:]), pause=0.1),
         "warning"),
    http("truncated", Cause.HTTP_TRUNCATED, answers(page(PAGE * 9)[:200])),
    http("truncated chunks", Cause.HTTP_TRUNCATED,
         answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n99\r\nabc")),
    http("cut in the head", Cause.HTTP_TRUNCATED, answers(b"HTTP/1.1 200 OK\r\nX-A: b\r\n")),
    http("endless head", Cause.HTTP_ENDLESS_HEAD, endless_head),
    http("endless hints", Cause.HTTP_ENDLESS_HEAD, endless_hints),
    http("wrong page", Cause.WRONG_PAGE, answers(page(b"<title>Parked</title><p>Buy this name"))),
    http("empty page", Cause.EMPTY_PAGE, answers(page(b""))),
    http("empty page, nothing expected", Cause.EMPTY_PAGE, answers(page(b"")), "warning", None),
    http("huge page", Cause.HUGE_PAGE, endless_body()),
    http("huge page that begins well", Cause.HUGE_PAGE, endless_body(PAGE), "warning"),
    http("bomb", Cause.BOMB, bomb()),
    http("packed in an unknown way", Cause.UNREADABLE_PAGE, answers(page(b"???", "200 OK", "Content-Encoding: br"))),
)  # fmt: skip

TOGETHER = (
    Kind("a dead name server, and an expired certificate", "fail", "tls", Cause.TLS_EXPIRED, (silent, RIGHT),
         paper="expired"),
    Kind("a dead name server, and 503", "fail", "http", Cause.HTTP_SERVER_ERROR, (RIGHT, None),
         serve=answers(page(b"", "503 Service Unavailable"))),
    Kind("a dead name server, and a certificate that ends", "warning", "dns", Cause.DNS_SERVER_DEAD, (RIGHT, None),
         paper="soon"),
    Kind("a dead address, and silence", "fail", "tls", Cause.TLS_SILENT, (addresses("127.0.0.2", "127.0.0.1"),),
         paper=None, serve=hangs, expected=("127.0.0.0/24",)),
    Kind("all slow at once", "fail", "http", Cause.HTTP_SLOW, (silent, RIGHT), serve=late(60, page())),
)  # fmt: skip

KINDS = (*HEALTHY, *DNS, *TCP, *TLS, *HTTP, *TOGETHER)
