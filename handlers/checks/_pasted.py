"""Reads what tools of IT staff print (nslookup, curl, Test-NetConnection, openssl) as the causes that checks name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from handlers.probe import PHASES, Cause, Phase

READ = 20_000  # characters that are looked at


@dataclass(frozen=True)
class Pasted:
    """What was printed: the cause, the line that it rests on, and the furthest stage that is shown to work.

    `cause` is None where all that was printed works, and it ends before the page.
    """

    cause: Cause | None
    line: str
    works: Phase | None


# The first that is found decides, by the order of the stages.
_FAULTS: Sequence[tuple[Cause, str]] = (
    (Cause.DNS_NXDOMAIN, r"non-existent domain|NXDOMAIN|DNS name does not exist|Name or service not known"
     r"|Could ?n[o']t resolve host|ERR_NAME_NOT_RESOLVED|No such host is known|Name resolution of \S+ failed"),
    (Cause.DNS_SERVFAIL, r"server failed|SERVFAIL|Temporary failure in name resolution"),
    (Cause.DNS_REFUSED, r"query refused|\bstatus: REFUSED|(?:find|找不到) \S+: REFUSED"),
    (Cause.DNS_TIMEOUT, r"DNS request timed out|no servers could be reached|no response from server"
     r"|Request to \S+ timed-out|要求逾時|请求 \S+ 超时|DNS_PROBE_FINISHED_(?:BAD_CONFIG|NO_INTERNET)"),
    (Cause.DNS_EMPTY, r"No internal type for both IPv4 and IPv6|(?:find|找不到) \S+: No answer"),
    (Cause.PROXY_UNREACHABLE, r"Could ?n[o']t resolve proxy|ERR_PROXY_CONNECTION_FAILED"),
    (Cause.TCP_REFUSED, r"connection refused|actively refused|ERR_CONNECTION_REFUSED|connect:errno=(?:111|10061)"
     r"|Failed to connect to \S+ port \d+ after \d{1,4} ms: (?!Timeout)|積極拒絕|积极拒绝"),
    (Cause.TCP_REJECTED, r"no route to host|network is unreachable|ERR_ADDRESS_UNREACHABLE|host is unreachable"
     r"|connect:errno=(?:113|101|10065|10051)"),
    (Cause.TCP_TIMEOUT, r"(?<!SSL )connection timed? ?out|ERR_(?:CONNECTION_)?TIMED_OUT|TcpTestSucceeded\s*:\s*False"
     r"|TCP connect to .{0,80} failed|connect:errno=(?:110|10060)|Failed to connect to \S+ port \d+"
     r"|did not properly respond"),
    (Cause.TLS_EXPIRED, r"certificate has expired|ERR_CERT_DATE_INVALID|SEC_E_CERT_EXPIRED|0x80090328"
     r"|verify error:num=10:"),
    (Cause.TLS_NOT_YET_VALID, r"certificate is not yet valid|verify error:num=9:"),
    (Cause.TLS_WRONG_NAME, r"no alternative certificate subject name matches|hostname mismatch|SEC_E_WRONG_PRINCIPAL"
     r"|0x80090322|ERR_CERT_COMMON_NAME_INVALID|verify error:num=62|does not match target"),
    (Cause.TLS_UNKNOWN_CA, r"self[- ]signed certificate in certificate chain|verify error:num=(?:19|2[01]):"
     r"|unable to get local issuer|unable to verify the first certificate|SEC_E_UNTRUSTED_ROOT|0x80090325"
     r"|ERR_CERT_AUTHORITY_INVALID|Verify return code: (?:19|20|21) "),
    (Cause.TLS_SELF_SIGNED, r"self[- ]signed certificate|verify error:num=18:|Verify return code: 18 "),
    (Cause.TLS_OLD_PROTOCOL, r"unsupported protocol|alert protocol version|no protocols available"
     r"|ERR_SSL_VERSION_OR_CIPHER_MISMATCH|SEC_E_ALGORITHM_MISMATCH|0x80090331"),
    (Cause.TLS_CLIENT_CERTIFICATE, r"alert certificate required|ERR_BAD_SSL_CLIENT_AUTH_CERT"),
    (Cause.TLS_NOT_TLS, r"wrong version number|packet length too long|:http request|SEC_E_INVALID_TOKEN|0x80090308"),
    (Cause.TLS_RESET, r"connection (?:was )?reset|ERR_CONNECTION_(?:RESET|CLOSED)|forcibly closed"
     r"|errno ?= ?(?:104|10054)|SSL_ERROR_SYSCALL|unexpected eof|write:errno=0"),
    (Cause.TLS_STALLED, r"SSL connection timeout|TLS handshake timed? ?out"),
    (Cause.TLS_REFUSED, r"alert handshake failure|ERR_SSL_PROTOCOL_ERROR|SEC_E_ILLEGAL_MESSAGE|0x80090326"
     r"|schannel: failed|SSL connect error"),
    (Cause.HTTP_PROXY_AUTH, r"HTTP code 407 from proxy|tunnel failed, response 407"),
    (Cause.PROXY_REFUSED, r"tunnel failed, response \d+|HTTP code \d+ from proxy|ERR_TUNNEL_CONNECTION_FAILED"),
    (Cause.HTTP_REDIRECT_LOOP, r"Maximum \(\d+\) redirects followed|ERR_TOO_MANY_REDIRECTS"),
    (Cause.HTTP_CLOSED, r"Empty reply from server|ERR_EMPTY_RESPONSE"),
    (Cause.HTTP_SLOW, r"Operation timed out after \d+ milliseconds"),
)  # fmt: skip
_READERS = tuple((cause, re.compile(f"(?i){pattern}")) for cause, pattern in _FAULTS)
# What a proxy says when it has opened the way is not the server's answer.
_STATUS = re.compile(
    r"(?im)^(?:[<*] )?HTTP/[\d.]+ (\d{3})\b(?! connection established)"
    r"|^StatusCode\s*:\s*(\d{3})\b|\bHTTP ERROR (\d{3})\b"
)
_BY_STATUS = {403: Cause.HTTP_FORBIDDEN, 401: Cause.HTTP_FORBIDDEN, 404: Cause.HTTP_NOT_FOUND, 503: Cause.HTTP_BUSY,
              407: Cause.HTTP_PROXY_AUTH, 511: Cause.HTTP_PORTAL}  # fmt: skip
# What only stands there where the stage works.
_WORKS: Sequence[tuple[Phase, str]] = (
    ("http", r"(?im)^(?:[<*] )?HTTP/[\d.]+ [2-5]\d\d\b(?! connection established)|^StatusCode\s*:\s*\d{3}"),
    ("tls", r"SSL certificate verify ok|Verify return code: 0 \(ok\)|Verification: OK"),
    ("tcp", r"TcpTestSucceeded\s*:\s*True|Connected to \S+ \(|CONNECTED\(|CONNECTION ESTABLISHED"),
    ("dns", r"(?im)^(?:Name|名稱|名称)\s*[:：]\s*\S+\s+Address(?:es)?\s*[:：]\s*[0-9a-f.:]+"
     r"|has address [\d.]+|Trying [\d.]+:"),
)  # fmt: skip
_WORKING = tuple((phase, re.compile(pattern)) for phase, pattern in _WORKS)


def read_pasted(text: str) -> Pasted | None:
    """What the text shows; None where it is no output of these tools."""
    text = text[:READ].replace("\r\n", "\n")
    works = next((phase for phase, pattern in _WORKING if pattern.search(text)), None)
    if found := _fault(text, works) or _of_status(text):
        return Pasted(*found, works)
    if works == "http" and (answered := _STATUS.search(text)):
        return Pasted(Cause.OK, _line(text, answered.start()), works)
    return Pasted(None, "", works) if works else None


def _fault(text: str, works: Phase | None) -> tuple[Cause, str] | None:
    """What fails, unless a later stage works all the same; a name that one name server gave is found."""
    passed = -1 if works is None else max(PHASES.index(works) - 1, 0)
    for cause, pattern in _READERS:
        if PHASES.index(cause.phase) > passed and (found := pattern.search(text)):
            ended = cause is Cause.TLS_RESET and works in ("tls", "http")
            return Cause.HTTP_CLOSED if ended else cause, _line(text, found.start())
    return None


def _of_status(text: str) -> tuple[Cause, str] | None:
    """The last answer counts: those before it are redirects, or a proxy's."""
    answers = list(_STATUS.finditer(text))
    if not answers:
        return None
    status = int(next(filter(None, answers[-1].groups())))
    if status < 400:
        return None
    cause = _BY_STATUS.get(status) or (Cause.HTTP_SERVER_ERROR if status >= 500 else Cause.HTTP_STATUS)
    return cause, _line(text, answers[-1].start())


def _line(text: str, at: int) -> str:
    begin = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return text[begin : end if end >= 0 else len(text)].strip()[:200]
