"""What the tools of IT staff print is read as the causes that a check names: on Windows, on Linux, in Chinese."""

# ruff: noqa: E501 - what a tool prints in a line stays in one
import pytest

from handlers.checks._pasted import read_pasted
from handlers.probe import Cause

HEAD = "Server:  dc01.alpha.local\nAddress:  10.0.0.1\n\n"
FOUND = HEAD + "Non-authoritative answer:\nName:    gate.example.com\nAddresses:  2001:db8::7\n\t  203.0.113.7\n\n"
TNC = "ComputerName     : gate.example.com\nRemoteAddress    : 203.0.113.7\nRemotePort       : 443\n"
CURL = "* Host gate.example.com:443 was resolved.\n* IPv4: 203.0.113.7\n*   Trying 203.0.113.7:443...\n"
REACHED = CURL + "* Connected to gate.example.com (203.0.113.7) port 443\n"
SAFE = REACHED + "*  SSL certificate verify ok.\n> GET /start HTTP/1.1\n"

PRINTED = [
    ("nslookup, Windows", HEAD + "*** dc01.alpha.local can't find gate.example.com: Non-existent domain", Cause.DNS_NXDOMAIN),
    ("nslookup, Linux", "** server can't find gate.example.com: NXDOMAIN", Cause.DNS_NXDOMAIN),
    ("nslookup, Chinese", "伺服器:  dc01\nAddress:  10.0.0.1\n\n*** dc01 找不到 gate.example.com: Non-existent domain", Cause.DNS_NXDOMAIN),
    ("nslookup, simplified", "服务器:  UnKnown\nAddress:  10.0.0.1\n\n*** UnKnown 找不到 gate.example.com: Server failed", Cause.DNS_SERVFAIL),
    ("nslookup, Chinese time-out", "DNS request timed out.\n    timeout was 2 seconds.\n*** 對 UnKnown 的要求逾時", Cause.DNS_TIMEOUT),
    ("servfail", HEAD + "*** dc01 can't find gate.example.com: Server failed", Cause.DNS_SERVFAIL),
    ("servfail, Linux", "** server can't find gate.example.com: SERVFAIL", Cause.DNS_SERVFAIL),
    ("refused", HEAD + "*** dc01 can't find gate.example.com: Query refused", Cause.DNS_REFUSED),
    ("refused, Linux", "** server can't find gate.example.com: REFUSED", Cause.DNS_REFUSED),
    ("time-out", "DNS request timed out.\n    timeout was 2 seconds.\n*** Request to UnKnown timed-out", Cause.DNS_TIMEOUT),
    ("time-out, Linux", ";; connection timed out; no servers could be reached", Cause.DNS_TIMEOUT),
    ("no answer", "*** Can't find gate.example.com: No answer", Cause.DNS_EMPTY),
    ("curl: no name", "curl: (6) Could not resolve host: gate.example.com", Cause.DNS_NXDOMAIN),
    ("TNC: no name", "WARNING: Name resolution of gate.example.com failed", Cause.DNS_NXDOMAIN),
    ("TNC: closed", f"{FOUND}WARNING: TCP connect to (203.0.113.7 : 443) failed\n{TNC}TcpTestSucceeded : False", Cause.TCP_TIMEOUT),
    ("curl: refused", CURL + "* connect to 203.0.113.7 port 443 from 10.0.0.9 port 50112 failed: Connection refused", Cause.TCP_REFUSED),
    ("curl: refused, Windows", CURL + "curl: (7) Failed to connect to gate.example.com port 443 after 2041 ms: Could not connect to server", Cause.TCP_REFUSED),
    ("curl: dropped, Windows", CURL + "curl: (28) Failed to connect to gate.example.com port 443 after 21049 ms: Could not connect to server", Cause.TCP_TIMEOUT),
    ("curl: dropped", CURL + "curl: (28) Connection timed out after 12001 milliseconds", Cause.TCP_TIMEOUT),
    ("curl: no route", CURL + "* connect to 203.0.113.7 port 443 failed: No route to host", Cause.TCP_REJECTED),
    ("openssl: refused", "40:error:8000006F:system library:BIO_connect:Connection refused\nconnect:errno=111", Cause.TCP_REFUSED),
    ("curl: inspected", REACHED + "curl: (60) SSL certificate problem: unable to get local issuer certificate", Cause.TLS_UNKNOWN_CA),
    ("curl: inspected, Windows", REACHED + "curl: (60) schannel: SEC_E_UNTRUSTED_ROOT (0x80090325) - The certificate chain was issued by an authority that is not trusted.", Cause.TLS_UNKNOWN_CA),
    ("curl: in chain", REACHED + "curl: (60) SSL certificate problem: self-signed certificate in certificate chain", Cause.TLS_UNKNOWN_CA),
    ("curl: self-signed", REACHED + "curl: (60) SSL certificate problem: self-signed certificate", Cause.TLS_SELF_SIGNED),
    ("curl: expired", REACHED + "curl: (60) SSL certificate problem: certificate has expired", Cause.TLS_EXPIRED),
    ("curl: wrong name", REACHED + "curl: (60) SSL: no alternative certificate subject name matches target host name 'gate.example.com'", Cause.TLS_WRONG_NAME),
    ("curl: wrong name, Windows", REACHED + "curl: (60) schannel: SNI or certificate check failed: SEC_E_WRONG_PRINCIPAL (0x80090322)", Cause.TLS_WRONG_NAME),
    ("openssl: expired", "CONNECTION ESTABLISHED\nVerification error: certificate has expired", Cause.TLS_EXPIRED),
    ("openssl: chain", "CONNECTED(00000003)\nverify error:num=20:unable to get local issuer certificate", Cause.TLS_UNKNOWN_CA),
    ("openssl: not TLS", "CONNECTED(00000003)\n80:error:0A00010B:SSL routines:ssl3_get_record:wrong version number", Cause.TLS_NOT_TLS),
    ("curl: reset", REACHED + "curl: (35) Recv failure: Connection reset by peer", Cause.TLS_RESET),
    ("curl: reset, Windows", REACHED + "curl: (35) Recv failure: Connection was reset", Cause.TLS_RESET),
    ("curl: stalled", REACHED + "curl: (28) SSL connection timeout", Cause.TLS_STALLED),
    ("curl: reset after the handshake", SAFE + "curl: (56) Recv failure: Connection reset by peer", Cause.HTTP_CLOSED),
    ("curl: no answer", SAFE + "curl: (52) Empty reply from server", Cause.HTTP_CLOSED),
    ("curl: slow", SAFE + "curl: (28) Operation timed out after 12001 milliseconds with 0 bytes received", Cause.HTTP_SLOW),
    ("curl: 403", SAFE + "< HTTP/1.1 403 Forbidden", Cause.HTTP_FORBIDDEN),
    ("curl: 502", SAFE + "< HTTP/2 502", Cause.HTTP_SERVER_ERROR),
    ("proxy: 403", "* Connected to proxy (10.0.0.8) port 8080\n< HTTP/1.1 403 Forbidden\ncurl: (56) CONNECT tunnel failed, response 403", Cause.PROXY_REFUSED),
    ("proxy: 407", "* Connected to proxy (10.0.0.8) port 8080\ncurl: (56) CONNECT tunnel failed, response 407", Cause.HTTP_PROXY_AUTH),
    ("proxy, then inspected", "* Connected to proxy (10.0.0.8) port 8080\n< HTTP/1.1 200 Connection established\ncurl: (60) SSL certificate problem: unable to get local issuer certificate", Cause.TLS_UNKNOWN_CA),
    ("curl: all well", FOUND + SAFE + "< HTTP/1.1 200 OK", Cause.OK),
    ("curl: redirect", SAFE + "< HTTP/1.1 302 Found", Cause.OK),
    ("one name server is slow", "DNS request timed out.\n    timeout was 2 seconds.\n" + FOUND + SAFE + "< HTTP/1.1 200 OK", Cause.OK),
]  # fmt: skip


@pytest.mark.parametrize(("printed", "cause"), [one[1:] for one in PRINTED], ids=[one[0] for one in PRINTED])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_what_is_printed_is_read_as_its_cause(printed: str, cause: Cause, end: str) -> None:
    read = read_pasted(printed.replace("\n", end))
    assert read
    assert read.cause is cause
    assert read.line in printed


@pytest.mark.parametrize(
    ("printed", "works"),
    [(FOUND, "dns"), ("名稱:    gate.example.com\nAddress:  203.0.113.7", "dns"), (TNC + "TcpTestSucceeded : True", "tcp"),
     ("CONNECTION ESTABLISHED\nVerification: OK", "tls")],
)  # fmt: skip
def test_what_ends_before_the_page_says_how_far_it_works(printed: str, works: str) -> None:
    read = read_pasted(printed)
    assert read
    assert (read.cause, read.works) == (None, works)


@pytest.mark.parametrize("text", ["", "hello", "it does not work", "Name: Amy", "x" * 100_000, "HTTP is slow"])
def test_other_words_are_no_output(text: str) -> None:
    assert read_pasted(text) is None
