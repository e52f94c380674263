"""One case on the desk page: all that belongs to it is shown, and whatever is done with it is done once, by who may."""

import re
from html import unescape

import pytest
from httpx import AsyncClient, Response
from sqlmodel import Session, select

from bot.app import App
from models.outbox import Message
from models.store import Store
from models.support import Case, case_of, events_of
from tests.desk_cast import OLIVIA, QUESTION, SAM, marks_of, open_one, press
from tests.reminders_cast import ONE_DATABASE
from tests.web_cast import MORNING, origin_of


@pytest.fixture
async def page(store: Store, desk_usher: App) -> str:
    """That of a case."""
    return f"/desk/case/{await store.write(open_one)}"


async def case(store: Store) -> Case:
    found = await store.read(case_of, 1)
    assert found
    return found


async def done(store: Store) -> list[tuple[str, str | None, str]]:
    return [(event.kind, event.by, event.text) for event in await store.read(events_of, 1)]


def posted(session: Session) -> list[str]:
    return [one.reply.text for one in session.exec(select(Message)) if one.key.startswith("reply:")]


def told(answer: Response) -> str:
    found = re.search(r'role="alert">([^<]+)<', answer.text)
    return unescape(found[1]) if found else ""


async def test_whatever_is_done_is_kept_under_the_name_of_who_did_it(
    sam: AsyncClient, olivia: AsyncClient, page: str, store: Store
) -> None:
    for client, fields in (
        (sam, {"deed": "claim"}),
        (sam, {"deed": "note", "text": "They are <new>."}),
        (sam, {"deed": "handover", "to": OLIVIA}),
        (olivia, {"deed": "reply+resolve", "text": "Yes, by cheque.", "seen": "0"}),
        (olivia, {"deed": "reopen"}),
        (olivia, {"deed": "waits"}),
    ):
        answer = await press(client, page, page, **fields)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{page}#newest")
    assert await done(store) == [
        ("claim", SAM, ""), ("note", SAM, "They are <new>."), ("hand over", SAM, ""),
        ("reply", OLIVIA, "Yes, by cheque."), ("resolve", OLIVIA, ""), ("reopen", OLIVIA, ""), ("wait", OLIVIA, ""),
    ]  # fmt: skip
    assert [text for text in await store.read(posted) if "cheque" in text]
    assert not [text for text in await store.read(posted) if "new" in text]
    assert ((await case(store)).state, (await case(store)).holder) == ("waiting", OLIVIA)


@ONE_DATABASE
async def test_the_page_shows_everything_in_its_order_and_nothing_of_it_is_taken_for_html(
    sam: AsyncClient, page: str
) -> None:
    await press(sam, page, page, deed="note", text="They are <new>.")
    await press(sam, page, page, deed="reply", text="Yes & no.")
    shown = (await sam.get(page)).text
    at = [shown.index(part) for part in (
        "May we pay by &lt;b&gt;cheque&lt;/b&gt;?", "The circular does not say.", "They are &lt;new&gt;.",
        "Yes &amp; no.", "On its way",
    )]  # fmt: skip
    assert at == sorted(at)
    assert "Stays at the desk: the asker never reads it." in shown
    assert "They read: English." in shown


@ONE_DATABASE
async def test_a_form_that_is_sent_twice_does_its_thing_once(sam: AsyncClient, page: str, store: Store) -> None:
    marks = marks_of((await sam.get(page)).text)
    for word in ("reply", "note", "claim"):
        for _ in range(2):
            sent = {**marks, "deed": word, "text": f"Some {word}.", "seen": "0"}
            assert (await sam.post(page, data=sent, headers={"origin": origin_of(sam)})).status_code == 303
    assert [kind for kind, _, _ in await done(store)] == ["reply", "note"]  # who replies holds it from then on
    assert len(await store.read(posted)) == 1


@ONE_DATABASE
async def test_of_two_who_claim_one_has_it_and_the_other_is_told(
    sam: AsyncClient, olivia: AsyncClient, page: str, store: Store
) -> None:
    await press(sam, page, page, deed="claim")
    answer = await press(olivia, page, page, deed="claim")
    assert answer.status_code == 409
    assert told(answer) == "Sam Lee has case 1 already. Nothing was changed."
    assert (await case(store)).holder == SAM


