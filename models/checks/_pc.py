"""Lets somebody say once what a terminal PC shows: a link or a short code opens the page, and one answer is kept."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from models.checks._ask import HOUR, Asked, Result, Wait
from models.checks._rows import Check, PcTest, State
from models.codes import check_pace, note_wrong
from models.contacts import participants_of
from models.message import Address
from models.store import in_turn

OPENS = timedelta(minutes=15)  # how long the link and the code let somebody in
ANSWERS = timedelta(minutes=60)  # how long the answer is taken then
BESIDE = timedelta(minutes=15)  # how far apart two looks may be that are put side by side
LATELY = timedelta(minutes=5)
TRIES = 5  # wrong codes that begin like a right one, before that is good no more
OF_PERSON, OF_PARTICIPANT = 10, 30  # tests within an hour
# No sign that is read as another: neither 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B, nor U and V.
SIGNS = "34679ACDEFGHJKMNPQRTWXY"
LENGTH, NAMING = 6, 2  # the first signs of a code say which test is meant, the others are the secret


@dataclass(frozen=True)
class Offered:
    """A test, with what lets somebody in: both can be read nowhere later."""

    test: PcTest
    token: str
    code: str


def offer_test(session: Session, asked: Asked, key: bytes, now: datetime) -> Offered:
    """Make a test. `key` is a secret of this Usher: who reads the database can try no codes without it."""
    token, code = secrets.token_urlsafe(16), _free_code(session, key, now)
    values = {name: value for name, value in vars(asked).items() if name != "at"}
    test = PcTest(
        **values, asked_at=asked.at, recorded_at=now, expires_at=now + OPENS,
        token_hash=_digest(key, token), code_hash=_kept(key, code),
    )  # fmt: skip
    session.add(test)
    session.flush()
    return Offered(test, token, code)


def wait_for_test(session: Session, contact_id: int, participant: str, now: datetime) -> Wait | None:
    """Until when this contact must wait before another test for this participant; None where they need not."""
    in_turn(session, f"checks of contact {contact_id}")
    in_turn(session, f"checks of {participant}")
    mine = PcTest.contact_id == contact_id, OF_PERSON, "person.hour"
    theirs = PcTest.participant == participant, OF_PARTICIPANT, "participant.hour"
    waits = []
    for whose, most, name in (mine, theirs):
        lately = select(PcTest.recorded_at).where(whose, col(PcTest.recorded_at) > now - HOUR)
        found = session.exec(lately.order_by(col(PcTest.recorded_at).desc()).limit(most)).all()
        if len(found) == most:
            waits.append(Wait(name, most, found[-1] + HOUR))  # type: ignore[arg-type] # it is one of the literals
    return max(waits, key=lambda wait: wait.until, default=None)


def redeem_test(
    session: Session, key: bytes, person: Address, now: datetime, *, token: str = "", code: str = ""
) -> PcTest | None:
    """Let somebody in, once: gives the test with its nonce. None, in the same way, for what was never good and what is
    no more; that is remembered against `person`, and raises `TooManyGuesses` after some.
    """
    check_pace(session, person, now)
    found = _by_code(session, key, _typed(code), now) if code else _by_token(session, key, token)
    if found and _still_acts(session, found) and _take(session, found, now):
        return found
    note_wrong(session, person, "pc", now)
    return None


def open_test(session: Session, number: int, nonce: str, now: datetime) -> PcTest | None:
    """The test that was let in with this nonce, while it may be answered or its slip shown."""
    found = session.get(PcTest, number)
    if found is None or not found.nonce or not hmac.compare_digest(found.nonce.encode(), nonce.encode()):
        return None
    in_time = found.answer_until is not None and now < found.answer_until
    return found if in_time and _still_acts(session, found) else None


def answer_test(
    session: Session, test: PcTest, result: Result, evidence: str, at: datetime, now: datetime
) -> tuple[Check, bool]:
    """Keep the answer, and whether it is the first: a later one changes nothing. `at` is campaign time."""
    in_turn(session, f"pc test {test.id}")
    session.refresh(test)
    if test.result_id is not None:
        return session.get_one(Check, test.result_id), False
    asked = Asked(test.campaign, test.target, test.participant, test.contact_id, test.address, test.place,
                  test.language, at)  # fmt: skip
    check = note_seen(session, asked, result, evidence, now)
    test.result_id = check.id
    beside = check_beside(session, check)
    test.control_id = beside.id if beside else None
    session.add(test)
    session.flush()
    return check, True


def note_seen(session: Session, asked: Asked, result: Result, evidence: str, now: datetime) -> Check:
    """Keep what somebody says that a PC shows."""
    values = {name: value for name, value in vars(asked).items() if name != "at"} | vars(result)
    check = Check(**values, vantage="pc", evidence=evidence, asked_at=asked.at, recorded_at=now, ended_at=now,
                  state=State.DONE)  # fmt: skip
    session.add(check)
    session.flush()
    return check


def check_beside(session: Session, seen: Check) -> Check | None:
    """What the bot saw of the same target about when the PC did."""
    when = seen.ended_at or seen.recorded_at
    near = select(Check).where(
        Check.campaign == seen.campaign, Check.target == seen.target, Check.vantage == "bot",
        Check.state == str(State.DONE), col(Check.verdict).is_not(None), col(Check.same_as).is_(None),
        col(Check.ended_at) > when - BESIDE, col(Check.ended_at) < when + BESIDE,
    )  # fmt: skip
    return session.exec(near.order_by(col(Check.ended_at).desc(), col(Check.id).desc()).limit(1)).first()


def looked_lately(session: Session, campaign: str, target: str, now: datetime) -> bool:
    """Whether the bot looked at the target a few minutes ago, or is about to."""
    ended = select(Check.id).where(
        Check.campaign == campaign, Check.target == target, Check.vantage == "bot", Check.state == str(State.DONE),
        col(Check.ended_at) > now - LATELY,
    )  # fmt: skip
    return is_looking(session, campaign, target) or session.exec(ended.limit(1)).first() is not None


def is_looking(session: Session, campaign: str, target: str) -> bool:
    """Whether the bot looks at the target just now, or is about to."""
    return session.exec(select(Check.id).where(*_coming(campaign, target)).limit(1)).first() is not None


def _coming(campaign: str, target: str) -> tuple[ColumnElement[bool], ...]:
    still = col(Check.state).in_((str(State.ASKED), str(State.RUNNING)))
    return col(Check.campaign) == campaign, col(Check.target) == target, col(Check.vantage) == "bot", still


def last_seen(session: Session, participant: str, campaign: str) -> Check | None:
    """The last that was said of a PC of the participant."""
    theirs = select(Check).where(Check.participant == participant, Check.campaign == campaign, Check.vantage == "pc")
    return session.exec(theirs.order_by(col(Check.id).desc()).limit(1)).first()


def pages_seen(session: Session, participant: str, campaign: str) -> set[str]:
    """The targets of which somebody of the participant said that the page was seen."""
    seen = select(Check.target).where(
        Check.participant == participant, Check.campaign == campaign, Check.vantage == "pc", Check.verdict == "ok",
        col(Check.evidence).startswith("attested"), Check.phase == "ok",
    )  # fmt: skip
    return set(session.exec(seen))


def _free_code(session: Session, key: bytes, now: datetime) -> str:
    """A code whose first signs no open test has, if there are any left; never one that was used before."""
    in_turn(session, "pc codes")
    still = select(PcTest.code_hash).where(col(PcTest.used_at).is_(None), col(PcTest.expires_at) > now)
    taken = {(kept or "").partition(":")[0] for kept in session.exec(still)}
    crowded = len(taken) >= len(SIGNS) ** NAMING
    while True:
        code = "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
        used = session.exec(select(PcTest.id).where(PcTest.code_hash == _kept(key, code))).first()
        if used is None and (crowded or code[:NAMING] not in taken):
            return code


def _by_token(session: Session, key: bytes, token: str) -> PcTest | None:
    digest = _digest(key, token)
    found = session.exec(select(PcTest).where(PcTest.token_hash == digest)).first()
    return found if found and hmac.compare_digest(found.token_hash or "", digest) else None


def _by_code(session: Session, key: bytes, code: str, now: datetime) -> PcTest | None:
    """The open test of that code; to the others that begin like it a wrong try is counted."""
    if len(code) != LENGTH or not set(code) <= set(SIGNS):
        return None
    in_turn(session, "pc codes")
    meant = select(PcTest).where(
        col(PcTest.code_hash).startswith(f"{code[:NAMING]}:"), col(PcTest.used_at).is_(None),
        col(PcTest.expires_at) > now,
    )  # fmt: skip
    digest, right = _kept(key, code), None
    for test in session.exec(meant.execution_options(populate_existing=True)).all():
        if hmac.compare_digest(test.code_hash or "", digest) and test.tries < TRIES:
            right = test
        else:
            test.tries += 1
            session.add(test)
    return right


def _take(session: Session, test: PcTest, now: datetime) -> bool:
    """Of those who come at once one is let in."""
    free = update(PcTest).where(
        col(PcTest.id) == test.id, col(PcTest.used_at).is_(None), col(PcTest.result_id).is_(None),
        col(PcTest.expires_at) > now,
    )  # fmt: skip
    taken = free.values(used_at=now, nonce=secrets.token_urlsafe(16), answer_until=now + ANSWERS)
    if session.connection().execute(taken).rowcount != 1:
        return False
    session.refresh(test)
    return True


def _still_acts(session: Session, test: PcTest) -> bool:
    acting = participants_of(session, Address.of(test.address))
    return any(one.code == test.participant for one in acting)


def _typed(code: str) -> str:
    return "".join(sign for sign in code.upper() if sign.isalnum())


def _kept(key: bytes, code: str) -> str:
    return f"{code[:NAMING]}:{_digest(key, code)}"


def _digest(key: bytes, secret: str) -> str:
    return hmac.digest(key, secret.encode(), "sha256").hex()
