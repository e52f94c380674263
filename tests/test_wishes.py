"""What people wish is heard in their words, and a question is not taken for a wish."""

import json
from pathlib import Path

import pytest

from handlers.acts import ACTS
from handlers.wishes import _wishes, wished

QUESTIONS = Path(__file__).parent / "questions"

WISHES = {
    "/take": [
        "2 seats on the 24th for me and a colleague", "book me a seat in the auditorium", "three seats for 24 April",
        "register me for the English webinar", "sign us up for the 25th", "hold two places for John and Mary",
        "can you reserve two seats for us on the 24th?", "I'd like a seat at the auditorium briefing",
        "幫我報名24號嗰場", "我想訂兩個位", "请帮我预留26号的座位", "麻煩留兩個位",
    ],
    "/free": ["cancel my seat on the 24th", "please give back one of our seats", "I can't make it", "取消我的座位"],
    "/swap": ["give my seat to Ben", "swap me for Ben Lee", "change the attendee", "換人出席"],
    "/move": ["move my seat to the webinar", "switch my booking to the 26th"],
    "/wait": ["put me on the waiting list", "join the waiting list", "加入輪候名單"],
    "/unwait": ["take me off the waiting list", "leave the waiting list", "退出輪候"],
    "/booked": ["Client Connect is done, reference 123", "we registered it in Client Connect"],
    "/seats": ["who holds our seats?", "our seats", "show my bookings", "我們的座位", "座位"],
    "/status": [
        "status", "my status", "what's our status?", "mark users' e-mails as done", "we have verified the connection",
        "我的狀態", "我們的進度", "我們有甚麼未完成？", "連線已核實", "what have we not done yet?",
        "tick off the connection",
    ],
    "/mydata": [
        "what do you know about me?", "show my data", "我的資料", "你有我什麼資料", "how long do you keep my data",
    ],
    "/forget": ["forget me", "please delete my data", "刪除我的資料", "I want to be forgotten"],
    "/join": ["enrol me", "here is our enrolment code", "我想登記身分", "I want to tell you which firm I am from"],
    "/leave": ["I left the firm", "unenrol me", "我已離職"],
    "/link": ["link my Telegram", "connect my other chat", "連結另一渠道"],
    "/firms": ["which firm do I act for?", "switch firm"],
    "/check": [
        "check", "check my connection please", "test the connection", "can you reach the SSO page?",
        "Can you reach the SSO page right now", "run the connectivity test for us", "run a check", "ping the server",
        "please test our connection again", "could you check the connection for me?", "can you reach www.google.com?",
        "check https://example.com/x", "ping 10.0.0.1", "幫我測試連線", "幫手檢查下條線", "帮我检测一下连接",
        "請幫我測試連線", "可以幫我測試連線嗎？", "你能連到SSO網頁嗎？", "測試連線",
    ],
    "/calendar": ["add the dates to my calendar", "send me an ics file", "加入日曆"],
}  # fmt: skip
NONE = [
    "How do I cancel my seat?", "When can we book a seat?", "Can I bring a colleague?", "Is my seat confirmed?",
    "who may attend the briefing?", "How many seats may we have?", "What happens if we do not register?",
    "must we register the e-mails?", "is there a waiting list?", "可以取消座位嗎", "幾時開始報名", "点样登记电邮",
    "I want to enrol", "register", "登記", "where is the link for the webinar?",
    "do we have to register in Client Connect?", "What is the status of the 2FA launch?", "forget it",
    "Do you remember me?", "I forgot my password", "資料要幾時交", "delete the DA's email", "are seats numbered?",
    "we are late with the registration, what now?",
    "How do we test the connection?", "When do we have to test the connection?", "who must test the connection?",
    "Can we test with Chrome?", "Can you reach support?", "can we test the connection on Saturday?",
    "what are the steps of the connection test?", "Do we have to log on in the test?", "點樣測試連線？",
    "幾時之前要測試連線？", "連線測試的步驟", "can IT test it from their own PC?", "is the connection test compulsory?",
    "our connection test failed", "check the deadline", "can you check my seat?", "connection test",
]  # fmt: skip


@pytest.mark.parametrize(("does", "words"), [(does, words) for does, all_of in WISHES.items() for words in all_of])
def test_a_wish_is_heard(does: str, words: str) -> None:
    assert wished(words) == does


@pytest.mark.parametrize("question", NONE)
def test_a_question_is_no_wish(question: str) -> None:
    assert wished(question) is None


def test_no_question_about_a_circular_is_taken_for_a_wish() -> None:
    asked = [json.loads(line) for file in QUESTIONS.glob("*.jsonl") for line in file.read_text("utf-8").splitlines()]
    assert [one["question"] for one in asked if one["kind"] != "command_like" and wished(one["question"])] == []


def test_every_wish_is_something_that_usher_does() -> None:
    assert {wish.does for wish in _wishes()} - ACTS.keys() == set()


def test_a_long_story_is_left_to_the_circular() -> None:
    assert wished("status " + "and so on " * 60) is None
