"""The web page in a real browser: the journey of a question in both languages, on a desktop and on a phone."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from bot.web import web
from models.store import Store
from tests.web_cast import new_app

ROOT = Path(__file__).parent.parent
ARGUMENTS = [
    "--no-sandbox",  # continuous integration runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE: ViewportSize = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None and os.environ.get("CI") == "true":
        pytest.fail("chromium is missing, and CI must not do without it")
    if chromium is None:
        pytest.skip("chromium is not installed here (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page whose answers are fixed: for what the page itself must do."""
    with _served(f"sqlite:///{tmp_path_factory.mktemp('rehearsal') / 'usher.db'}") as address:
        yield address


@pytest.fixture(scope="module")
def usher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the real Usher, started as a person starts it, on the morning of 12 April 2023."""
    folder = tmp_path_factory.mktemp("usher")
    given = {"DEMO": "1", "AS_OF": "2023-04-12T10:00:00+08:00", "PORT": "0"}
    given |= {"DATABASE_URL": f"sqlite:///{folder / 'usher.db'}", "PATH": os.environ["PATH"]}
    program = [sys.executable, "-m", "bot", "run"]
    with (
        (folder / "errors").open("w") as errors,
        subprocess.Popen(program, cwd=ROOT, env=given, text=True, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        assert process.stdout
        said = process.stdout.readline()
        found = re.search(r"http://\S+", said)
        if not found:
            process.kill()
            pytest.fail(f"Usher did not start: {said}{(folder / 'errors').read_text()}")
        yield found[0]
        process.terminate()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which the browser has nothing to complain of: no blocked style or script, no error of a script."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


def ask(page: Page, words: str) -> None:
    page.get_by_label("Your question").fill(words)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".person .bubble").last).to_have_text(words)


# ------------------------------------------------------------------------------------- the journey, with the real Usher


def test_a_deadline_is_asked_in_english(page: Page, usher: str) -> None:
    page.goto(usher)
    expect(page.get_by_text("DEMONSTRATION")).to_be_visible()
    expect(page.get_by_text("12 Apr 2023, 10:0")).to_be_visible()

    ask(page, "when must we register emails?")
    answer = page.locator(".usher .bubble").last
    expect(answer).to_contain_text("27 April 2023")
    expect(answer).to_have_attribute("lang", "en")
    expect(answer.get_by_role("blockquote").first).to_be_hidden()
    answer.get_by_text("Source").click()
    expect(answer.get_by_role("blockquote").first).to_be_visible()
    expect(answer).to_contain_text("before 28 April 2023 (Friday)")


def test_a_deadline_is_asked_in_cantonese(page: Page, usher: str) -> None:
    page.goto(usher)
    ask(page, "用戶電郵登記幾時死線呀?")
    answer = page.locator(".usher .bubble").last
    expect(answer).to_contain_text("4月27日")
    expect(answer).to_have_attribute("lang", "zh-Hant-HK")
    answer.get_by_text("出處").click()
    quote = answer.get_by_role("blockquote").first
    expect(quote).to_be_visible()
    expect(quote).to_have_attribute("lang", "en")


def test_every_quick_start_is_answered_without_passing_it_on(page: Page, usher: str) -> None:
    page.goto(usher)
    labels = page.locator(".starts button").all_inner_texts()
    assert len(labels) == 6
    for label in labels:
        page.context.clear_cookies()
        page.goto(usher)
        page.get_by_role("button", name=label, exact=True).click()
        expect(page.locator(".usher .bubble").last).to_contain_text("April" if label.isascii() else "月")
        expect(page.locator(".usher details").last).to_be_visible()


def test_an_unclear_word_gives_choices_and_a_press_answers(page: Page, usher: str) -> None:
    page.goto(usher)
    ask(page, "register")
    choices = page.locator(".usher .choices button")
    expect(choices.first).to_be_visible()
    label = choices.first.inner_text()
    choices.first.click()
    expect(page.locator(".person .bubble").last).to_have_text(label)
    expect(page.locator(".usher details").last).to_be_visible()


# ---------------------------------------------------------------------------------------- the page, with fixed answers


def test_the_conversation_is_there_after_a_reload_and_in_a_second_tab(
    page: Page, context: BrowserContext, rehearsal: str
) -> None:
    page.goto(rehearsal)
    ask(page, "When is it due?")
    page.reload()
    expect(page.locator(".person .bubble")).to_have_text(["When is it due?"])

    other = context.new_page()
    other.goto(rehearsal)
    expect(other.locator(".person .bubble")).to_have_text(["When is it due?"])


def test_another_visitor_sees_nothing_of_it(page: Page, browser: Browser, rehearsal: str) -> None:
    page.goto(rehearsal)
    ask(page, "When is it due?")
    with browser.new_context() as stranger:
        other = stranger.new_page()
        other.goto(rehearsal)
        expect(other.locator(".bubble")).to_have_count(0)


def test_a_pressed_choice_is_marked(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    ask(page, "register")
    page.get_by_role("button", name="E-mails & DAs").click()
    expect(page.locator(".person .bubble").last).to_have_text("E-mails & DAs")
    expect(page.get_by_role("button", name="E-mails & DAs")).to_have_attribute("aria-pressed", "true")


def test_the_keyboard_is_enough(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("first line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    expect(page.locator(".person .bubble")).to_have_text("first line\nsecond line", use_inner_text=True)
    expect(page.get_by_label("Your question")).to_be_focused()


def test_an_impatient_double_click_asks_once(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    page.get_by_label("Your question").fill("When is it due?")
    page.get_by_role("button", name="Send").dblclick()
    expect(page.locator(".person .bubble")).to_have_count(1)
    page.reload()
    expect(page.locator(".person .bubble")).to_have_count(1)


def test_without_script_it_works_and_the_newest_is_in_view(browser: Browser, rehearsal: str) -> None:
    with browser.new_context(java_script_enabled=False, viewport=PHONE) as context:
        page = context.new_page()
        page.goto(rehearsal)
        for number in range(8):
            ask(page, f"question {number}")
        for _ in range(2):
            expect(page.locator(".usher .bubble").last).to_be_in_viewport()
            expect(page.locator(".usher .bubble").first).not_to_be_in_viewport()
            page.goto(rehearsal)  # afresh, with no #newest in the address


def test_a_phone_shows_everything_within_its_width(browser: Browser, rehearsal: str) -> None:
    with browser.new_context(viewport=PHONE, has_touch=True) as context:
        page = context.new_page()
        page.goto(rehearsal)
        ask(page, "w" * 500)
        ask(page, "register")
        wide = "document.documentElement.scrollWidth <= innerWidth"
        assert page.evaluate(wide)
        assert page.evaluate("(s => s.scrollWidth <= s.clientWidth)(document.querySelector('.scroll'))")
        sizes = [button.bounding_box() for button in page.get_by_role("button").all()]
        assert all(size and size["height"] >= 44 for size in sizes)


def test_markup_of_a_question_is_text(page: Page, rehearsal: str) -> None:
    page.goto(rehearsal)
    ask(page, "<img src=x onerror=alert(1)> & <b>bold</b>")
    expect(page.locator(".bubble img, .bubble b")).to_have_count(0)


def test_a_too_long_question_stays_in_the_box(context: BrowserContext, rehearsal: str) -> None:
    page = context.new_page()
    page.goto(rehearsal)
    page.get_by_label("Your question").fill("長" * 3000)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("Please shorten it")
    expect(page.get_by_label("Your question")).to_have_value("長" * 3000)
    expect(page.locator(".bubble")).to_have_count(0)


# ------------------------------------------------------------------------------------------------------------- helpers


class _Server(uvicorn.Server):
    """Tells the test's own thread when it listens."""

    def __init__(self, config: uvicorn.Config, listening: threading.Event) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening.set()


@contextmanager
def _served(database: str) -> Iterator[str]:
    """A running page in a thread of its own, with its own event loop."""
    listening = threading.Event()
    servers: list[_Server] = []

    async def serve() -> None:
        store = await Store.open(database)
        servers.append(_Server(uvicorn.Config(web(new_app(store)), port=0, log_config=None, lifespan="off"), listening))
        await servers[0].serve()
        await store.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert listening.wait(20)
    port = servers[0].servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/"
    servers[0].should_exit = True
    thread.join(20)
