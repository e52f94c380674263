"""The rules for what is known of a target: it must fit the target, and not be so wide that a check proves nothing."""

from collections.abc import Iterator
from ipaddress import ip_network
from urllib.parse import urlsplit

from models.campaign._schema import Campaign

WIDEST = {4: 16, 6: 48}  # the shortest prefix of an expected network


def pages(campaign: Campaign) -> Iterator[tuple[str, str]]:
    for target in campaign.targets:
        for field in ("marker", "issuers", "proxy"):
            if getattr(target, field) and not target.url:
                yield f"target.{target.key}.{field}", "only a url has a page and a certificate"
        if target.url and urlsplit(target.url).scheme != "https" and target.issuers:
            yield f"target.{target.key}.issuers", "only https has a certificate"


def networks(campaign: Campaign) -> Iterator[tuple[str, str]]:
    for target in campaign.targets:
        for network in map(ip_network, target.addresses):
            if network.prefixlen < WIDEST[network.version]:
                yield f"target.{target.key}.addresses", f"{network} is so wide that nearly any address is expected"


TARGET_RULES = (pages, networks)