@ONE_DATABASE
async def test_a_reply_to_what_somebody_has_answered_meanwhile_is_not_sent_and_not_lost(
    sam: AsyncClient, olivia: AsyncClient, page: str, store: Store
) -> None:
    await press(sam, page, page, deed="reply", text="Yes.", seen="0")
    answer = await press(olivia, page, page, deed="reply", text="No, <never>.", seen="0")
    assert answer.status_code == 409
    assert told(answer).startswith("Sam Lee has replied meanwhile.")
    assert "No, &lt;never&gt;.</textarea>" in answer.text
    assert len(await store.read(posted)) == 1
    assert (await press(olivia, page, page, deed="reply", text="No.", seen="1")).status_code == 303


@ONE_DATABASE
@pytest.mark.parametrize(("word", "said"), [("reply", "Write your reply first."), ("note", "Write the note first.")])
async def test_nothing_is_made_of_empty_words(sam: AsyncClient, page: str, store: Store, word: str, said: str) -> None:
    answer = await press(sam, page, page, deed=word, text=" \n ")
    assert (answer.status_code, told(answer)[: len(said)]) == (409, said)
    assert await done(store) == []


@ONE_DATABASE
async def test_what_was_typed_comes_back_when_the_session_is_over(sam: AsyncClient, page: str) -> None:
    marks = marks_of((await sam.get(page)).text)
    sam.cookies.clear()
    sent = {**marks, "deed": "reply", "text": "A long <answer>."}
    answer = await sam.post(page, data=sent, headers={"origin": origin_of(sam)})
    assert answer.status_code == 401
    assert "A long &lt;answer&gt;.</textarea>" in answer.text


@ONE_DATABASE
@pytest.mark.parametrize("fields", [{"deed": "forget"}, {"deed": ""}, {"deed": "claim+note"}, {"deed": "/claim"}])
async def test_a_deed_that_is_none_does_nothing(
    sam: AsyncClient, page: str, store: Store, fields: dict[str, str]
) -> None:
    assert (await press(sam, page, page, **fields)).status_code == 404
    assert await done(store) == []


@ONE_DATABASE
async def test_forged_deeds_do_nothing(sam: AsyncClient, olivia: AsyncClient, page: str, store: Store) -> None:
    marks, ours = marks_of((await sam.get(page)).text), {"origin": origin_of(sam)}
    theirs = marks_of((await olivia.get(page)).text)
    deed = {"deed": "reply", "text": "Forged."}
    for sent, headers in (
        (deed, ours),
        ({**marks, **deed}, {"origin": "https://evil.test"}),
        ({**theirs, **deed}, ours),
        ({**marks, **deed, "form_token": ""}, ours),
    ):
        assert (await sam.post(page, data=sent, headers=headers)).status_code == 403
    assert (await sam.get(f"{page}?deed=claim")).status_code == 200
    sent = {**marks, **deed, "nonce": "x"}
    assert (await sam.post(page, data=sent, headers=ours)).status_code == 400
    assert await done(store) == []


@ONE_DATABASE
@pytest.mark.parametrize("number", ["2", "0", "x", "99999999999999999999", "-1"])
async def test_there_is_no_page_for_a_case_that_is_none(sam: AsyncClient, page: str, number: str) -> None:
    assert (await sam.get(f"/desk/case/{number}")).status_code == 404
    assert (await sam.get(f"/desk/case/{number}/stream")).status_code == 404


@ONE_DATABASE
async def test_what_the_asker_adds_and_asked_before_stands_there_too(
    sam: AsyncClient, store: Store, desk_usher: App
) -> None:
    await store.write(open_one, question="Where is it, by the way?", at=MORNING)
    page = f"/desk/case/{await store.write(open_one, question=QUESTION, at=MORNING)}"
    assert page == "/desk/case/1"  # the same person, the same open subject: one case
    shown = (await sam.get(page)).text
    assert shown.count("Where is it, by the way?") == 1
    assert shown.count("May we pay by") == 1
