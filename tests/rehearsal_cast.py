"""The cast of the rehearsals: the command on a campaign, what it writes, and campaigns with something changed."""

import csv
import re
import shutil
from collections.abc import Sequence
from html import unescape
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.rehearsal import _command
from models.campaign import Campaign
from tests.program import ROOT

REAL = ROOT / "campaigns" / "ccms-2fa-2023"
Rows = list[dict[str, str]]


def rehearse(folder: Path, out: Path, *more: str | Path) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_command, "_problems", _linted_once)
        return main(["campaign", "rehearse", str(folder), "--out", str(out), *map(str, more)])


_linted: dict[str, list[str]] = {}
_lint = _command._problems


def _linted_once(campaign: Campaign) -> list[str]:
    """The same content has the same problems; finding them means learning from all examples, which takes seconds."""
    if campaign.content_hash not in _linted:
        _linted[campaign.content_hash] = _lint(campaign)
    return _linted[campaign.content_hash]


def messages(out: Path) -> Rows:
    with (out / "messages.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def report(out: Path) -> str:
    return (out / "report.html").read_text(encoding="utf-8")


def read(out: Path) -> str:
    """The report as a person reads it: without tags, and with single spaces."""
    return " ".join(unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", report(out), flags=re.DOTALL)).split())


def table(file: Path, *lines: str) -> Path:
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def altered(folder: Path, campaign: Path, more: str = "", *changes: tuple[str, str]) -> Path:
    """A copy of the campaign with further lines, and with some words changed."""
    shutil.copytree(campaign, folder)
    file = folder / "campaign.toml"
    text = file.read_text(encoding="utf-8") + more
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def small(tmp_path: Path) -> Sequence[str | Path]:
    """Two firms and their people, so that a rehearsal is over soon."""
    firms = table(tmp_path / "firms.csv", "code,name", "A1,Alpha Securities", "B2,Beta Futures")
    people = table(
        tmp_path / "people.csv", "participant,channel,address,name", "A1,telegram,1001,Amy", "B2,telegram,1002,Cy"
    )
    return "--participants", firms, "--contacts", people
