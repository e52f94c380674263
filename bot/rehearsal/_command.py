"""`python -m bot campaign rehearse`: plays a campaign, and writes a report to read and a table of its messages."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from bot.ask import moment
from bot.rehearsal._play import Span, span_of
from bot.rehearsal._stage import REPORT, TABLE, Stage
from bot.settings import SettingsError
from bot.terminal import Bar, Stopped, refuse
from handlers.understand import Understander, lint_examples
from models.campaign import Campaign, lint, load
from models.imports import BadRows, Unreadable
from models.reminders import Timetable


def rehearse(given: argparse.Namespace) -> int:
    """Play it, and write what came of it. 1 where the lint finds something, 2 where nothing could be played."""
    campaign = load(given.folder)
    out = given.out or Path(f"rehearsal-{campaign.key}")
    _check_free(out, force=given.force)
    problems = _problems(campaign)
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    timetable = _timetable(campaign)
    if timetable is None:
        refuse(f"{campaign.key}: nothing was played, for a reminder counts from a day that there is not.")
        return 1
    try:
        span = _span(given, campaign, timetable)
        stage = Stage(campaign, timetable, span, problems, out, (given.participants, given.contacts))
        print(asyncio.run(_staged(stage)))
    except Stopped:
        refuse("Stopped: nothing was written.")
        return 130
    except Unreadable as error:
        return refuse(str(error), "Nothing was played.")
    except BadRows as bad:
        return refuse(*map(str, bad.shown), f"Nothing was played: {bad.count} problem{'s' * (bad.count != 1)}.")
    if problems:
        refuse(f"{campaign.key}: {len(problems)} problem{'s' * (len(problems) != 1)}, see above and the report.")
    return 1 if problems else 0


def _problems(campaign: Campaign) -> list[str]:
    return [*map(str, lint(campaign)), *lint_examples(Understander.of(campaign))]


def _check_free(out: Path, *, force: bool) -> None:
    if out.exists() and not out.is_dir():
        raise SettingsError(f"{out} is no folder: name another one with --out.")
    there = [out / name for name in (REPORT, TABLE) if (out / name).exists()]
    if there and not force:
        raise SettingsError(f"{there[0]} is there already: name another folder with --out, or add --force.")


def _timetable(campaign: Campaign) -> Timetable | None:
    """None where a reminder counts from a date that is none: the lint has said which."""
    try:
        timetable = Timetable([campaign])
    except ValueError:
        return None
    if not timetable.by_key:
        raise SettingsError(f"{campaign.key} has no reminders: there is nothing to rehearse.")
    return timetable


def _span(given: argparse.Namespace, campaign: Campaign, timetable: Timetable) -> Span:
    if given.contacts and not given.participants:
        raise SettingsError("--contacts are those of participants: name their table too, with --participants.")
    start = moment(given.start, "--from") if given.start else None
    end = moment(given.end, "--to") if given.end else None
    span = span_of(timetable, campaign, start, end)
    if span.end <= span.start:
        raise SettingsError(f"The rehearsal would end ({span.end:%Y-%m-%d}) before it begins ({span.start:%Y-%m-%d}).")
    return span


async def _staged(stage: Stage) -> str:
    """Ctrl-C ends it between two messages: the database that it works on goes with it."""
    with tempfile.TemporaryDirectory(prefix="usher-rehearsal-") as folder, Bar() as bar:
        playing = asyncio.ensure_future(stage.rehearse(Path(folder), bar))
        try:
            return await asyncio.shield(playing)
        except asyncio.CancelledError:
            bar.stop()
            return await playing
