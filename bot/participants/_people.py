"""Shows who acts for which participant, and ends it for somebody."""

import argparse

from sqlmodel import Session

from bot.clock import machine_time
from bot.settings import Settings, load
from bot.terminal import refuse, shown, with_store
from handlers.phrasing import Phrasing
from handlers.seats import Notices, give_up
from models import codes
from models.campaign import load_all
from models.contacts import Acting, acting, in_contacts_turn, leave
from models.demonstration import time_of


def show(given: argparse.Namespace) -> int:
    held = with_store(lambda store: store.read(acting, given.participant))
    for one in held:
        print(_line(one))
    if not held:
        print(f"Nobody acts for {given.participant or 'any participant'} yet.")
    return 0


def _line(one: Acting) -> str:
    name = shown(one.contact.name or "somebody without a name")
    how = one.membership.how.replace(":", " ")
    addresses = ", ".join(map(str, one.addresses)) or "no address"
    since = f"{one.membership.since.astimezone():%Y-%m-%d}"
    return f"{one.contact.id}  {name}, {one.membership.participant} since {since} ({how}): {shown(addresses)}"


def remove(given: argparse.Namespace) -> int:
    """End it at once; the seats stay with the firm, and those who are offered one hear of it."""
    settings = load(signs=False)
    phrasing = Phrasing(load_all(settings.campaigns), settings.mail_from or None)
    held = with_store(lambda store: store.read(acting, given.participant, given.contact))
    if not held:
        return refuse(
            f"Contact {given.contact} acts for {given.participant or 'nobody'}: participants people lists all."
        )
    if len(held) > 1:
        named = " and ".join(one.membership.participant for one in held)
        return refuse(f"Contact {given.contact} acts for {named}: name one.")
    participant = held[0].membership.participant
    still_good = with_store(
        lambda store: store.write(_remove, settings, phrasing, given.contact, participant, given.by)
    )
    print(f"Contact {given.contact} acts for {participant} no longer. Codes made before do not take them in again.")
    if still_good:
        print(f"They may have passed on a code that is good still ({', '.join(still_good)}): codes revoke ends it.")
    return 0


def _remove(
    session: Session, settings: Settings, phrasing: Phrasing, contact_id: int, participant: str, by: str
) -> list[str]:
    """End the membership, with what belongs to it; gives the codes of the participant that are still good."""
    in_contacts_turn(session)
    now = machine_time()
    notices = Notices(session, phrasing, time_of(session, now), now, bool(settings.smtp_url))
    give_up(notices, contact_id, participant)  # before: only who belongs to the firm can hand something on
    leave(session, contact_id, participant, by, now)
    listed = codes.listed(session, participant)
    return [f"{codes.ENROL}-{one.code.hint}-…" for one in listed if one.state(now) == "open"]
