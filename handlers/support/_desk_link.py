"""Sends somebody of the support desk the link that signs them in to the desk page, once."""

from collections.abc import Mapping

from handlers.talk import Act, Talk
from models.desk import OPENS, make_link
from models.message import Reply

DESK = "/desk"


def link(talk: Talk, argument: str) -> Reply:
    """`/desk`: a link of their own. Without an address of Usher's there is nowhere for it to lead."""
    address = talk.phrasing.pc_page.address
    if address is None:
        return talk.say("desk_page.nowhere", name=talk.member.name)
    token = make_link(talk.session, talk.member.name, talk.machine_now)
    minutes = int(OPENS.total_seconds()) // 60
    return talk.say("desk_page.link", link=f"{address.rstrip('/')}{DESK}#{token}", minutes=minutes)


DESK_ACTS: Mapping[str, Act] = {DESK: Act(link)}
