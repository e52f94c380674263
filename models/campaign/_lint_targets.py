"""The rules for what is known of a target: it must fit the target, and not be so wide that a check proves nothing."""

from collections.abc import Iterator
from ipaddress import ip_network
from urllib.parse import urlsplit

from models.campaign._agree import unprinted
from models.campaign._printed import read_printed
from models.campaign._schema import Campaign
from models.campaign._target import Step, Target

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


def pc_tests(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """What is done on the participant's own PC rests on the circular, and is said in each of its languages."""
    for target in campaign.targets:
        where = f"target.{target.key}"
        if target.task and target.task not in campaign.task:
            yield f"{where}.task", f"there is no task {target.task!r}"
        if target.picture and not _same_site(target):
            yield f"{where}.picture", "it is not at the target: a page may load nothing else"
        for number, step in enumerate(target.steps, 1):
            yield from _step(campaign, f"{where}.step {number}", step)


def _step(campaign: Campaign, where: str, step: Step) -> Iterator[tuple[str, str]]:
    if step.source not in campaign.grounds:
        yield f"{where}.source", f"there is nothing with the key {step.source!r}"
        return
    if missing := [language for language in campaign.languages if language not in step.text]:
        yield f"{where}.text", f"is missing in {', '.join(missing)}"
    for thing in unprinted(step.text.get("en", ""), read_printed(campaign.grounds[step.source].quote), numbers=True):
        yield f"{where}.text", f"{thing} is not printed in the quote of {step.source}"


def _same_site(target: Target) -> bool:
    if target.url is None or target.picture is None:
        return False
    return urlsplit(target.url)[:2] == urlsplit(target.picture.url)[:2]


TARGET_RULES = (pages, networks, pc_tests)
