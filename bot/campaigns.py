"""`python -m bot campaign`: checks a circular's data before people rely on it, and shows what would be said of it."""

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser("campaign", help="check a circular's data, or show what is said of it")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    lint = commands.add_parser("lint", help="list every problem of a campaign's folder; exit 1 if there is one")
    lint.add_argument("folder", type=Path)
    lint.set_defaults(run=_lint)
    show = commands.add_parser("show", help="print the facts, the timeline, and the answer to each first example")
    show.add_argument("folder", type=Path)
    show.add_argument("--as-of", metavar="ISO", help="the time to live at, such as 2023-04-12T10:00:00+08:00")
    show.add_argument("--language", default=None, help="one of the campaign's languages, or zh-Hans")
    show.set_defaults(run=_show)
    rehearse = commands.add_parser("rehearse", help="play the reminders before anybody gets one, and write a report")
    rehearse.add_argument("folder", type=Path)
    rehearse.add_argument("--from", dest="start", metavar="ISO", help="when Usher begins; else a day before the first")
    rehearse.add_argument("--to", dest="end", metavar="ISO", help="the last time to play; else a day after the last")
    rehearse.add_argument("--participants", type=Path, metavar="FILE.csv", help="yours, as `participants import` takes")
    rehearse.add_argument("--contacts", type=Path, metavar="FILE.csv", help="theirs, as `contacts import` takes them")
    rehearse.add_argument("--out", type=Path, metavar="DIR", help="where the report goes; else rehearsal-KEY")
    rehearse.add_argument("--force", action="store_true", help="replace the report that is there")
    rehearse.set_defaults(run=_rehearse)


def _rehearse(given: argparse.Namespace) -> int:
    from bot.rehearsal import rehearse

    return rehearse(given)


def _lint(given: argparse.Namespace) -> int:
    from handlers.understand import Understander, lint_examples
    from models.campaign import CampaignError, lint, load

    try:
        campaign = load(given.folder)
    except CampaignError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    problems = [*map(str, lint(campaign)), *lint_examples(Understander.of(campaign))]
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    counted = f"{len(campaign.facts)} facts, {len(campaign.answers)} answers"
    sys.stdout.write(f"{campaign.key}: {counted}, {len(problems)} problem{'s' * (len(problems) != 1)}\n")
    return 1 if problems else 0


def _show(given: argparse.Namespace) -> int:
    from bot.ask import moment
    from bot.settings import load as load_settings
    from models.campaign import load

    now = moment(given.as_of) if given.as_of else datetime.now().astimezone()
    campaign, keep = load(given.folder), load_settings(signs=False).var / "understanding"
    sys.stdout.writelines(f"{line}\n" for line in _shown(campaign, now, given.language or campaign.prevails, keep))
    return 0


def _shown(campaign: Any, now: datetime, language: str, keep: Path) -> Iterator[str]:
    from handlers.facts import Facts, say_timeline
    from models.wording import Wording

    wording = Wording.of(campaign, language, now)
    yield f"{wording.word(campaign.name)} ({campaign.key}), as of {wording.now:%Y-%m-%d %H:%M} {wording.zone}"
    yield f"content {campaign.content_hash[:16]}"
    yield "\nFACTS"
    for fact in campaign.facts:
        kind = f"{fact.kind} " if fact.when else ""
        status = "" if fact.status == "stated" else f" [{fact.status}]"
        yield f"  {fact.key}: {kind}{fact.value}{status} — {fact.clause}: “{fact.quote}”"
    yield "\nTIMELINE"
    yield say_timeline(wording)
    for fact in campaign.facts:
        if fact.when and fact.task and wording.state(fact) in ("open", "last"):
            yield f"  {fact.key}: safe until {wording.safe(fact)}; {wording.left(fact)}"
    yield "\nANSWERS"
    facts = Facts.of([campaign], keep)
    for answer in campaign.answers:
        reply = facts.reply(answer.examples[0], now, language=language)
        given = (reply.answer or reply.behaviour).removeprefix(f"{campaign.key}/")
        wrong = "" if given == answer.key else f"   [answered as {given}]"
        yield f"\n{answer.key}: {answer.examples[0]}{wrong}"
        yield f"  {reply.text}"
