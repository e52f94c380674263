"""`python -m bot briefing …`: lists the briefings, and sends those who are registered how they get into a webinar."""

import argparse
import getpass
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlmodel import Session

    from handlers.phrasing import Phrasing
    from models.campaign import Briefing, Campaign

LONGEST = 2_000  # letters; a message of every channel holds that beside the rest


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    known = commands.add_parser("briefing", help="list the briefings, and say how to get into a webinar")
    what = known.add_subparsers(required=True, metavar="WHAT")
    what.add_parser("list", help="show the briefings, their keys, seats and who waits").set_defaults(run=show)
    login = what.add_parser("login", help="send the login information of a webinar to those who are registered")
    login.add_argument("briefing", help="its key, as `briefing list` shows it")
    given = login.add_mutually_exclusive_group(required=True)
    given.add_argument("--text", help="the login information, word for word")
    given.add_argument("--file", type=Path, help="a file with it, in UTF-8")
    login.add_argument("--campaign", help="the circular's key, where several are served")
    login.add_argument("--by", default=getpass.getuser(), help="who gives it (usually: who is logged in here)")
    login.set_defaults(run=send_login)


def show(_: argparse.Namespace) -> int:
    from bot.settings import load
    from bot.terminal import with_store
    from models.campaign import load_all

    campaigns = load_all(load(signs=False).campaigns)
    counted = with_store(lambda store: store.read(_counts, campaigns))
    for campaign in campaigns:
        print(campaign.key)
        for briefing in campaign.briefings:
            held, waiting = counted.get((campaign.key, briefing.key), (0, 0))
            needs = ", needs login information" if briefing.login else ""
            print(f"  {briefing.key}: {briefing.on} {briefing.start:%H:%M}, {held} seats, {waiting} waiting{needs}")
    return 0


def send_login(given: argparse.Namespace) -> int:
    from bot.settings import SettingsError, load
    from bot.terminal import with_store
    from handlers.phrasing import Phrasing
    from models.campaign import load_all

    settings = load(signs=False)
    text = _text(given)
    if not text:
        raise SettingsError("The login information is empty: --text 'Meeting 123 456, password abc' for example.")
    if len(text) > LONGEST:
        raise SettingsError(f"The login information has {len(text)} letters; at most {LONGEST} fit into a message.")
    campaigns = load_all(settings.campaigns)
    found = [(one, one.briefing[given.briefing]) for one in campaigns
             if given.briefing in one.briefing and given.campaign in (None, one.key)]  # fmt: skip
    if len(found) != 1:
        names = ", ".join(f"{one.key} {briefing.key}" for one in campaigns for briefing in one.briefings)
        wanted = f"{given.campaign or ''} {given.briefing}".strip()
        raise SettingsError(
            f"There is not one briefing {wanted}: there are {names}. Name the circular with --campaign."
        )
    campaign, briefing = found[0]
    if not briefing.login:
        raise SettingsError(f"{briefing.key} is no webinar: its `login` is not set in campaign.toml.")
    phrasing = Phrasing(campaigns, settings.mail_from or None)
    mails = bool(settings.smtp_url)
    count = with_store(lambda store: store.write(_post, phrasing, mails, campaign, briefing, text, given.by), settings)
    print(f"Kept for {briefing.key}. It waits for the running Usher, which sends it to {count} registered; "
          "who registers later gets it at once.")  # fmt: skip
    return 0


def _text(given: argparse.Namespace) -> str:
    from bot.settings import SettingsError

    if given.text is not None:
        return str(given.text).strip()
    try:
        return str(given.file.read_text(encoding="utf-8-sig")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{given.file} cannot be read ({error}): it must be a text in UTF-8.") from error


def _post(
    session: "Session",
    phrasing: "Phrasing",
    mails: bool,
    campaign: "Campaign",
    briefing: "Briefing",
    text: str,
    by: str,
) -> int:
    from bot.clock import machine_time
    from handlers.seats import Notices
    from models.demonstration import time_of
    from models.seats import Moment, State, seats_of, set_login

    now = machine_time()
    at = time_of(session, now)
    set_login(session, campaign.key, briefing.key, text, by, Moment(at, now))
    held = [seat for seat in seats_of(session, campaign.key, None, briefing.key) if seat.state == State.HELD]
    Notices(session, phrasing, at, now, mails).logged_in(held)
    return len(held)


def _counts(session: "Session", campaigns: "Sequence[Campaign]") -> dict[tuple[str, str], tuple[int, int]]:
    """How many have a seat at each briefing, and how many wait."""
    from models.seats import line_of, seats_of

    return {
        (one.key, key): (len(seats_of(session, one.key, None, key)), len(line_of(session, one.key, None, key)))
        for one in campaigns
        for key in one.briefing
    }
