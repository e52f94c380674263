"""A code is found however it was typed, ordinary words are none, and what is kept of either tells no secret."""

import time

import pytest

from handlers.enrolment import JOIN, completes, kept, meant

CODE = "USHER-7K3M-Q9D2-TAXW-4PB8"
LINK = "LINK-7K3M-Q9D2-TAXW-4PB8"

TYPED = {
    CODE: CODE,
    LINK: LINK,
    "usher 7k3m q9d2 taxw 4pb8": CODE,
    "usher7k3mq9d2taxw4pb8": CODE,
    "Hello, my enrolment code is USHER-7K3M-Q9D2-TAXW-4PB8, thanks": CODE,
    "我的登記碼是USHER-7K3M-Q9D2-TAXW-4PB8。": CODE,
    "ＵＳＨＥＲ－７Ｋ３Ｍ－Ｑ９Ｄ２－ＴＡＸＷ－４ＰＢ８": CODE,
    "USHER–7K3M–Q9D2–TAXW–4PB8": CODE,
    "7k3m-q9d2-taxw-4pb8": CODE,
    f"/join {CODE}": CODE,
    f"/start {CODE}": CODE,
    "/start USHER_7K3M_Q9D2_TAXW_4PB8": CODE,
    "123456": "123456",
    " 123 456.": "123456",
    "１２３４５６": "123456",
    "my code is 123456": "123456",
    "驗證碼是123456": "123456",
}

WORDS = (
    "Usher when does this open?",
    "Usher what time does that begin",
    "link this that with them",
    "Usher, 2 seats on the 24th",
    "Is 230424 the date?",
    "2979 7222",
    "28/4",
    "what is HKCC/056/2023",
    "/a ccms-2fa-2023 emails.due",
    "/support 0123456789abcdef",
)


@pytest.mark.parametrize("text", TYPED)
def test_a_code_or_the_digits_are_found_however_they_were_typed(text: str) -> None:
    assert meant(text) == f"{JOIN} {TYPED[text]}"


@pytest.mark.parametrize("text", TYPED)
def test_what_is_kept_of_it_is_no_more_than_the_first_group(text: str) -> None:
    shown = kept(meant(text), text)
    assert not any(group in shown.upper() for group in ("Q9D2", "4PB8", "123", "456", "Ｑ９Ｄ２", "１２３"))


def test_support_knows_a_code_again_by_what_is_kept_of_it() -> None:
    assert kept(f"{JOIN} {CODE}", f"My code {CODE} does not work") == "My code USHER-7K3M-… does not work"


@pytest.mark.parametrize("text", WORDS)
def test_ordinary_words_are_no_code_and_are_kept_as_they_are(text: str) -> None:
    assert meant(text) == text
    assert kept(meant(text), text) == text


@pytest.mark.parametrize("text", ["USHER-7K3M-Q9D2-TAXW-4PB", "USHER-7K3M-Q9D2", "usher_7k3m_q9d2_taxw_4pb8x"])
def test_what_was_meant_as_a_code_is_told_so_and_not_kept_either(text: str) -> None:
    assert meant(text).startswith(f"{JOIN} ")
    assert "Q9D2" not in kept(meant(text), text).upper()


def test_an_e_mail_address_is_kept_with_its_figures() -> None:
    assert kept(f"{JOIN} amy2023@alpha.example", "amy2023@alpha.example") == "amy2023@alpha.example"


@pytest.mark.parametrize("text", [CODE, "amy@alpha.example", "123456", "the digits: 123 456 ok"])
def test_while_one_is_waited_for_these_complete_it(text: str) -> None:
    assert completes(JOIN, text)


@pytest.mark.parametrize("text", ["when is the deadline", "I have none", "2 seats on the 24th", "簡報會幾時"])
def test_while_one_is_waited_for_other_words_are_a_question(text: str) -> None:
    assert not completes(JOIN, text)
    assert completes("/with 1 2 3", text)


@pytest.mark.parametrize("text", ["a" * 40_000, "a–" * 20_000, "usher-" * 7_000, "code " * 8_000, " " * 40_000 + "1"])
def test_a_long_text_is_read_at_once(text: str) -> None:
    began = time.perf_counter()
    kept(f"{JOIN} {meant(text)}", text)
    completes(JOIN, text)
    assert time.perf_counter() - began < 1
