"""Who may have what done, and where: every action of the chats and of the desk page stands here, and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session

from models.contacts import participants_of
from models.message import Address
from models.people import Staff, staff_member


class Role(StrEnum):
    """In which capacity somebody asks; one person may have several."""

    ANYBODY = "anybody"
    MEMBER = "member"  # of a participant: enrolled, and acting for it now
    SUPPORT = "support"
    OPERATOR = "operator"


class Where(StrEnum):
    ANYWHERE = "anywhere"
    PRIVATE = "private"  # where nobody else reads
    DESK = "desk"  # there, or in a support room


@dataclass(frozen=True)
class Rule:
    roles: frozenset[Role]
    where: Where


def _rules(roles: tuple[Role, ...], where: Where, *actions: str) -> dict[str, Rule]:
    return dict.fromkeys(actions, Rule(frozenset(roles), where))


_ANYBODY, _MEMBER = (Role.ANYBODY,), (Role.MEMBER,)
_STAFF, _OPERATOR = (Role.SUPPORT, Role.OPERATOR), (Role.OPERATOR,)

# An action that does not stand here nobody may have done: `handlers.acts` refuses to begin with one that is missing.
RULES: Mapping[str, Rule] = {
    **_rules(_ANYBODY, Where.ANYWHERE, "/cancel", "/join", "/calendar", "/support", "/takeback", "/add"),
    **_rules(_ANYBODY, Where.PRIVATE, "/leave", "/mydata", "/forget"),
    **_rules(
        _MEMBER, Where.PRIVATE,
        "/as", "/firms", "/link", "/name", "/seats", "/seat", "/take", "/with", "/hold", "/queue", "/swap", "/move",
        "/free", "/wait", "/unwait", "/accept", "/booked", "/unbooked", "/status", "/done", "/undone", "/check",
        "/report", "/terminal", "/saw", "/slip", "/commands", "/pasted", "/reminders", "/snooze", "/stop", "/resume",
        "/quiet", "/channels", "/told",
    ),
    **_rules(_MEMBER, Where.ANYWHERE, "/remindhere"),
    # Of the support desk: by a card's buttons, by a word in a support room, or on the desk page.
    **_rules(
        _STAFF, Where.DESK,
        "/claim", "/reply", "/handover", "/waits", "/resolve", "/reopen", "/note", "/thisis", "/case",
    ),
    **_rules(_STAFF, Where.PRIVATE, "/desk"),
    # On the desk page alone, which names its deeds like this.
    **_rules(
        _STAFF, Where.PRIVATE,
        "see cases", "see participant", "see seats", "see questions", "see unreached", "see deliveries", "see state",
        "open case for", "set status for", "hold seat for", "free seat for", "correct contact of", "sign out",
    ),
    **_rules(_OPERATOR, Where.PRIVATE, "send again", "sign others out"),
}  # fmt: skip


def may(roles: frozenset[Role], action: str) -> bool:
    """Whether somebody in these capacities may have that done."""
    rule = RULES.get(action)
    return rule is not None and bool(rule.roles & (roles | {Role.ANYBODY}))


def fits(action: str, *, in_public: bool, at_desk: bool) -> bool:
    """Whether it may be done where it was asked for."""
    where = RULES[action].where
    return where is Where.ANYWHERE or not in_public or (where is Where.DESK and at_desk)


def needs_member(action: str) -> bool:
    return RULES[action].roles == frozenset(_MEMBER)


def needs_staff(action: str) -> bool:
    return RULES[action].roles <= frozenset(_STAFF)


def roles_of(session: Session, person: Address) -> frozenset[Role]:
    """In which capacities whoever writes from that address may ask. Being in the support room gives none."""
    mine = {Role.ANYBODY}
    if participants_of(session, person):
        mine.add(Role.MEMBER)
    return frozenset(mine | staff_roles(staff_member(session, person)))


def member_for(session: Session, person: Address, action: str) -> Staff | None:
    """Who of the support desk writes from that address, if they may have that done."""
    member = staff_member(session, person)
    return member if may(staff_roles(member), action) else None


def staff_roles(member: Staff | None) -> frozenset[Role]:
    """Those of somebody of the support desk; none once they left."""
    return frozenset({Role(member.role)}) if member and member.left_at is None else frozenset()
