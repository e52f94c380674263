"""Takes the answer of a test on a terminal PC: keeps it once, declares what was seen, and has the bot look too."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from handlers.checks._pasted import Pasted
from handlers.checks._seen import Answer, result_of_answer
from handlers.checks._slip import PASTED, Slip, slip_of
from handlers.probe import Cause
from models import checks, status
from models.campaign import Campaign, Target
from models.checks import Asked, Check, PcTest, Result
from models.message import Address, Reply
from models.outbox import Posting, post
from models.status import Duty

EVIDENCE = "page seen on a terminal PC, as somebody said (slip {number}, {evidence})"
ABOUT = "pc-test"


def keep_answer(
    session: Session, campaign: Campaign, target: Target, test: PcTest, answer: Answer, at: datetime, now: datetime
) -> Slip:
    """Keep it, and give the slip; what comes a second time changes nothing. `at` is campaign time."""
    told = json.dumps({"saw": answer.saw, "said": answer.said, "hint": answer.hint, "hint_ms": answer.hint_ms,
                       "agrees": answer.agrees}, ensure_ascii=False)  # fmt: skip
    check, first = checks.answer_test(session, test, result_of_answer(answer, told), answer.evidence, at, now)
    if first and answer.page_seen:
        _declare(session, campaign, target, check, at, now)
    return slip_of(session, campaign, target, check, test.language, first=first)


def keep_pasted(
    session: Session, campaign: Campaign, target: Target, asked: Asked, pasted: Pasted, now: datetime
) -> Slip:
    """Keep what tools printed. They see no page: nothing is declared by them."""
    cause = pasted.cause or Cause.OK
    told = json.dumps({"saw": PASTED, "said": pasted.line}, ensure_ascii=False)
    # A page that tools got is not a page that somebody saw, and must not count as one.
    phase = (pasted.works or "http") if cause is Cause.OK else cause.phase
    result = Result("ok" if cause is Cause.OK else "fail", phase, cause.value, cause.owner, told)
    check = checks.note_seen(session, asked, result, "attested", now)
    return slip_of(session, campaign, target, check, asked.language)


def look_as_well(session: Session, test: PcTest, at: datetime, now: datetime) -> None:
    """Have the bot look at about the same time, unless it did or is about to: what a PC shows is put beside it."""
    if checks.looked_lately(session, test.campaign, test.target, now):
        return
    asked = Asked(test.campaign, test.target, test.participant, test.contact_id, test.address, test.place,
                  test.language, at)  # fmt: skip
    checks.ask(session, asked, now)


def tell_asker(session: Session, test: PcTest, slip: Slip, now: datetime) -> None:
    """Send the slip to where the test was asked for, once."""
    reply = Reply(slip.text, language=slip.language, private=True)
    to = Address.of(test.place)
    post(session, Posting(f"pc-test:{test.id}", to, reply, due=slip.check.asked_at, about=ABOUT), now)


def _declare(session: Session, campaign: Campaign, target: Target, check: Check, at: datetime, now: datetime) -> None:
    """Only once all pages of the task were seen is it done."""
    if target.task is None or target.task not in campaign.task:
        return
    needed = {one.key for one in campaign.targets if one.task == target.task}
    if needed - checks.pages_seen(session, check.participant, campaign.key):
        return
    evidence = EVIDENCE.format(number=check.id, evidence=check.evidence)
    duty = Duty(campaign.key, check.participant, target.task)
    status.declare(session, duty, check.contact_id, at, now, evidence)
    told: Mapping[str, object] = json.loads(check.report_json or "{}")
    check.report_json = json.dumps({**told, "declared": True}, ensure_ascii=False)
    session.add(check)
    session.flush()
