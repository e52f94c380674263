"""Every cause that a check can name, with the phase it is about and who can do something about it: the one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Phase = Literal["dns", "tcp", "tls", "http", "content", "ok"]
Owner = Literal[
    "your_dns", "your_computer", "your_firewall", "your_proxy", "their_server", "us", "nobody"
]  # fmt: skip
PHASES: tuple[Phase, ...] = ("dns", "tcp", "tls", "http", "content", "ok")


class Cause(StrEnum):
    OK = "ok"

    DNS_NXDOMAIN = "dns_nxdomain"
    DNS_SERVFAIL = "dns_servfail"
    DNS_REFUSED = "dns_refused"
    DNS_TIMEOUT = "dns_timeout"
    DNS_CLOSED = "dns_closed"
    DNS_EMPTY = "dns_empty"
    DNS_CNAME_LOOP = "dns_cname_loop"
    DNS_MALFORMED = "dns_malformed"
    DNS_TRUNCATED = "dns_truncated"
    DNS_SERVER_DEAD = "dns_server_dead"
    DNS_DISAGREE = "dns_disagree"
    DNS_FAMILY = "dns_family"
    ADDRESS_UNEXPECTED = "address_unexpected"
    ADDRESS_PRIVATE = "address_private"
    HOSTS_FILE = "hosts_file"

    TCP_REFUSED = "tcp_refused"
    TCP_TIMEOUT = "tcp_timeout"
    TCP_REJECTED = "tcp_rejected"
    ADDRESS_DEAD = "address_dead"
    IPV6_BROKEN = "ipv6_broken"

    TLS_RESET = "tls_reset"
    TLS_SILENT = "tls_silent"
    TLS_STALLED = "tls_stalled"
    TLS_EXPIRED = "tls_expired"
    TLS_NOT_YET_VALID = "tls_not_yet_valid"
    TLS_SELF_SIGNED = "tls_self_signed"
    TLS_WRONG_NAME = "tls_wrong_name"
    TLS_UNKNOWN_CA = "tls_unknown_ca"
    TLS_MISSING_INTERMEDIATE = "tls_missing_intermediate"
    TLS_OLD_PROTOCOL = "tls_old_protocol"
    TLS_WEAK = "tls_weak"
    TLS_BAD_CERTIFICATE = "tls_bad_certificate"
    TLS_REFUSED = "tls_refused"
    TLS_PLAIN_HTTP = "tls_plain_http"
    TLS_NOT_TLS = "tls_not_tls"
    TLS_CLIENT_CERTIFICATE = "tls_client_certificate"
    TLS_EXPIRES_SOON = "tls_expires_soon"
    TLS_INSPECTED = "tls_inspected"

    HTTP_FORBIDDEN = "http_forbidden"
    HTTP_NOT_FOUND = "http_not_found"
    HTTP_STATUS = "http_status"
    HTTP_SERVER_ERROR = "http_server_error"
    HTTP_BUSY = "http_busy"
    HTTP_REDIRECT_LOOP = "http_redirect_loop"
    HTTP_REDIRECT_ELSEWHERE = "http_redirect_elsewhere"
    HTTP_REDIRECT_INSECURE = "http_redirect_insecure"
    HTTP_MALFORMED = "http_malformed"
    HTTP_CLOSED = "http_closed"
    HTTP_SLOW = "http_slow"
    HTTP_DRIP = "http_drip"
    HTTP_TRUNCATED = "http_truncated"
    HTTP_ENDLESS_HEAD = "http_endless_head"
    HTTP_PROXY_AUTH = "http_proxy_auth"
    HTTP_PORTAL = "http_portal"
    PROXY_UNREACHABLE = "proxy_unreachable"
    PROXY_REFUSED = "proxy_refused"

    WRONG_PAGE = "wrong_page"
    EMPTY_PAGE = "empty_page"
    HUGE_PAGE = "huge_page"
    BOMB = "bomb"
    UNREADABLE_PAGE = "unreadable_page"

    OWN_NETWORK = "own_network"
    OWN_LOAD = "own_load"

    @property
    def phase(self) -> Phase:
        return _ABOUT[self].phase

    @property
    def owner(self) -> Owner:
        return _ABOUT[self].owner


@dataclass(frozen=True)
class _About:
    phase: Phase
    owner: Owner


_BY_OWNER: Mapping[tuple[Phase, Owner], str] = {
    ("ok", "nobody"): "ok",
    ("dns", "your_dns"): "dns_nxdomain dns_servfail dns_refused dns_timeout dns_closed dns_empty dns_cname_loop"
    " dns_malformed dns_server_dead dns_disagree dns_family address_unexpected address_private",
    ("dns", "your_firewall"): "dns_truncated",
    ("dns", "your_computer"): "hosts_file",
    ("dns", "us"): "own_network own_load",
    ("tcp", "their_server"): "tcp_refused address_dead",
    ("tcp", "your_firewall"): "tcp_timeout tcp_rejected ipv6_broken",
    ("tcp", "your_proxy"): "proxy_unreachable",
    ("tls", "your_firewall"): "tls_reset tls_silent tls_stalled",
    ("tls", "your_proxy"): "tls_unknown_ca tls_inspected",
    ("tls", "their_server"): "tls_expired tls_not_yet_valid tls_self_signed tls_wrong_name tls_missing_intermediate"
    " tls_old_protocol tls_weak tls_bad_certificate tls_refused tls_plain_http tls_not_tls tls_client_certificate"
    " tls_expires_soon",
    ("http", "their_server"): "http_forbidden http_not_found http_status http_server_error http_redirect_loop"
    " http_redirect_insecure http_malformed http_closed http_slow http_drip http_truncated http_endless_head",
    ("http", "nobody"): "http_busy",
    ("http", "your_proxy"): "http_redirect_elsewhere http_proxy_auth http_portal proxy_refused",
    ("content", "your_proxy"): "wrong_page",
    ("content", "their_server"): "empty_page huge_page bomb unreadable_page",
}
_ABOUT: Mapping[Cause, _About] = {
    Cause(key): _About(*about) for about, keys in _BY_OWNER.items() for key in keys.split()
}  # fmt: skip

# What a machine that is too busy, or whose own line is down, would see as well.
OF_TIME = frozenset(
    {
        Cause.DNS_TIMEOUT, Cause.DNS_SERVER_DEAD, Cause.DNS_FAMILY, Cause.TCP_TIMEOUT, Cause.ADDRESS_DEAD,
        Cause.IPV6_BROKEN, Cause.TLS_SILENT, Cause.TLS_STALLED, Cause.HTTP_SLOW, Cause.HTTP_DRIP,
        Cause.PROXY_UNREACHABLE,
    }
)  # fmt: skip
