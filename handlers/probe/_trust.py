"""Whose certificates are believed: the machine's own list or a given file; made once, as making it is what costs."""

import re
import ssl
from functools import lru_cache
from pathlib import Path

import httpx

from handlers.probe._certificate import Certificate

_INSPECTS = re.compile(
    r"inspect|intercept|decrypt|mitm|proxy|firewall|web ?filter|web ?gateway|web security|zscaler|netskope|forti"
    r"|palo alto|blue ?coat|symantec ssl|sophos|skyhigh|mcafee web|umbrella|forcepoint|websense|check ?point"
    r"|barracuda|watchguard|untangle|sonicwall|kaspersky|eset ssl|avast|avg |bitdefender|squid|charles|fiddler|burp",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"intermediate|issuing|subordinate|\bsub[- ]?ca\b", re.IGNORECASE)
_GENERIC = re.compile(
    r"\b(root|intermediate|issuing|subordinate|sub|ca|certificate|certification|authority|server|tls|ssl|rsa|ecc|ec"
    r"|[a-z]?\d+)\b|[^\w]+",
    re.IGNORECASE,
)


@lru_cache(maxsize=8)
def verifying(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    if ca_file is None and not _has_own(context):  # a slim machine without a list of its own
        context = httpx.create_ssl_context(trust_env=False)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _has_own(context: ssl.SSLContext) -> bool:
    folder = ssl.get_default_verify_paths().capath
    return bool(context.cert_store_stats()["x509_ca"] or (folder and any(Path(folder).iterdir())))


@lru_cache(maxsize=1)
def looking() -> ssl.SSLContext:
    """For a second look at what could not be verified: it believes nothing, and nothing is ever sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def expects(issuers: tuple[str, ...], certificate: Certificate) -> bool:
    """Whether the issuer is one that the campaign names: by its common name or its organization."""
    names = {certificate.issuer.casefold(), certificate.organization.casefold()}
    return any(one.casefold() in names for one in issuers)


def lacks_intermediate(certificate: Certificate, issuers: tuple[str, ...], context: ssl.SSLContext) -> bool:
    """Whether the issuer is a proper one whose own certificate is merely not sent; else it is an unknown one.

    OpenSSL says the same of both. The campaign's list of issuers decides; without one, what the issuer is called and
    what public issuers put into a certificate.
    """
    if issuers:
        return expects(issuers, certificate)
    if _INSPECTS.search(certificate.issued_by):
        return False
    return certificate.public or _kin(certificate, context) or bool(_BETWEEN.search(certificate.issuer))


def _kin(certificate: Certificate, context: ssl.SSLContext) -> bool:
    """Whether a trusted root is of the same organization, or of the same name but for words such as "Root CA"."""
    stem = _stem(certificate.issuer)
    for root in context.get_ca_certs():
        names = {kind: text for pairs in root["subject"] for kind, text in pairs}  # type: ignore[str-unpack] # typed too widely
        if certificate.organization and names.get("organizationName") == certificate.organization:
            return True
        if stem and _stem(names.get("commonName", "")) == stem:
            return True
    return False


def _stem(name: str) -> str:
    return " ".join(_GENERIC.sub(" ", name).casefold().split())
