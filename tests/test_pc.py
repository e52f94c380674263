"""A test on a terminal PC, as it is kept: let in once, by a link or a code that few may guess at, answered once."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from models import checks
from models.checks import OPENS, Asked, Check, Offered, PcTest, Result
from models.codes import TooManyGuesses
from models.message import Address
from models.store import Store
from tests.reception_cast import KEY, MORNING
from tests.status_cast import ALPHA

SECRET = b"a secret of this Usher"
PLACE = Address("pc", "192.0.2.9")
NOW = datetime.fromisoformat("2026-02-03T04:05:06+00:00")
REFUSED = Result("fail", "tcp", "tcp_refused", "their_server", "{}")
GOOD = Result("ok", "ok", "ok", "nobody", "{}")


def wish(contact: int, place: str = "web:amy") -> Asked:
    return Asked(KEY, "sso", ALPHA, contact, place, place, "en", MORNING)


@pytest.fixture
async def made(store: Store, two_firms: dict[str, int]) -> Offered:
    return await store.write(checks.offer_test, wish(two_firms["amy"]), SECRET, NOW)


async def redeemed(
    store: Store, at: datetime = NOW, place: Address = PLACE, token: str = "", code: str = ""
) -> PcTest | None:
    def redeem(session: Session) -> PcTest | None:
        return checks.redeem_test(session, SECRET, place, at, token=token, code=code)

    return await store.write(redeem)


async def test_neither_the_token_nor_the_code_is_kept(store: Store, made: Offered) -> None:
    (row,) = await store.read(lambda session: session.exec(select(PcTest)).all())
    assert len(made.token) == 22
    kept = " ".join(map(str, row.model_dump().values()))
    assert made.token not in kept
    assert made.code not in kept
    assert not set(made.code) & set("0O1IL2Z5S8BUV")


@pytest.mark.parametrize("kind", ["token", "code"])
async def test_one_is_let_in_once_and_in_time(store: Store, made: Offered, kind: str) -> None:
    token, code = (made.token, "") if kind == "token" else ("", made.code)
    assert await redeemed(store, NOW + OPENS, token=token, code=code) is None
    found = await redeemed(store, NOW + OPENS - timedelta(seconds=1), token=token, code=code)
    assert found
    assert found.nonce
    assert await redeemed(store, token=made.token) is None
    assert await redeemed(store, code=made.code) is None


async def test_another_usher_s_secret_opens_nothing(store: Store, made: Offered) -> None:
    def redeem(session: Session) -> PcTest | None:
        return checks.redeem_test(session, b"another", PLACE, NOW, token=made.token)

    assert await store.write(redeem) is None


async def test_a_code_is_tried_wrongly_five_times_from_wherever(store: Store, made: Offered) -> None:
    wrong = made.code[:2] + ("AAAA" if made.code[2:] != "AAAA" else "CCCC")
    for number in range(5):
        assert await redeemed(store, place=Address("pc", f"192.0.2.{number}"), code=wrong) is None
    assert await redeemed(store, code=made.code) is None
    assert await redeemed(store, token=made.token)


async def test_four_wrong_tries_and_those_at_other_codes_do_no_harm(store: Store, made: Offered) -> None:
    wrong = made.code[:2] + ("AAAA" if made.code[2:] != "AAAA" else "CCCC")
    other = ("AA" if made.code[:2] != "AA" else "CC") + made.code[2:]
    for number, code in enumerate([wrong] * 4 + [other] * 6):
        assert await redeemed(store, place=Address("pc", f"192.0.2.{number}"), code=code) is None
    assert await redeemed(store, code=made.code)


async def test_who_guesses_waits_longer_and_longer(store: Store, made: Offered) -> None:
    for _ in range(5):
        assert await redeemed(store, token="x" * 22) is None
    with pytest.raises(TooManyGuesses):
        await redeemed(store, token=made.token)
    assert await redeemed(store, NOW + timedelta(seconds=31), token=made.token)


async def test_the_first_answer_is_kept_and_a_second_gives_it_again(store: Store, made: Offered) -> None:
    await redeemed(store, token=made.token)

    def answer(session: Session, result: Result) -> tuple[int | None, str | None, bool]:
        test = session.get_one(PcTest, made.test.id)
        check, first = checks.answer_test(session, test, result, "attested", MORNING, NOW)
        return check.id, check.cause, first

    number, cause, first = await store.write(answer, REFUSED)
    assert (cause, first) == ("tcp_refused", True)
    assert await store.write(answer, GOOD) == (number, "tcp_refused", False)
    assert await store.read(checks.pages_seen, ALPHA, KEY) == set()


@pytest.mark.parametrize(("apart", "beside"), [(14, True), (16, False), (-14, True), (-16, False)])
async def test_what_the_bot_saw_about_then_is_put_beside(
    store: Store, two_firms: dict[str, int], apart: int, beside: bool
) -> None:
    def look(session: Session) -> tuple[int | None, int | None]:
        bot = checks.ask(session, wish(two_firms["amy"]), NOW)
        checks.claim(session, "one", NOW)
        checks.finish(session, [bot.id or 0], "one", GOOD, NOW + timedelta(minutes=apart))
        seen = checks.note_seen(session, wish(two_firms["amy"]), REFUSED, "attested", NOW)
        found = checks.check_beside(session, seen)
        return bot.id, found.id if found else None

    bot, found = await store.write(look)
    assert found == (bot if beside else None)


async def test_tests_are_limited_by_person_and_firm(store: Store, two_firms: dict[str, int]) -> None:
    def offer(session: Session, contact: int, at: datetime) -> str:
        if wait := checks.wait_for_test(session, contact, ALPHA, at):
            return wait.whose
        checks.offer_test(session, wish(contact), SECRET, at)
        return ""

    for _ in range(10):
        assert await store.write(offer, two_firms["amy"], NOW) == ""
    assert await store.write(offer, two_firms["amy"], NOW) == "person.hour"
    assert await store.write(offer, two_firms["ben"], NOW) == ""
    assert await store.write(offer, two_firms["amy"], NOW + timedelta(hours=1)) == ""


async def test_what_a_pc_shows_is_never_told_as_the_bot_s_own_look(store: Store, two_firms: dict[str, int]) -> None:
    def seen(session: Session) -> tuple[Check | None, int]:
        checks.note_seen(session, wish(two_firms["amy"]), GOOD, "attested", NOW)
        rows = session.exec(select(Check).where(col(Check.vantage) == "pc")).all()
        return checks.fresh(session, KEY, "sso", NOW), len(rows)

    assert await store.write(seen) == (None, 1)
