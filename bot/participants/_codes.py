"""Makes enrolment codes for participants, shows who used them, and revokes them."""

import argparse
import sys
from datetime import datetime, timedelta
from typing import IO

from sqlmodel import Session

from bot import tables
from bot.clock import machine_time
from bot.settings import SettingsError
from bot.terminal import refuse, shown, with_store
from models import codes
from models.codes import ENROL, Listed, SeveralCodes
from models.contacts import Contact
from models.participants import Participant, participants

HEADINGS = ("participant", "name", "code", "people", "good until")
LINK = "Telegram link"
Made = list[tuple[Participant, str]]


def make(given: argparse.Namespace) -> int:
    now = machine_time()
    until = now + timedelta(days=given.days)
    if given.out is None:
        for participant, code in _made(given, until, now):
            print("  ".join([participant.code, code, *_link(given.telegram, code)]))
        print(f"Good for {given.uses} people each, until {_moment(until)}; nowhere shown again.", file=sys.stderr)
        return 0

    def fill(file: IO[bytes]) -> int:
        rows = ((one.code, one.name, code, given.uses, _moment(until), *_link(given.telegram, code))
                for one, code in _made(given, until, now))  # fmt: skip
        return tables.write(file, (*HEADINGS, *[LINK] * bool(given.telegram)), rows)

    count = tables.put(fill, given.out, force=given.force)
    print(f"{count} code{'s' * (count != 1)} written to {given.out}, nowhere shown again.")
    return 0


def _made(given: argparse.Namespace, until: datetime, now: datetime) -> Made:
    """The new codes. They are good once this returns."""

    def make_all(session: Session) -> Made:
        chosen = [one for one in participants(session) if given.all or one.code == given.participant]
        return [(one, codes.make(session, one.code, given.uses, until, now)) for one in chosen]

    made = with_store(lambda store: store.write(make_all))
    if not made:
        named = f"no participant {given.participant}" if given.participant else "no participant yet"
        raise SettingsError(f"There is {named}: python -m bot participants import FILE.csv")
    return made


def _link(bot: str | None, code: str) -> list[str]:
    return [f"https://t.me/{bot}?start={code}"] if bot else []


def show(given: argparse.Namespace) -> int:
    now, listed = machine_time(), with_store(lambda store: store.read(codes.listed, given.participant))
    for one in listed:
        print(_line(one, now))
        for contact, at in one.used_by:
            print(f"    used by {_who(contact)}, {_moment(at)}")
    if not listed:
        print("There are no codes yet: python -m bot participants codes make CODE")
    return 0


def _line(one: Listed, now: datetime) -> str:
    code, state = one.code, one.state(now)
    ends = {"revoked": f"revoked {_moment(code.revoked_at or now)}", "expired": f"expired {_moment(code.expires_at)}"}
    told = ends.get(state) or f"{state}, good until {_moment(code.expires_at)}"
    return f"{code.id}  {_hint(code.hint)}  {code.participant}: {len(one.used_by)} of {code.uses} used, {told}"


def revoke(given: argparse.Namespace) -> int:
    which = int(given.code) if given.code.isdecimal() else given.code
    try:
        code = with_store(lambda store: store.write(codes.revoke, which, machine_time()))
    except SeveralCodes as several:
        found = (f"{number}  {_hint(hint)}  {participant}" for number, hint, participant in several.codes)
        return refuse("Several codes begin in that way: name one by its number.", *found)
    if code is None:
        return refuse(f"There is no such code: {ENROL}-7K3M names one, for example; codes list shows them.")
    print(f"{_hint(code.hint)} of {code.participant} enrols nobody any more. Who was enrolled by it stays so.")
    return 0


def _hint(hint: str) -> str:
    return f"{ENROL}-{hint}-…"


def _who(contact: Contact) -> str:
    return f"{shown(contact.name or 'somebody without a name')} ({contact.id})"


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M %Z}"
