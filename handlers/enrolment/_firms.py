"""Tells people whom they act for, has them choose, gives them codes to link channels, names them, lets them leave."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from unicodedata import normalize

from handlers import seats
from handlers.talk import CANCEL, Gone, NotTheirs, Talk
from models import contacts
from models.codes import LINK_LASTS, make_link
from models.contacts import CHOSEN, SELF
from models.drafts import Draft
from models.message import Choice, Reply
from models.participants import Participant

LINK, LEAVE, ACT_FOR, FIRMS, NAME = "/link", "/leave", "/as", "/firms", "/name"

OFFERED = 8  # firms in one message, which has other choices too
NAME_LENGTH = 80
_MINUTE = timedelta(minutes=1)
_CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]*")


def firms(talk: Talk, argument: str) -> Reply:
    """Whom the asker acts for, and who they are."""
    mine, name = talk.participants, talk.contact.name
    heads = [talk.label("firms.one", firm=named(talk, mine)) if len(mine) == 1 else _list(talk, mine)]
    heads.append(talk.label("firms.name", name=name) if name else talk.label("firms.no_name"))
    said = talk.say("firms.channels", None, *_choices(talk, mine), channels=_channels(talk))
    return replace(said, text="\n\n".join((*heads, said.text)))


def choose(talk: Talk, argument: str) -> tuple[Reply | None, str]:
    """Act for a while for the one of that code or name. Gives what is said, and the action that waited for that.

    Nothing is said where a typed answer names none. Raises `NotTheirs`.
    """
    one, mark = _of_name(talk, argument), ""
    if one is None and " " in argument:
        code, _, mark = argument.rpartition(" ")
        one = _of_name(talk, code)
    draft = _asked_for_whom(talk)
    waits = draft.fields["action"] if draft and (one is None or mark in ("", draft.mark)) else ""
    if one:
        contacts.choose(talk.session, talk.ask.sender, one.code, talk.machine_now)
        if waits:
            talk.settle_draft()
        return talk.say("as", firm=named(talk, [one]), minutes=CHOSEN // _MINUTE), waits
    claimed = next(iter(argument.split()), "")
    if _CODE.fullmatch(claimed):
        raise NotTheirs(claimed)
    return None, waits


def _of_name(talk: Talk, words: str) -> Participant | None:
    meant = words.strip().casefold()
    return next((one for one in talk.participants if meant in (one.code.casefold(), one.name.casefold())), None)


def _asked_for_whom(talk: Talk) -> Draft | None:
    with suppress(Gone):
        draft = talk.draft()
        return draft if draft.action == ACT_FOR else None
    return None


def link(talk: Talk, argument: str) -> Reply:
    """Give a code that makes another channel of the asker's theirs as well."""
    code = make_link(talk.session, talk.contact_id, talk.machine_now)
    return talk.say("link", code=code, minutes=LINK_LASTS // _MINUTE)


def leave(talk: Talk, argument: str) -> Reply:
    """Ask once, then end that one acts for the firm."""
    code, _, sure = argument.partition(" ")
    mine = {one.code: one for one in talk.participants}
    if not code and len(mine) > 1:
        choices = (Choice(_short(one), f"{LEAVE} {one.code}") for one in list(mine.values())[:OFFERED])
        return replace(talk.say("leave.which", None, *choices), behaviour="clarify")
    code = code or next(iter(mine), "")
    if code not in mine:
        return talk.say("leave.not")
    return _left(talk, mine[code]) if sure == "yes" else _leaves(talk, mine[code])


def _leaves(talk: Talk, one: Participant) -> Reply:
    agree = Choice(talk.label("leave.yes", code=one.code), f"{LEAVE} {one.code} yes")
    stay = Choice(talk.label("leave.no"), CANCEL)
    asked = talk.say("leave.ask", None, agree, stay, firm=named(talk, [one]))
    parts = (asked.text, seats.leaving(talk, one.code))
    return replace(asked, text="\n\n".join(filter(None, parts)), behaviour="clarify")


def _left(talk: Talk, one: Participant) -> Reply:
    """What the seats become is decided before: only who belongs to the firm can hand something on there."""
    contact_id = talk.contact_id
    contacts.in_contacts_turn(talk.session)  # before the seats' turns, as wherever both are changed
    seats.left(talk, one.code)
    contacts.leave(talk.session, contact_id, one.code, SELF, talk.machine_now)
    rest = contacts.participants_of(talk.session, talk.ask.sender)
    after = talk.say("leave.rest", firms=named(talk, rest)) if rest else talk.say("leave.all")
    text = f"{talk.label('leave.done', firm=named(talk, [one]))}\n\n{after.text}"
    return replace(after, text=text, renews=not rest)


def name(talk: Talk, argument: str) -> Reply:
    """Call the asker by that name; without one, ask for it."""
    if not argument.strip():
        talk.expect(NAME)
        known = talk.contact.name
        return talk.say("name.ask.other" if known else "name.ask", name=known, most=NAME_LENGTH)
    said = as_name(argument)
    if said is None:
        talk.expect(NAME)
        return talk.say("name.bad", most=NAME_LENGTH)
    contacts.rename(talk.session, talk.contact_id, said)
    return talk.say("name.set", name=said)


def as_name(text: str | None) -> str | None:
    """The text as a person's name: one line of signs that can be seen; None where it is none."""
    said = " ".join(normalize("NFC", text or "").split())
    return said if 1 <= len(said) <= NAME_LENGTH and said.isprintable() else None


def named(talk: Talk, some: Sequence[Participant]) -> str:
    return talk.label("comma").join(f"{one.name} ({one.code})" for one in some)


def _short(one: Participant) -> str:
    return f"{one.code} · {one.name}"[:60]


def _list(talk: Talk, mine: Sequence[Participant]) -> str:
    now = contacts.acts_for(talk.session, talk.ask.sender, talk.machine_now)
    chosen = talk.label("firms.chosen")
    lines = (talk.label("firms.line", firm=named(talk, [one]), chosen=chosen * (one.code == now)) for one in mine)
    return "\n".join((talk.label("firms"), *lines))


def _choices(talk: Talk, mine: Sequence[Participant]) -> tuple[Choice, ...]:
    several = mine[:OFFERED] if len(mine) > 1 else ()
    choose_one = (Choice(talk.label("firms.choose", code=one.code), f"{ACT_FOR} {one.code}") for one in several)
    return (*choose_one, Choice(talk.label("link.button"), LINK), Choice(talk.label("firms.leave"), LEAVE))


def _channels(talk: Talk) -> str:
    mine = dict.fromkeys(one.channel for one in contacts.addresses_of(talk.session, talk.contact_id))
    return talk.label("comma").join(talk.label(f"firms.channel.{channel}") for channel in mine)
