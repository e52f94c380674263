"""Keeps the list of the support team, makes links to the desk page, and posts what one replies on the terminal."""

import getpass
import shlex

from bot.clock import machine_time
from bot.settings import SettingsError, load
from bot.terminal import refuse, with_store
from handlers.phrasing import Phrasing
from handlers.support import Support
from models.campaign import load_all
from models.desk import OPENS, make_link
from models.message import Address
from models.people import Staff, TakenBy, add_staff, remove_staff, staff
from models.store import Store
from models.support import Case


def add(name: str, account: Address | None, role: str | None) -> int:
    """Name a member, or give one another account or role."""
    try:
        member = with_store(lambda store: store.write(add_staff, name, account, machine_time(), role))
    except TakenBy as error:
        return refuse(f"{account} is the account of {error.name}: remove {error.name} first, if that is right.")
    where = (
        f"as {account}" if account else f"on the desk page: python -m bot desk-link {shlex.quote(name)} lets them in"
    )
    print(f"{name} ({member.role}) may reply to participants {where}.")
    return 0


def desk_link(name: str) -> int:
    """Print a link for that member: whoever opens it first is signed in as them."""
    settings = load(signs=False)
    token = with_store(lambda store: store.write(make_link, name, machine_time()), settings)
    if token is None:
        return refuse(f"There is no member of the support team named {name}; python -m bot staff list shows them.")
    print(desk_address(settings.public_url or f"http://{settings.host}:{settings.port}", token))
    print(f"It signs {name} in to the desk page, once, within {int(OPENS.total_seconds()) // 60} minutes.")
    return 0


def desk_address(usher: str, token: str) -> str:
    """The token stands where it is sent to no server, and so in no log."""
    return f"{usher.rstrip('/')}/desk#{token}"


def remove(name: str) -> int:
    if with_store(lambda store: store.write(remove_staff, name, machine_time())):
        print(f"{name} may reply no longer.")
        return 0
    return refuse(f"There is no member of the support team named {name}; python -m bot staff list shows them.")


def show() -> int:
    team = with_store(lambda store: store.read(staff))
    for member in team:
        print(f"{member.name} ({member.role}): {', '.join(_accounts(member)) or 'the desk page alone'}")
    if not team:
        print(
            "Nobody is named yet: python -m bot staff add NAME [--slack TEAM:USER or --telegram ID] [--role operator]"
        )
    return 0


def reply(number: int, text: str) -> int:
    if not text.strip():
        raise SettingsError("The reply is empty: python -m bot reply 7 'Yes, until 18:00.'")
    found = with_store(lambda store: _send(store, number, text.strip()))
    if found is None:
        return refuse(f"There is no case {number}; python -m bot cases lists the open ones.")
    print(f"The reply to case {number} waits for the running Usher, which brings it to {found.place}.")
    return 0


async def _send(store: Store, number: int, text: str) -> Case | None:
    """Post the reply, in the name of who is logged in here. Every call is a reply of its own."""
    now = machine_time()
    support = Support(store, Phrasing(load_all(load(signs=False).campaigns)), machine_time)
    key = f"terminal:{number}:{now.isoformat()}"
    return await store.write(support.reply_from_terminal, number, getpass.getuser(), text, key)


def _accounts(member: Staff) -> list[str]:
    accounts = {"slack": member.slack, "telegram": member.telegram}
    return [f"{channel}:{account}" for channel, account in accounts.items() if account]
