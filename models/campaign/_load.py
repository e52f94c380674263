"""Reads a campaign's folder, or stops with the file, the field and what is wrong with it."""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.campaign._schema import Campaign

FILES = ("circular.txt", "campaign.toml", "answers.toml")


class CampaignError(Exception):
    """A campaign that cannot be used; the message names the file, the field and what is wrong."""


def load(folder: Path) -> Campaign:
    """Read one campaign, frozen. Raises `CampaignError`."""
    texts = {name: _read(folder / name) for name in FILES}
    facts = _parse(folder / "campaign.toml", texts["campaign.toml"])
    answers = _parse(folder / "answers.toml", texts["answers.toml"])
    if both := facts.keys() & answers.keys():
        raise CampaignError(f"{folder / 'answers.toml'}: {', '.join(sorted(both))} stands in campaign.toml already")
    digest = hashlib.sha256("\0".join(texts[name] for name in FILES).encode()).hexdigest()
    try:
        campaign = Campaign(**facts, **answers, circular=texts["circular.txt"], content_hash=digest)
    except ValidationError as error:
        raise CampaignError(_explain(folder, facts, answers, error)) from error
    _check_keys(folder, campaign)
    return campaign


def load_all(folder: Path) -> tuple[Campaign, ...]:
    """Read every campaign of a folder, in the order of their keys. Raises `CampaignError`."""
    if not folder.is_dir():
        raise CampaignError(f"CAMPAIGNS: there is no folder {folder}")
    campaigns = [load(path) for path in sorted(folder.iterdir()) if (path / "campaign.toml").is_file()]
    if not campaigns:
        raise CampaignError(f"CAMPAIGNS: no folder below {folder} has a campaign.toml")
    if twice := _doubles(campaign.key for campaign in campaigns):
        raise CampaignError(f"{folder}: two campaigns have the key {twice[0]}")
    return tuple(sorted(campaigns, key=lambda campaign: campaign.key))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CampaignError(f"{path}: missing") from error
    except UnicodeDecodeError as error:
        raise CampaignError(f"{path}: not UTF-8 at byte {error.start}") from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CampaignError(f"{path}: {error}") from error


def _explain(folder: Path, facts: dict[str, Any], answers: dict[str, Any], error: ValidationError) -> str:
    first = error.errors()[0]
    where = first["loc"]
    name = "answers.toml" if where and (where[0] in answers or where[0] == "answer") else "campaign.toml"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{folder / name}: {'.'.join(_by_key(facts | answers, where))}: {first['msg']}{more}"


def _by_key(data: Any, where: tuple[str | int, ...]) -> Iterator[str]:
    """The way to a field, in which an entry is called by its key: `fact.emails.due.kind`, not `fact.3.kind`."""
    for step in where:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            data = None
        key = data.get("key") if isinstance(step, int) and isinstance(data, dict) else None
        yield str(key or step)


def _check_keys(folder: Path, campaign: Campaign) -> None:
    """A key that is used must exist, and exist once: everything else would fail in front of a person."""
    campaign_file, answers_file = folder / "campaign.toml", folder / "answers.toml"
    grounds = [g.key for g in (*campaign.facts, *campaign.contacts, *campaign.briefings, *campaign.targets)]
    grounds += [g.key for g in (*campaign.links, *campaign.glossary)]
    for keys in (grounds, [s.key for s in campaign.subjects], [r.key for r in campaign.reminders],
                 [t.key for t in campaign.tasks]):  # fmt: skip
        if twice := _doubles(keys):
            raise CampaignError(f"{campaign_file}: the key {twice[0]} is used twice")
    if twice := _doubles(answer.key for answer in campaign.answers):
        raise CampaignError(f"{answers_file}: answer.{twice[0]}: the key is used twice")
    subjects = {subject.key for subject in campaign.subjects} | {"*"}
    subjects |= {f"term.{term.key}" for term in campaign.glossary}
    for fact in campaign.facts:
        _known(f"{campaign_file}: fact.{fact.key}.subject", [fact.subject], subjects)
        _known(f"{campaign_file}: fact.{fact.key}.conflicts_with", fact.conflicts_with, campaign.fact)
    within = {subject.key: subject.within for subject in campaign.subjects}
    for subject in campaign.subjects:
        _known(f"{campaign_file}: subject.{subject.key}.within", [subject.within or "*"], subjects)
        if within.get((subject.key, *campaign.ancestors[subject.key])[-1]):
            raise CampaignError(f"{campaign_file}: subject.{subject.key}.within: it leads back to itself")
    _check_dated(campaign_file, campaign)
    _known(f"{campaign_file}: starts", campaign.starts, campaign.answer)
    for answer in campaign.answers:
        place = f"{answers_file}: answer.{answer.key}"
        _known(f"{place}.sources", answer.sources, campaign.grounds)
        _known(f"{place}.covers", [cell.partition(":")[0] for cell in answer.covers], subjects)


def _check_dated(file: Path, campaign: Campaign) -> None:
    """What names the fact with its date must name one that there is."""
    for briefing in campaign.briefings:
        _known(f"{file}: briefing.{briefing.key}.closes", [briefing.closes] if briefing.closes else [],
               campaign.fact)  # fmt: skip
    for task in campaign.tasks:
        _known(f"{file}: task.{task.key}.due", [task.due], campaign.fact)
    for reminder in campaign.reminders:
        place = f"{file}: reminder.{reminder.key}"
        _known(f"{place}.milestone", [reminder.milestone], (*campaign.fact, *campaign.briefing))
        of_tasks = reminder.whom.who == "open"
        _known(f"{place}.audience", reminder.whom.keys, campaign.task if of_tasks else campaign.briefing)


def _known(place: str, used: Iterable[str], known: Iterable[str]) -> None:
    known = set(known)
    for key in used:
        if key not in known:
            raise CampaignError(f"{place}: there is no {key!r}")


def _doubles(keys: Iterable[str]) -> list[str]:
    return [key for key, count in Counter(keys).items() if count > 1]
