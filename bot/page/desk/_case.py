"""One case on the desk page: its conversation, what is known of who asks, and all that can be done with it."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace

from sqlmodel import Session, col, select
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from bot.page.desk._asked import Asked, Door
from bot.page.desk._board import BEAT, BEAT_SECONDS, RETRY_MS
from bot.page.desk._conversation import Known, Reading, known_of
from bot.page.desk._list import EVENTS, STREAM
from bot.page.form import clean, number
from handlers.support import Deed, Said
from models import conversation
from models.message import Address
from models.support import Case, CaseEvent, State, news_of
from models.wording import in_script, word_in

PARTS = ("head", "timeline", "around")
WORDS = ("claim", "reply", "handover", "waits", "resolve", "reopen", "note", "thisis")
TYPED = ("reply", "note")  # what is typed for: given back where it could not be done
LENGTH = 8_000  # characters of a reply or a note


async def _show(asked: Asked) -> Response:
    return _page(asked, await _known(asked))


async def _do(asked: Asked) -> Response:
    """Do one thing with the case; what could not be done is told where it was asked for, with what was typed."""
    word, _, then = asked.fields.get("deed", "").partition("+")
    if word not in WORDS or then not in {"", "resolve"}:
        raise HTTPException(404)
    for one in filter(None, (word, then)):
        asked.check(f"/{one}")
    rest = clean(asked.fields.get("text", asked.fields.get("to", "")))[:LENGTH]
    told = await _refusal(asked, word, rest)
    if not told:
        said = await asked.app.store.write(_done, asked, word, then, rest)
        told = "" if said.done else asked.support.say(said, asked.language, asked.at).text
    if told:
        given = {"word": word, "text": rest if word in TYPED else "", "told": told}
        return _page(asked, await _known(asked), 409, **given)
    return asked.back(f"/desk/case/{_number(asked)}#newest")


async def _refusal(asked: Asked, word: str, rest: str) -> str:
    """Why it cannot be done as it was sent."""
    if word in TYPED and not rest:
        return asked.words[f"empty_{word}"]
    if word == "reply" and (seen := number(asked.fields.get("seen"))) is not None:
        by = await asked.app.store.read(_replied_meanwhile, _number(asked), seen, f"reply:{asked.key(word)}")
        return asked.words["replied_meanwhile"].format(name=by) if by else ""
    return ""


def _replied_meanwhile(session: Session, case: int, seen: int, key: str) -> str:
    """Who has replied since the page showed so many replies; nobody, where this very reply is among them."""
    later = select(CaseEvent).where(CaseEvent.case_number == case, col(CaseEvent.number) > seen)
    found = list(session.exec(later.order_by(col(CaseEvent.id).desc())))
    return "" if any(event.key == key for event in found) else next((event.by or "" for event in found), "")


def _done(session: Session, asked: Asked, word: str, then: str, rest: str) -> Said:
    deed = Deed(f"/{word}", _number(asked), rest, asked.key(word), asked.at)
    said = asked.support.do(session, asked.member, deed)
    if said.done and then:
        said = asked.support.do(session, asked.member, replace(deed, word=f"/{then}", rest="", key=asked.key(then)))
    return said


async def _stream(asked: Asked) -> Response:
    case = await asked.app.store.read(_case, _number(asked))
    if case is None:
        raise HTTPException(404)
    return StreamingResponse(_events(asked, case), headers=STREAM, media_type=EVENTS)


async def _events(asked: Asked, case: Case) -> AsyncIterator[str]:
    """What changes in the case, part by part, for as long as its page is open."""
    address = asked.request.client.host if asked.request.client else ""
    topics = news_of(case.number or 0), conversation.news_of(Address.of(case.room))
    stamps = asked.request.query_params.get("stamps", "")[:80].split(".")
    has = dict(zip(PARTS, stamps, strict=False))
    with asked.desk.board.place(asked.signed, address, *topics) as watch:
        yield f"retry: {RETRY_MS}\n\n"
        while True:
            known = await _known(asked)
            parts = {name: html for name, html in _parts(asked, known).items() if _stamp(html) != has.get(name)}
            if parts:
                has |= {name: _stamp(html) for name, html in parts.items()}
                data = {"parts": parts, "replies": known.case.replies, "by": _last_by(known)}
                yield f"event: case\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
            woken = await watch.news(BEAT_SECONDS)
            if ending := await asked.desk.board.ending(asked.signed.signed_in, woken):
                yield ending
                return
            if not woken:
                yield BEAT


def _page(asked: Asked, known: Known, status: int = 200, **given: str) -> Response:
    around = asked.around()
    parts = _parts(asked, known, str(around["nonce"]))
    return asked.page(
        "desk/case.html",
        status,
        known=known,
        case=known.case,
        parts=parts,
        stamps=".".join(_stamp(parts[name]) for name in PARTS),
        asker_reads=asked.words.get(f"language_{known.case.language or 'en'}", known.case.language),
        may_reply=known.case.state != State.FORGOTTEN,
        place=Address.of(known.case.place),
        given={"word": "", "text": "", "told": "", **given},
        limit=LENGTH,
        nonce=around["nonce"],
    )


def _parts(asked: Asked, known: Known, nonce: str = "") -> dict[str, str]:
    """The parts of the page that change by themselves, as HTML."""
    nonce = nonce or asked.request.query_params.get("nonce", "")[:64]
    values = {**asked.around(), "nonce": nonce, "known": known, "case": known.case, "answers": _answers(asked, known)}
    made = asked.desk.templates.parts("desk/case_parts.html", **values)
    return {name: str(getattr(made, name)()).strip() for name in PARTS}


def _answers(asked: Asked, known: Known) -> list[tuple[str, list[tuple[str, str]]]]:
    """The circulars' answers by their titles, those of the case's own circular first."""
    mine = sorted(asked.app.campaigns, key=lambda one: one.key != known.case.campaign)
    return [
        (
            in_script(word_in(one.name, asked.language, one.prevails), asked.language),
            [(f"{one.key} {answer.key}", in_script(word_in(answer.title, asked.language, one.prevails), asked.language))
             for answer in one.answers],
        )
        for one in mine
    ]  # fmt: skip


def _last_by(known: Known) -> str:
    return next((one.who for one in reversed(known.items) if one.kind in {"reply", "ruling"}), "")


async def _known(asked: Asked) -> Known:
    reading = Reading(asked.app.campaigns, asked.support, asked.language, asked.words, asked.at)
    known = await asked.app.store.read(known_of, _number(asked), reading)
    if known is None:
        raise HTTPException(404)
    return known


def _case(session: Session, case: int) -> Case | None:
    return session.get(Case, case)


def _number(asked: Asked) -> int:
    found = number(asked.request.path_params["number"])
    if not found or found >= 2**31:
        raise HTTPException(404)
    return found


def _stamp(html: str) -> str:
    return hashlib.sha256(html.encode()).hexdigest()[:16]


DOORS = (
    Door("/desk/case/{number}", "GET", _show, "see cases"),
    Door("/desk/case/{number}", "POST", _do, "see cases"),
    Door("/desk/case/{number}/stream", "GET", _stream, "see cases"),
)
