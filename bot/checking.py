"""Runs the checks of the command line: finds the targets, goes through the proxy of the environment, prints."""

import argparse
import asyncio
import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from bot.settings import SettingsError
from bot.settings import load as load_settings
from handlers.probe import Aim, Proxy, Report, Server, Step, clean, in_words, passes_by, probe
from models.campaign import CampaignError, Target, Words, load_all

EXIT = {"ok": 0, "warning": 1, "fail": 2, "unknown": 3}
CANNOT_JUDGE = 3
Wanted = tuple[Aim, Words, Words]  # with its name and where its set-up is described


class NotAsked(Exception):  # noqa: N818 - named after the situation
    """What was given on the command line cannot be checked."""


def run(given: argparse.Namespace) -> int:
    try:
        wanted = [_under_test(given)] if given.url else list(_targets(given))
        servers = [Server.read(one) for one in given.dns] if given.dns else None
        proxies = {aim: from_environment(aim, os.environ) for aim, _, _ in wanted}
    except (NotAsked, SettingsError, CampaignError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return CANNOT_JUDGE
    reports = []
    for aim, name, guide in wanted:
        vantage = f"this computer ({socket.gethostname()})"
        sys.stdout.write(f"{aim.key}, seen from {vantage}\n")
        report = asyncio.run(
            probe(aim, resolvers=servers, proxy=proxies[aim], vantage=vantage, on_step=_print_step)
        )  # fmt: skip
        sys.stdout.writelines(f"{line}\n" for line in _told(report, name, guide))
        reports.append(report)
    worst = max(reports, key=lambda report: ("ok", "unknown", "warning", "fail").index(report.verdict))
    if given.json:
        more = {"targets": [report.as_json() for report in reports]} if len(reports) > 1 else {}
        print(json.dumps(worst.as_json() | more, ensure_ascii=False))
    return EXIT[worst.verdict]


def from_environment(aim: Aim, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy that HTTPS_PROXY names for this target, unless NO_PROXY excepts it."""
    named = {name.lower(): value for name, value in environ.items() if value}
    url = named.get("https_proxy", "")
    if not (url and aim.secure and aim.path) or passes_by(aim.host, aim.ports[0], named.get("no_proxy", "")):
        return None
    return Proxy.read(url)


def _under_test(given: argparse.Namespace) -> Wanted:
    addresses = tuple(one.strip() for part in given.address or () for one in part.split(","))
    if given.ca_file and not given.ca_file.is_file():
        raise NotAsked(f"There is no file {given.ca_file}.")
    split = urlsplit(given.url)
    if split.scheme == "tcp" and split.hostname and split.port:
        aim = Aim(given.url, split.hostname, (split.port,))
    else:
        aim = Aim.of_url(given.url)
    aim = replace(aim, marker=given.marker, addresses=addresses, ca_file=given.ca_file)
    return aim, {"en": clean(given.url)}, {}


def _targets(given: argparse.Namespace) -> Iterator[Wanted]:
    campaigns = load_all(load_settings(signs=False).campaigns)
    known = {f"{one.key}/{target.key}": target for one in campaigns for target in one.targets}
    wanted = [target for key, target in known.items() if given.target in {None, target.key, key}]
    if not wanted:
        raise NotAsked(f"{given.target!r} is no target of a campaign. There are: {', '.join(known) or 'none'}.")
    for target in wanted:
        yield _wanted(target, given)


def _wanted(target: Target, given: argparse.Namespace) -> Wanted:
    aim = Aim.of(target)
    return (replace(aim, ca_file=given.ca_file) if given.ca_file else aim), target.name, target.guide


def _print_step(step: Step) -> None:
    sys.stdout.write(f"  {'ok ' if step.ok else 'BAD'} {step.ms:8.1f} ms  {step.name}: {step.detail}\n")
    sys.stdout.flush()


def _told(report: Report, name: Words, guide: Words) -> Iterator[str]:
    words = in_words(report, "en", name.get("en", report.target), guide.get("en", ""))
    yield f"{report.verdict.upper()} ({report.phase}): {words.verdict}"
    yield f"  Why: {report.reason}"
    for finding in report.also:
        yield f"  Also: {finding.reason}"
    if report.verdict != "ok":
        yield f"  Who can help: {words.owner}"
        yield f"  Next: {words.next}"
